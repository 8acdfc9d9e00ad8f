// A backend (or the backend half of a listen section): its servers, how one is chosen, and the queue before them.
// Built from a configuration section, immutable afterwards, lives as long as that configuration; any worker may use
// it. Everything that changes is in BackendState and ServerState.
//
// The way of a request:
//   BackendVisit visit{backend, worker};                              // counted as a session of the backend
//   Slot slot = co_await backend.acquire(worker, wish, deadline);     // a server, waited for if all are full
//   connection = take(...) or co_await connect(...)                   // connection.hpp, connect.hpp
//   ... and the slot's destructor lets the next one in.
#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/task.hpp"
#include "backend/algorithm.hpp"
#include "backend/check_plan.hpp"
#include "backend/cookie_plan.hpp"
#include "backend/queue.hpp"
#include "backend/server.hpp"
#include "backend/slot.hpp"
#include "backend/state.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace sluice::backend {

struct MailRoute;

enum class Reuse : std::uint8_t { never, safe, aggressive, always };

// retry-on, as bits; HTTP statuses are a list of their own.
struct RetryOn {
  enum Event : std::uint32_t {
    none = 0,
    conn_failure = 1,
    empty_response = 2,
    junk_response = 4,
    response_timeout = 8,
    zero_rtt_rejected = 16,
  };
  std::uint32_t events = conn_failure;
  std::vector<std::uint16_t> statuses;
};

struct BackendSettings {
  std::string name;
  unsigned namesake = 0;           // how many backends of this name stand before it
  std::string kind = "backend";    // how messages call it: a listen section is a "proxy"
  std::string algorithm = "roundrobin", algorithm_argument;
  std::vector<std::string> algorithm_words;
  HashPlan hash;
  bool all_backups = false;        // option allbackups
  bool abort_on_close = false;     // option abortonclose
  int redispatch = 0;              // option redispatch: 0 off, n > 0 on every nth retry, n < 0 on the nth before the last
  unsigned retries = 3;
  RetryOn retry_on;
  unsigned fullconn = 0;           // 0 = 10% of what the frontends may send here, see set_default_fullconn
  Reuse reuse = Reuse::safe;
  Source source;                   // of servers that have none of their own
  net::Keepalive keepalive;        // option srvtcpka and its parameters
  bool reset_on_close = false;     // option nolinger
  bool smart_connect = false;      // option tcp-smart-connect
  int most_unsent = 0;             // tune.notsent-lowat.server; 0: the kernel's
  int receive_buffer = 0, send_buffer = 0;  // tune.rcvbuf.server, tune.sndbuf.server; 0: the kernel's
  std::optional<Duration> timeout_check, timeout_connect;
  bool log_health_checks = false;
  CookiePlan cookie;
  std::string dynamic_cookie_key;
  bool persist = false;            // option persist
  std::string rdp_cookie;          // persist rdp-cookie: its name, empty: not wanted
};

// What is asked of acquire().
// Told to whoever had to wait, also when it waited in vain: its place in a queue, from 1 (%sq, %bq).
struct QueuePlace {
  Server* server = nullptr;  // that was waited for; null: any
  std::uint32_t in_server = 0;
  std::uint32_t in_backend = 0;
};

struct Wish {
  PickRequest pick;
  Server* wanted = nullptr;        // persistence or use-server
  enum class Insist : std::uint8_t { no, while_usable, always } insist = Insist::no;  // on `wanted`; always = even if it is down
  Priority priority;               // http-request set-priority-class / -offset
  QueuePlace* place = nullptr;     // acquire() notes it here
};

class Backend {
 public:
  // `servers` may be empty. Fails with a text for the user if the algorithm's arguments are wrong.
  static std::expected<std::unique_ptr<Backend>, std::string> make(BackendSettings settings,
                                                                   std::vector<ServerSettings> servers,
                                                                   States& states);
  ~Backend();

  const BackendSettings& settings() const { return settings_; }
  const std::string& name() const { return settings_.name; }
  unsigned number() const { return number_; }  // of its proxy, as `id` says or the files' order
  void set_number(unsigned number) { number_ = number; }  // before traffic
  std::span<const std::unique_ptr<Server>> servers() const { return servers_; }
  Server* find(std::string_view name) const;
  // Those the persistence cookie calls so, in the order of their lines.
  std::span<Server* const> servers_of_cookie(std::string_view cookie) const;
  // How its servers are checked; never null once the configuration is complete.
  const CheckPlan* check_plan() const { return check_plan_.get(); }
  // Who gets mails about its servers; null: nobody.
  const MailRoute* mail_route() const { return mail_route_.get(); }
  void set_mail_route(std::shared_ptr<const MailRoute> route) { mail_route_ = std::move(route); }  // before traffic
  void set_check_plan(std::unique_ptr<const CheckPlan> plan) { check_plan_ = std::move(plan); }  // before traffic
  BackendState& state() const { return state_; }
  Counters& counters(const async::Worker& worker) const;

  // The expression of `balance hash` and the like; by whoever builds, before traffic. Complaints are on the line.
  void compile_balance(config::Line& line, expr::Compiler& compiler);

  // Chooses by balancing and counts a slot as taken. Errors: no_server (nothing usable), would_block (all are full).
  Result<Server*> pick(const PickRequest& request);
  // Who gets a line of a log (mode log): no slot is taken. The line is counted as a session of it. Null: nothing usable.
  Server* pick_for_line(std::string_view line, std::uint64_t random, Instant now);
  // A slot if one is free now; else would_block (queue for it) or no_server.
  Result<Slot> try_acquire(async::Worker& worker, const Wish& wish);
  // The same, waiting in the queue. Errors: no_server, queue_full (maxqueue), timeout (the deadline passed in the queue).
  async::Task<Slot> acquire(async::Worker& worker, Wish wish, Instant queue_deadline);

  // How many usable servers there are (nbsrv): active ones, or backups if no active one is left.
  unsigned usable_servers() const;
  unsigned active_servers() const;  // usable and not backup
  bool has_another(const Server& than) const;  // that balancing may choose now
  unsigned backup_servers() const;  // usable and backup
  std::uint64_t total_weight() const;
  bool follows_load() const { return follows_load_; }  // the balancer wants to know of every slot taken and freed
  bool weights_are_fixed() const;   // the algorithm takes weights of 0 and 100% only
  std::uint32_t fullconn() const { return fullconn_; }
  void set_default_fullconn(std::uint32_t n);  // by whoever builds the frontends; before traffic

  // After a server's slot was freed, its weight or its health changed: lets waiting requests in. `here` is the worker
  // this runs on, null if none.
  static void settle(Server& server, async::Worker* here);
  static void settle_all(BackendState& state, async::Worker* here);
  // Requests that wait for this very server choose again (it went down).
  static void turn_away(Server& server, async::Worker* here);

 private:
  friend class Waiting;
  struct Core;
  Backend(BackendSettings settings, States& states);
  Slot slot_of(async::Worker& worker, Server& server);
  // A slot; or would_block and the one server to wait for (null: any).
  struct Attempt {
    Result<Slot> slot;
    Server* wait_for = nullptr;
  };
  Attempt try_once(async::Worker& worker, const Wish& wish);
  Server* only_server();
  PickRequest with_key(PickRequest request) const;
  Result<Server*> pick_locked(const PickRequest& request);
  static void settle_locked(ServerState& server, async::Worker* here);

  const BackendSettings settings_;
  BackendState& state_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::unordered_map<std::string_view, std::vector<Server*>> by_cookie_;
  std::unique_ptr<const CheckPlan> check_plan_;
  std::shared_ptr<const MailRoute> mail_route_;
  std::unique_ptr<Core> core_;     // balancer and what it has seen, under state_.mutex
  std::uint32_t fullconn_ = 0;
  unsigned number_ = 0;
  bool follows_load_ = false;
  bool takes_keys_ = false;
  // BackendState::version as of which the only server there is may be used; 0: look under the mutex.
  std::atomic<std::uint64_t> only_usable_at_{0};
};

// One session or request that is in a backend, whether it has a server yet or not: scur, smax, stot, rate.
class BackendVisit {
 public:
  BackendVisit() = default;
  BackendVisit(Backend& backend, async::Worker& worker);
  BackendVisit(BackendVisit&& other) noexcept : backend_(std::exchange(other.backend_, nullptr)) {}
  BackendVisit& operator=(BackendVisit&& other) noexcept {
    std::swap(backend_, other.backend_);
    return *this;
  }
  ~BackendVisit();

 private:
  Backend* backend_ = nullptr;
};

}  // namespace sluice::backend
