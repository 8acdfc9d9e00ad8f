// The run-time state of servers and backends: what is true of the process and not of one configuration. A
// configuration's Server and Backend find theirs by name, so after a reload counters, health, queues and weights set
// by the administrator are still there.
//
// Who may touch it: any worker. Atomics are read and written freely; queues and everything a balancing algorithm
// keeps are under BackendState::mutex, held for a few instructions and never across a wait.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backend/counters.hpp"
#include "backend/health.hpp"
#include "backend/notice.hpp"
#include "backend/queue.hpp"
#include "backend/quick_answers.hpp"
#include "base/time.hpp"

namespace sluice::async {
class WaitQueue;
class Worker;
}
namespace sluice::backend {

class Server;
class Backend;
class IdlePool;
class States;
struct BackendState;

// Sessions per second of all workers.
std::uint64_t rate_of(const PerWorker<Counters>& counters, Instant now);

// What the administrator wants (manual: "disabled", management: "set server ... state").
enum class Admin : std::uint8_t {
  ready = 0,
  drain = 1,        // finish what is there, persistence still gets in
  maint = 2,        // nothing gets in, checks stop
};

// What checks found. An unchecked server is always running.
enum class Operational : std::uint8_t { stopped, running, stopping /* http-check disable-on-404 */ };

// Why sessions of a server are ended (manual 8.5: K, D, U).
enum class Killed : std::uint8_t { by_administrator, server_down, server_up };

// Process-wide, one per (backend name, server name). What the administrator moves is here, not in the configuration.
struct ServerState {
  ServerState(BackendState& in, std::string server_name, unsigned workers);
  ~ServerState();
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  BackendState& backend;
  const std::string name;

  std::atomic<Admin> admin{Admin::ready};             // what holds: the stronger of the next two
  std::atomic<Admin> own_admin{Admin::ready};         // as the administrator, its agent or `disabled` want it
  std::atomic<Admin> inherited_admin{Admin::ready};   // of the server it tracks
  std::atomic<bool> admin_from_configuration{false};  // `disabled` on the server line set maint
  std::atomic<Operational> operational{Operational::running};
  std::atomic<std::uint32_t> initial_weight{1};       // as configured
  std::atomic<std::uint32_t> user_weight{1};          // as configured or as set at run time, 0..256
  std::atomic<std::uint32_t> effective_weight{1};     // user weight under slowstart
  std::atomic<std::int64_t> warming_since_us{0};      // slowstart: Instant it came up, 0: it is warm
  std::atomic<std::uint32_t> warm_percent{100};       // how much of its weight and of its limit it has
  std::atomic<bool> weight_changed{false};            // by the administrator: a reload keeps it

  std::atomic<std::uint32_t> served{0};               // slots taken now (what maxconn limits)
  std::atomic<std::uint32_t> queued{0};               // requests that wait for this very server
  std::atomic<bool> aside{false};                     // a balancer found it full: tell it when there is room
  std::atomic<std::int64_t> idle{0};                  // idle connections of all workers
  Peak served_peak, queued_peak;
  PerWorker<Counters> counters;                       // of each worker, and behind them line_counters()
  // Lines of logs (mode log), which no worker has to be there for: by any thread that holds backend.mutex.
  Counters& line_counters() { return counters.at(counters.size() - 1); }

  std::atomic<std::uint64_t> failed_checks{0};        // chkfail
  std::atomic<std::uint64_t> times_down{0};           // chkdown
  std::atomic<std::uint64_t> failed_analyses{0};      // hanafail: how often observe's error-limit was reached
  std::atomic<std::int64_t> changed_us{0};            // Instant of the last up/down transition (lastchg)
  std::atomic<std::int64_t> downtime_us{0};           // finished down times; see downtime()
  // `set server addr`: instead of the configured address; connections to the old one are not used again.
  AddressOverride address;
  std::atomic<std::uint32_t> moves{0};
  void move_to(const net::Address& to) {
    address.set(to);
    moves.fetch_add(1);
  }
  std::atomic<std::int64_t> maxconn{-1};              // `set maxconn server`, -1: as configured
  CheckStatus check;                                  // last check's result; see health.hpp
  CheckStatus agent;                                  // the same of its agent; health is 0 or 1
  std::atomic<std::shared_ptr<const std::string>> agent_send;  // set server agent-send; null: as configured
  std::atomic<std::uint32_t> errors_in_a_row{0};      // observe
  std::atomic<async::Worker*> checker{nullptr};       // who checks it, null: nobody
  async::WaitQueue* check_waker = nullptr;            // to have it checked sooner; touched by that worker only
  std::string tracked;                                // "backend/server", empty: none; written before traffic
  Queue queue;                                        // under backend.mutex

  // May new requests come by balancing / by persistence?
  bool usable() const {
    return admin.load(std::memory_order_relaxed) == Admin::ready &&
           operational.load(std::memory_order_relaxed) == Operational::running &&
           effective_weight.load(std::memory_order_relaxed) > 0;
  }
  bool usable_by_persistence() const {
    return admin.load(std::memory_order_relaxed) != Admin::maint &&
           operational.load(std::memory_order_relaxed) != Operational::stopped;
  }
  // "UP", "DOWN", "MAINT", "DRAIN", "NOLB", "no check", "UP 1/3", "DOWN 1/2": the CSV's status column.
  std::string status() const;
  Duration downtime(Instant now) const;
  std::uint64_t rate(Instant now) const { return rate_of(counters, now); }

  struct WorkerShare {
    std::unique_ptr<IdlePool> pool;
    QuickAnswers quick_answers;
  };
  PerWorker<WorkerShare> shares;                       // one per worker, touched by that worker only
  std::vector<Server*> incarnations;                   // under backend.mutex: one per live configuration
};

// Process-wide, one per backend name.
struct BackendState {
  BackendState(States& in, std::string backend_name, unsigned workers)
      : states(in), name(std::move(backend_name)), counters(workers + 1) {}

  States& states;
  const std::string name;
  std::mutex mutex;                             // queues, balancers, the list of servers
  std::atomic<std::uint32_t> sessions{0};       // scur; what fullconn is compared with
  std::atomic<std::uint32_t> queued{0};         // requests that wait for any server of it
  std::atomic<std::uint32_t> queued_in_all{0};  // the same plus those in its servers' queues (qcur)
  std::atomic<std::uint64_t> version{1};        // raised when a server's usability or weight changes
  std::atomic<std::uint32_t> warming{0};        // servers in their slowstart
  std::atomic<std::uint64_t> times_down{0};
  std::atomic<std::int64_t> changed_us{0};
  std::atomic<std::int64_t> downtime_us{0};
  Peak sessions_peak, queued_peak;
  PerWorker<Counters> counters;                 // as those of its servers
  Counters& line_counters() { return counters.at(counters.size() - 1); }
  std::atomic<bool> unpublished{false};         // use_backend and default_backend pass it over; as configured or as the administrator says
  Queue queue;                                                             // under mutex
  std::map<std::string, std::unique_ptr<ServerState>, std::less<>> servers;  // under mutex
};

// Owns all of it. Made once by main, before the first configuration; outlives every worker.
// What state is kept under: names may be given twice, which is warned about.
std::string state_key(std::string_view name, unsigned namesake);

class States {
 public:
  explicit States(unsigned workers) : workers_(workers) {}
  unsigned workers() const { return workers_; }
  // Found or made. Any thread. `namesake`: how many of the same name stand before it in the configuration.
  BackendState& backend(std::string_view name, unsigned namesake = 0);
  ServerState& server(BackendState& backend, std::string_view name, unsigned namesake = 0);
  // Ends what every worker has in progress with this server, now or soon. Set by main before any worker runs; empty: nobody
  // serves.
  std::function<void(const ServerState&, Killed)> shutdown_sessions;
  // Where messages about servers go that traffic gives rise to (observe). Set likewise.
  NoticeSink notice;
  template <class Visit>
  void for_each_server(Visit visit) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, backend] : backends_) {
      const std::lock_guard inner(backend->mutex);
      for (auto& [server_name, server] : backend->servers) visit(*server);
    }
  }

 private:
  const unsigned workers_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<BackendState>, std::less<>> backends_;
};

}  // namespace sluice::backend
