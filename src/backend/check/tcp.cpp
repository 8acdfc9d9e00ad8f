// The plain check: the server is well if it can be connected to.
#include "backend/check.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

async::Task<CheckResult> run(CheckRun& run) {
  Result<std::unique_ptr<net::Stream>> stream = co_await attempt(open(run));
  if (!stream) co_return connect_failure(run, stream.error());
  (*stream)->close(net::Shut::reset);  // nothing was sent: no need to leave a TIME_WAIT behind
  co_return result(run, CheckCode::L4OK, CheckResult::Verdict::passed);
}

const catalog::Add entry{Check{.name = "tcp", .run = run, .doc = "Connects to the server; that it accepts is enough."}};

}  // namespace
}  // namespace sluice::backend
