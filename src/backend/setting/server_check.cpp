// Server options about health checks.
#include "backend/server_option.hpp"
#include "base/text.hpp"
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
const Add check_via_socks4{ServerOption{.name = "check-via-socks4", .parse = flag<&CheckSettings::via_socks4, true>,
    .doc = "Checks go through the SOCKS4 proxy of the server as its traffic does."}};
const Add check_reuse_pool{ServerOption{.name = "check-reuse-pool", .parse = flag<&CheckSettings::reuse_pool, true>,
    .doc = "Checks go over an idle connection to the server that its traffic has left, if there is one, and leave theirs for others: fewer are "
           "opened, and whether the server takes new ones is not seen. Not with addr, port and the like, which lead elsewhere."}};
const Add no_check_reuse_pool{ServerOption{.name = "no-check-reuse-pool", .parse = flag<&CheckSettings::reuse_pool, false>,
    .doc = "Takes back a check-reuse-pool of default-server."}};
bool check_pool_name(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<name>");
  if (word) server.check.pool_name = word->text;
  return word != nullptr;
}
const Add check_pool_name_entry{ServerOption{.name = "check-pool-conn-name", .args = "<name>", .parse = check_pool_name,
    .doc = "With check-reuse-pool, the name (see pool-conn-name) of the connections that checks share."}};
bool check_proto(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<name>");
  if (!word) return false;
  server.check.proto = word->text;
  if (word->text == "h1" || word->text == "none") return true;
  line.alert(*word, fmt::format("'check-proto' : protocol '{}' is not implemented in checks.", word->text));
  return false;
}
bool observe_mode(Line& line, ServerSettings& server) {
  static constexpr config::Choice<Observe> modes[] = {{"none", Observe::nothing}, {"layer4", Observe::layer4}, {"layer7", Observe::layer7}};
  const auto mode = line.take_choice<Observe>(modes);
  if (mode) server.check.observe = *mode;
  return mode.has_value();
}
bool error_limit(Line& line, ServerSettings& server) {
  const auto value = line.take_integer("<count>", 1, 65535);
  if (value) server.check.error_limit = static_cast<unsigned>(*value);
  return value.has_value();
}
bool on_error(Line& line, ServerSettings& server) {
  static constexpr config::Choice<OnError> modes[] = {{"fastinter", OnError::fastinter}, {"fail-check", OnError::fail_check},
                                                      {"sudden-death", OnError::sudden_death}, {"mark-down", OnError::mark_down}};
  const auto mode = line.take_choice<OnError>(modes);
  if (mode) server.check.on_error = *mode;
  return mode.has_value();
}
// The only thing it may be.
bool literal(Line& line, std::string_view word, bool& into) {
  const auto at = line.take_one_of({word});
  if (at) into = true;
  return at.has_value();
}
bool on_marked_down(Line& line, ServerSettings& server) { return literal(line, "shutdown-sessions", server.check.shutdown_when_down); }
bool on_marked_up(Line& line, ServerSettings& server) { return literal(line, "shutdown-backup-sessions", server.check.shutdown_backups_when_up); }
bool init_state(Line& line, ServerSettings& server) {
  static constexpr config::Choice<InitState> states[] = {{"fully-up", InitState::fully_up}, {"up", InitState::up}, {"down", InitState::down},
                                                         {"fully-down", InitState::fully_down}, {"none", InitState::unsaid}};
  const auto state = line.take_choice<InitState>(states);
  if (state) server.check.init_state = *state;
  return state.has_value();
}
bool track(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("[<backend>/]<server>");
  if (word) server.check.track = word->text;
  return word != nullptr;
}
template <bool value>
bool agent_check(Line&, ServerSettings& server) {
  server.check.agent.enabled = value;
  return true;
}
bool agent_inter(Line& line, ServerSettings& server) { return positive_delay(line, server.check.agent.inter); }
bool agent_port(Line& line, ServerSettings& server) {
  const auto value = line.take_integer("<port>", 1, 65535);
  if (value) server.check.agent.port = static_cast<std::uint16_t>(*value);
  return value.has_value();
}
bool agent_addr(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<addr>");
  if (!word) return false;
  const auto endpoint = net::parse_endpoint(word->text);
  if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
    line.alert(*word, fmt::format("'{}' is not the address of an agent{}.", word->text, endpoint ? "" : ": " + endpoint.error()));
    return false;
  }
  server.check.agent.address = endpoint->address;
  return true;
}
bool agent_send(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<string>");
  if (word) server.check.agent.send = word->text;
  return word != nullptr;
}
// An old tutorial's word; what it means is a keyword of the backend.
bool timeout(Line& line, ServerSettings& server) {
  const config::Word keyword = line.last();
  const auto time = line.take_duration("<time>");
  if (!time) return false;
  if (!server.check.timeout) server.check.timeout = *time;
  line.warning(keyword, "'timeout' is not a parameter of a server; it is taken as the time its health checks may take",
               fmt::format("write 'timeout check {}' on a line of its own", line.last().text));
  return true;
}

const Add check_proto_entry{ServerOption{.name = "check-proto", .args = "<name>", .parse = check_proto,
    .doc = "The protocol its checks speak: h1 for option httpchk, none for all others; it must fit the check."}};
const Add observe_entry{ServerOption{.name = "observe", .args = "<mode>", .parse = observe_mode,
    .doc = "Watches its traffic for errors: of connections (layer4), or of answers too (layer7)."}};
const Add error_limit_entry{ServerOption{.name = "error-limit", .args = "<count>", .parse = error_limit,
    .doc = "So many observed errors in a row are one too many. Default 10."}};
const Add on_error_entry{ServerOption{.name = "on-error", .args = "<mode>", .parse = on_error,
    .doc = "What too many errors do: fastinter, fail-check (default), sudden-death, mark-down."}};
const Add on_marked_down_entry{ServerOption{.name = "on-marked-down", .args = "{ shutdown-sessions }", .parse = on_marked_down,
    .doc = "Ends the sessions of the server when it goes down."}};
const Add on_marked_up_entry{ServerOption{.name = "on-marked-up", .args = "{ shutdown-backup-sessions }", .parse = on_marked_up,
    .doc = "Ends the sessions of the backup servers when this one comes up."}};
const Add init_state_entry{ServerOption{.name = "init-state", .args = "{ fully-up | up | down | fully-down | none }", .parse = init_state,
    .doc = "What it is taken for until its checks say more, at the start and after maintenance."}};
const Add track_entry{ServerOption{.name = "track", .args = "[<backend>/]<server>", .parse = track,
    .doc = "It is up and down with another server, which is checked."}};
const Add agent_check_entry{ServerOption{.name = "agent-check", .parse = agent_check<true>,
    .doc = "Asks a program beside the server about its state, weight and limits."}};
const Add no_agent_check{ServerOption{.name = "no-agent-check", .parse = agent_check<false>, .doc = "Takes back an agent-check of default-server."}};
const Add agent_inter_entry{ServerOption{.name = "agent-inter", .args = "<delay>", .parse = agent_inter,
    .doc = "The time between two questions to the agent. Default 2s."}};
const Add agent_port_entry{ServerOption{.name = "agent-port", .args = "<port>", .parse = agent_port, .doc = "The port of the agent."}};
const Add agent_addr_entry{ServerOption{.name = "agent-addr", .args = "<addr>", .parse = agent_addr,
    .doc = "The address of the agent. Default: the server's."}};
const Add agent_send_entry{ServerOption{.name = "agent-send", .args = "<string>", .parse = agent_send, .doc = "What the agent is sent first."}};
const Add timeout_entry{ServerOption{.name = "timeout", .args = "<time>", .parse = timeout, .lines = ServerOption::Lines::server_only,
    .deprecated = true, .doc = "How long one of its checks may take. Old tutorials have it; timeout check is the keyword."}};
const Add no_check_send_proxy{ServerOption{.name = "no-check-send-proxy", .parse = flag<&CheckSettings::send_proxy, false>,
    .doc = "Takes back a check-send-proxy of default-server."}};

}  // namespace
}  // namespace sluice::backend
