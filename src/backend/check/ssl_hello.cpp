// option ssl-hello-chk: an SSLv3 client hello (RFC 6101 section 5.6.1.2); a handshake or alert record must come back.
// The check-ssl option makes a whole handshake instead.
#include "async/worker.hpp"
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

// Nothing is encrypted with it, so its "random" bytes say who asks.
class Hello final : public CheckMessage {
 public:
  std::optional<std::string> bytes(CheckRun& run) const override {
    std::string suites;
    for (unsigned suite = 0x01; suite <= 0x1b; ++suite) suites += big_endian(suite, 2);
    for (unsigned suite = 0x2f; suite <= 0x3a; ++suite) suites += big_endian(suite, 2);
    const std::int64_t now = run.worker().loop.wall().us / 1'000'000;
    const std::string body = big_endian(0x0300, 2) + big_endian(static_cast<std::uint64_t>(now), 4) + "HAPROXYSSLCHK\nHAPROXYSSLCHK\n" +
                             big_endian(0, 1) /* no session id */ + big_endian(suites.size(), 2) + suites + big_endian(0x0100, 2) /* no compression */;
    const std::string message = big_endian(1, 1) + big_endian(body.size(), 3) + body;
    return big_endian(0x16, 1) + big_endian(0x0300, 2) + big_endian(message.size(), 2) + message;
  }
};

Finding look(CheckRun& run) {
  constexpr std::size_t record_head = 5;
  if (run.input().size() < record_head && !run.at_end()) return Finding::more();
  const char type = run.input().front();
  if (type != 0x15 && type != 0x16) return Finding::failed(CheckCode::L6RSP);
  Finding good = Finding::passed();
  good.code = CheckCode::L6OK;
  return good;
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.success = CheckCode::L6OK;
  in.connect();
  in.send(std::make_unique<Hello>());
  in.expect(look, CheckCode::L6RSP, CheckCode::L6TOUT);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option ssl-hello-chk", .sections = config::in::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers with an SSLv3 client hello, which any server of TLS answers somehow."}};

}  // namespace
}  // namespace sluice::backend
