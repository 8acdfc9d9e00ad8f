// Health checks: one coroutine per checked server, spread over the workers, started once per configuration. Each
// worker has its own Checker, made, started and destroyed on its thread; destroying it ends its checks.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "async/nursery.hpp"
#include "backend/backend.hpp"
#include "backend/notice.hpp"

namespace sluice::backend {

struct CheckerOptions {
  unsigned workers = 1;        // how many share the work: the n-th checked server is checked by worker n modulo this
  NoticeSink sink;
  std::string node;            // our name, for http-check send-state
  unsigned spread_percent = 0; // spread-checks
};

class Checker {
 public:
  Checker(async::Worker& worker, std::span<Backend* const> backends, CheckerOptions options);
  // Starts the checks, each at its own offset within the interval.
  void start();
  std::size_t size() const { return servers_.size(); }

 private:
  struct Checked {
    Server* server;
    Duration offset;
  };
  async::Task<> watch(Checked checked);
  Instant next_time(const Server& server, Instant begun);

  async::Worker& worker_;
  const CheckerOptions options_;
  std::vector<Checked> servers_;
  async::Nursery nursery_;
};

}  // namespace sluice::backend
