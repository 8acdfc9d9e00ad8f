// option redis-check: PING, and +PONG must come (the Redis protocol, RESP).
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

Finding look(CheckRun& run) {
  const std::string_view bytes = run.input();
  if (bytes.contains("+PONG\r\n")) return Finding::passed("Redis server is ok");
  if (!run.at_end()) return Finding::more();
  return Finding::failed(CheckCode::L7STS, std::string(bytes.substr(0, bytes.find_first_of("\r\n"))));
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.success = CheckCode::L7OK;
  in.connect();
  in.send("*1\r\n$4\r\nPING\r\n");
  in.expect(look, CheckCode::L7STS);
  return line.finish();
}

const catalog::Add entry{config::Keyword{.name = "option redis-check", .sections = config::in::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers with a PING of the Redis protocol."}};

}  // namespace
}  // namespace sluice::backend
