// Health and agent checks: one coroutine per checked server and one per agent, spread over the workers, started once per
// configuration. Each worker has its own Checker, made, started and destroyed on its thread; destroying it ends its checks.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "async/nursery.hpp"
#include "async/wait_queue.hpp"
#include "backend/backend.hpp"
#include "backend/check.hpp"
#include "backend/notice.hpp"

namespace sluice::backend {

struct CheckerOptions {
  unsigned workers = 1;        // how many share the work: the n-th check is worker n modulo this
  NoticeSink sink;
  std::string node;            // our name, for http-check send-state
  unsigned spread_percent = 0; // spread-checks
  unsigned most_at_once = 0;   // tune.max-checks-per-thread, 0: no limit
  std::optional<Duration> longest_spread;              // max-spread-checks
  expr::Ambient* ambient = nullptr;                    // of the worker; these four are for expressions in checks
  expr::ProcessVariables* process_variables = nullptr;
  const expr::VariableNames* names = nullptr;
  const expr::VariableLimits* limits = nullptr;
};

class Checker {
 public:
  Checker(async::Worker& worker, std::span<Backend* const> backends, CheckerOptions options);
  // Starts the checks, each at its own offset within the interval.
  void start();
  std::size_t size() const { return checked_.size(); }

 private:
  enum class What : std::uint8_t { health, agent };
  struct Checked {
    Server* server;
    What what;
    Duration offset;
  };
  async::Task<> watch(Checked checked);
  async::Task<> watch_agent(Checked checked);
  async::Task<> warm(Backend& backend, Duration step);
  async::Task<CheckResult> check_once(Server& server, const CheckPlan& plan, CheckTarget target);
  async::Task<> ask_agent(Server& server, const CheckPlan& plan);
  Duration pause_of(const Server& server) const;
  Duration spread(Duration pause);

  async::Worker& worker_;
  const CheckerOptions options_;
  const CheckPlace place_;
  std::vector<Checked> checked_;
  std::vector<Backend*> slow_;  // with slowstart servers, on the first worker
  unsigned at_once_ = 0;
  async::WaitQueue turn_;
  async::Nursery nursery_;
};

}  // namespace sluice::backend
