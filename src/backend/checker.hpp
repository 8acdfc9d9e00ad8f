// Health checks: one coroutine per checked server, spread over the workers, started once per configuration. Each
// worker has its own Checker; destroying it (or cancelling) ends its checks.
#pragma once
#include <memory>
#include <span>

#include "async/task.hpp"
#include "backend/backend.hpp"
#include "backend/notice.hpp"

namespace sluice::backend {

class Checker {
 public:
  // Checks those servers of `backends` that fall to this worker (server number modulo number of workers).
  Checker(async::Worker& worker, std::span<Backend* const> backends, unsigned workers, NoticeSink sink);
  ~Checker();
  // Starts the checks, each at its own offset in the interval. On the worker's thread.
  void start();
  void stop();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace sluice::backend
