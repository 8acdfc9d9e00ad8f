// kind Check: one way to find out whether a server is well (check/*.cpp). It runs as a coroutine of the worker that
// checks that server, has a deadline of its own and always gives a result: errors are results here.
#pragma once
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "backend/backend.hpp"
#include "backend/health.hpp"
#include "net/connect.hpp"
#include "net/stream.hpp"

namespace sluice::backend {

struct CheckRun {
  async::Worker& worker;
  const Server& server;
  const net::ConnectOptions& connect_options;
  net::Address target;
  std::string_view node;           // our name, for http-check send-state
  Instant begun;
  Instant connect_deadline;
  std::optional<Duration> timeout; // timeout check: counted from when it is connected
  Instant deadline{};              // set by open()
};

struct Check {
  std::string_view name{};
  async::Task<CheckResult> (*run)(CheckRun& run) = nullptr;
  std::string_view doc{};
};

// What the checks share: connects, with a PROXY header if the line asks for one, and sets run.deadline.
async::Task<std::unique_ptr<net::Stream>> open(CheckRun& run);
// The failure of open(), and of what came later.
CheckResult connect_failure(const CheckRun& run, Error error);
CheckResult layer7_failure(const CheckRun& run, Error error);
CheckResult result(const CheckRun& run, CheckCode code, CheckResult::Verdict verdict, std::string info = {}, unsigned status = 0);

}  // namespace sluice::backend
