// Server options of backends of mode log: how lines stand on a stream, and how many may wait for a slow server.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

using catalog::Add;
using config::Line;

bool log_proto(Line& line, ServerSettings& server) {
  static constexpr config::Choice<bool> forms[] = {{"legacy", false}, {"octet-count", true}};
  const auto counted = line.take_choice<bool>(forms);
  if (counted) server.counts_lines = *counted;
  server.only_for_logs = "log-proto";
  return counted.has_value();
}

bool log_bufsize(Line& line, ServerSettings& server) {
  const auto size = line.take_size("<bufsize>", 1024, std::uint64_t{1} << 32);
  if (size) server.log_bufsize = static_cast<std::size_t>(*size);
  server.only_for_logs = "log-bufsize";
  return size.has_value();
}

const Add log_proto_entry{ServerOption{.name = "log-proto", .args = "{ legacy | octet-count }", .parse = log_proto,
    .doc = "In mode log: how lines stand on a stream, each with a newline (legacy, the default) or behind its length (RFC 6587)."}};
const Add log_bufsize_entry{ServerOption{.name = "log-bufsize", .args = "<bufsize>", .parse = log_bufsize,
    .doc = "In mode log: bytes for lines that a server reached by a stream has not taken yet; tune.bufsize if not said."}};

}  // namespace
}  // namespace sluice::backend
