#include "backend/check.hpp"

#include <cstring>

#include "async/worker.hpp"
#include "net/proxy_protocol.hpp"

namespace sluice::backend {

async::Task<std::unique_ptr<net::Stream>> open(CheckRun& run) {
  std::unique_ptr<net::Stream> stream = co_await net::connect(run.worker, run.target, run.connect_options, run.connect_deadline);
  run.deadline = run.timeout ? run.worker.loop.after(*run.timeout) : run.connect_deadline;
  const ServerSettings& settings = run.server.settings();
  if (settings.check.send_proxy) {
    net::ProxyV2Options local;
    local.local = true;
    local.crc32c = settings.proxy_v2_options & proxy_v2_crc32c;
    const std::string header = settings.send_proxy == SendProxy::v2 ? net::proxy_header_v2({}, {}, local)
                                                                    : net::proxy_header_v1({}, {});
    const Duration patience = run.deadline - run.worker.loop.now();
    co_await stream->write_all(header, patience);
  }
  co_return stream;
}

CheckResult result(const CheckRun& run, CheckCode code, CheckResult::Verdict verdict, std::string info, unsigned status) {
  CheckResult result;
  result.verdict = verdict;
  result.code = code;
  result.status = status;
  result.duration = run.worker.loop.now() - run.begun;
  result.info = std::move(info);
  return result;
}

CheckResult connect_failure(const CheckRun& run, Error error) {
  if (error.kind == Kind::timeout) return result(run, CheckCode::L4TOUT, CheckResult::Verdict::failed);
  return result(run, CheckCode::L4CON, CheckResult::Verdict::failed,
                error.sys != 0 ? std::strerror(error.sys) : std::string(name_of(error.kind)));
}

CheckResult layer7_failure(const CheckRun& run, Error error) {
  if (error.kind == Kind::timeout) return result(run, CheckCode::L7TOUT, CheckResult::Verdict::failed);
  if (error.kind == Kind::reset)
    return result(run, CheckCode::SOCKERR, CheckResult::Verdict::failed, std::strerror(error.sys != 0 ? error.sys : ECONNRESET));
  return result(run, CheckCode::L7RSP, CheckResult::Verdict::failed);
}

}  // namespace sluice::backend
