// Local: what one worker keeps for one configuration while it serves it: finished Exchanges for reuse, sessions that
// wait for their next request, all session tasks. Owned by Serving; that worker only.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "async/worker.hpp"
#include "base/intrusive.hpp"
#include "expr/scope.hpp"
#include "net/syslog_sender.hpp"
#include "proxy/build.hpp"
#include "proxy/log.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {

class Exchange;

// What expressions may know of this worker and the process.
class WorkerAmbient final : public expr::Ambient {
 public:
  explicit WorkerAmbient(async::Worker& worker);
  Instant now() const override { return worker_.loop.now(); }
  WallTime wall() const override { return worker_.loop.wall(); }
  std::uint64_t random() override { return worker_.loop.random(); }

 private:
  async::Worker& worker_;
};

struct Local {
  Local(async::Worker& worker, std::shared_ptr<const Proxies> proxies);
  ~Local();

  async::Worker& worker;
  std::shared_ptr<const Proxies> proxies;
  States& states;
  // Neither list changes with a request: the neighbours in it would be fetched from far away each time.
  List<Exchange> exchanges;        // in use or free
  List<Session> sessions_http;     // soft stop ends those that wait between requests at once
  std::vector<std::unique_ptr<Exchange>> free_exchanges;
  bool stopping = false;           // soft stop
  Instant stopped_at{};
  Duration close_spread{0};        // close-spread-time
  // Whether the soft stop has come to this session: their moments are spread evenly over close-spread-time.
  bool ends(const Session& session) const {
    if (!stopping || close_spread.us == 0) return stopping;
    if (close_spread == async::forever) return false;
    const std::uint64_t place = static_cast<std::uint32_t>(session.number * 0x9E3779B97F4A7C15 >> 32);
    return worker.loop.now() - stopped_at >= close_spread * static_cast<std::int64_t>(place) / (std::int64_t{1} << 32);
  }
  WorkerAmbient ambient;
  net::LogSender log_sender;
  LogOrigin log_origin;            // of the line being written, for %OG
  const expr::VariableLimits* limits_of_variables() const { return proxies->limits_of_variables(); }
  std::size_t most_head = 0;       // bytes of a message's head: tune.bufsize without tune.maxrewrite
  std::size_t head_room = 0;       // front part of scratch, for heads to be written
  std::size_t first_read = 0;      // how much is read with an answer's head
  std::size_t later_reads = 0;     // and behind it

  std::atomic<std::size_t> session_count = 0;
  std::function<void()> session_ended;  // set by Serving: listeners may go on, or the last one has gone
  async::Nursery sessions;  // last: sessions go first
};

// The use of a pooled Exchange.
class ExchangeLease {
 public:
  explicit ExchangeLease(Local& local);
  ExchangeLease(const ExchangeLease&) = delete;
  ~ExchangeLease();
  Exchange& operator*() const { return *exchange_; }
  Exchange* operator->() const { return exchange_.get(); }

 private:
  Local& local_;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace sluice::proxy
