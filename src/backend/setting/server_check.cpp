// Server options about health checks.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

using catalog::Add;
using config::Line;

bool positive_delay(Line& line, Duration& into) {
  const auto delay = line.take_duration("<delay>");
  if (!delay) return false;
  if (delay->us <= 0) {
    line.alert(line.last(), "a delay of 0 between checks is not possible.");
    return false;
  }
  into = *delay;
  return true;
}
template <std::optional<Duration> CheckSettings::*member>
bool optional_delay(Line& line, ServerSettings& server) {
  Duration delay;
  if (!positive_delay(line, delay)) return false;
  server.check.*member = delay;
  return true;
}
template <unsigned CheckSettings::*member>
bool count(Line& line, ServerSettings& server) {
  const auto value = line.take_integer("<count>", 1, 65535);
  if (value) server.check.*member = static_cast<unsigned>(*value);
  return value.has_value();
}
template <bool CheckSettings::*member, bool value>
bool flag(Line&, ServerSettings& server) {
  server.check.*member = value;
  return true;
}
bool inter(Line& line, ServerSettings& server) { return positive_delay(line, server.check.inter); }
bool port(Line& line, ServerSettings& server) {
  const auto value = line.take_integer("<port>", 1, 65535);
  if (value) server.check.port = static_cast<std::uint16_t>(*value);
  return value.has_value();
}
bool addr(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<address>");
  if (!word) return false;
  const auto endpoint = net::parse_endpoint(word->text);
  if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
    line.alert(*word, fmt::format("'{}' is not an address to check.", word->text));
    return false;
  }
  server.check.address = endpoint->address.with_port(endpoint->port_first);
  return true;
}

const Add check{ServerOption{.name = "check", .parse = flag<&CheckSettings::enabled, true>,
    .doc = "Checks its health: that it can be connected to, or what `option httpchk` and the like say."}};
const Add no_check{ServerOption{.name = "no-check", .parse = flag<&CheckSettings::enabled, false>,
    .doc = "Takes back a check of default-server."}};
const Add inter_entry{ServerOption{.name = "inter", .args = "<delay>", .parse = inter,
    .doc = "The time between two checks of a server that is fully up. Default 2s."}};
const Add fastinter{ServerOption{.name = "fastinter", .args = "<delay>", .parse = optional_delay<&CheckSettings::fastinter>,
    .doc = "The time between two checks while the server is going up or down. Default: inter."}};
const Add downinter{ServerOption{.name = "downinter", .args = "<delay>", .parse = optional_delay<&CheckSettings::downinter>,
    .doc = "The time between two checks of a server that is down. Default: inter."}};
const Add rise{ServerOption{.name = "rise", .args = "<count>", .parse = count<&CheckSettings::rise>,
    .doc = "So many checks in a row must succeed to bring the server up. Default 2."}};
const Add fall{ServerOption{.name = "fall", .args = "<count>", .parse = count<&CheckSettings::fall>,
    .doc = "So many checks in a row must fail to take the server down. Default 3."}};
const Add port_entry{ServerOption{.name = "port", .args = "<port>", .parse = port,
    .doc = "The port to check instead of the server's."}};
const Add addr_entry{ServerOption{.name = "addr", .args = "<ipv4|ipv6>", .parse = addr,
    .doc = "The address to check instead of the server's."}};
const Add check_send_proxy{ServerOption{.name = "check-send-proxy", .parse = flag<&CheckSettings::send_proxy, true>,
    .doc = "Checks begin with a PROXY header even if port or addr lead them elsewhere."}};
const Add no_check_send_proxy{ServerOption{.name = "no-check-send-proxy", .parse = flag<&CheckSettings::send_proxy, false>,
    .doc = "Takes back a check-send-proxy of default-server."}};

}  // namespace
}  // namespace sluice::backend
