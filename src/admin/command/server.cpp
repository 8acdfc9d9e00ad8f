// Commands that change a server: administrative state, weight, health, checks, address, limits.
#include "admin/command.hpp"
#include "backend/control.hpp"
#include "base/text.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using backend::Server;

backend::Scene scene_of(Call& call) {
  return {.here = &call.worker, .now = call.worker.loop.now(), .sink = call.world.notice};
}

// ---- state

template <backend::Admin wanted>
void set_admin_state(Call& call) {
  if (Server* server = find_server(call, call.word(0))) backend::set_admin(scene_of(call), *server, wanted);
}

void set_state(Call& call, Server& server) {
  const std::string_view state = call.word(2);
  if (state == "ready") return backend::set_admin(scene_of(call), server, backend::Admin::ready);
  if (state == "drain") return backend::set_admin(scene_of(call), server, backend::Admin::drain);
  if (state == "maint") return backend::set_admin(scene_of(call), server, backend::Admin::maint);
  call.fail("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
}

void set_health(Call& call, Server& server) {
  if (!server.state().tracked.empty()) return call.fail("cannot change health on a tracking server.");
  using enum backend::Operational;
  const std::string_view wanted = call.word(2);
  constexpr std::string_view because = "changed from CLI";
  if (wanted == "up") return backend::force_health(scene_of(call), server, running, because);
  if (wanted == "stopping") return backend::force_health(scene_of(call), server, stopping, because);
  if (wanted == "down") return backend::force_health(scene_of(call), server, stopped, because);
  call.fail("'set server <srv> health' expects 'up', 'stopping', or 'down'.");
}

// ---- weight

void change_weight(Call& call, Server& server, std::string_view text) {
  if (text.empty()) return call.fail("Require <weight> or <weight%>.");
  const auto done = backend::set_weight(scene_of(call), server, text);
  if (!done) call.fail(done.error());
}
void set_server_weight(Call& call, Server& server) { change_weight(call, server, call.word(2)); }

void run_set_weight(Call& call) {
  if (Server* server = find_server(call, call.word(0))) change_weight(call, *server, call.word(1));
}
void run_get_weight(Call& call) {
  if (Server* server = find_server(call, call.word(0)))
    call.answer += fmt::format("{} (initial {})\n", server->state().user_weight.load(), server->state().initial_weight.load());
}

// ---- checks

template <bool enabled>
void switch_checks(Call& call) {
  Server* const server = find_server(call, call.word(0));
  if (!server) return;
  if (!server->settings().check.enabled)
    return enabled ? call.say(Weight::notice, "Health check was not configured on this server, cannot enable.") : void();
  server->state().check.paused = !enabled;
}

bool has_checks(Call& call, const Server& server) {
  if (server.settings().check.enabled) return true;
  call.say(Weight::err, "health checks are not enabled on this server");
  return false;
}
void set_check_port(Call& call, Server& server) {
  if (!has_checks(call, server)) return;
  const auto port = parse_int(call.word(2));
  if (!port) return call.fail("provided port is not an integer");
  if (*port < 0 || *port > 65535) return call.fail("provided port is invalid");
  server.state().check.port = static_cast<std::uint16_t>(*port);
}
void set_check_address(Call& call, Server& server) {
  if (!has_checks(call, server)) return;
  const auto address = net::Address::parse_ip(call.word(2));
  if (!address) return call.fail("invalid addr");
  if (call.word(3) == "port") {
    const auto port = parse_int(call.word(4));
    if (!port || *port < 0 || *port > 65535) return call.fail("provided port is invalid");
    server.state().check.port = static_cast<std::uint16_t>(*port);
  }
  server.state().check.address.set(*address);
}

// ---- address

// What becomes of the port: "+2" and "-2" are relative to the client's, which only the configuration can say.
std::optional<std::uint16_t> new_port(std::string_view text, std::string& report) {
  const bool mapped = text.starts_with('+') || text.starts_with('-');
  const auto port = parse_uint(text);
  if (!mapped && port && *port <= 65535) return static_cast<std::uint16_t>(*port);
  report += mapped ? "a port relative to the client's can only be configured" : fmt::format("problem converting port '{}' to an int", text);
  return std::nullopt;
}

void set_address(Call& call, Server& server) {
  constexpr std::string_view by = " by 'stats socket command'";
  if (call.word(2).empty()) return call.fail("set server <b>/<s> addr requires an address and optionally a port.");
  const auto wanted = net::Address::parse_ip(call.word(2));
  if (!wanted) return call.fail(fmt::format("Invalid addr '{}'{}", call.word(2), by));
  const net::Address is = server.address();
  net::Address becomes = wanted->with_port(is.port());
  std::string report = becomes == is ? "no need to change the addr"
                                     : fmt::format("IP changed from '{}' to '{}'", is.host_text(), becomes.host_text());
  if (call.word(3) == "port") {
    report += ", ";
    const auto port = new_port(call.word(4), report);
    if (!port) return call.say(Weight::err, report + std::string(by));
    report += *port == is.port() ? "no need to change the port" : fmt::format("port changed from '{}' to '{}'", is.port(), *port);
    becomes = becomes.with_port(*port);
  }
  if (becomes != is) {
    server.state().move_to(becomes);
    const std::string told = fmt::format("Server {}/{}: {}{}", server.backend().name(), server.name(), report, by);
    if (call.world.notice) call.world.notice({.backend = server.backend(), .text = told, .console_text = told});
  }
  call.say(Weight::notice, report + std::string(by));
}

void set_name(Call& call, Server&) {
  call.fail("set server <b>/<s> fqdn failed because no resolution is configured.");
}

// ---- agent

bool has_agent(Call& call, const Server& server, std::string_view otherwise) {
  if (server.settings().check.agent.enabled) return true;
  call.fail(std::string(otherwise));
  return false;
}
void set_agent(Call& call, Server& server) {
  if (!has_agent(call, server, "agent checks are not enabled on this server.")) return;
  if (call.word(2) == "up") return backend::force_agent(scene_of(call), server, backend::Operational::running);
  if (call.word(2) == "down") return backend::force_agent(scene_of(call), server, backend::Operational::stopped);
  call.fail("'set server <srv> agent' expects 'up' or 'down'.");
}
void set_agent_port(Call& call, Server& server) {
  if (!has_agent(call, server, "agent checks are not enabled on this server")) return;
  const auto port = parse_int(call.word(2));
  if (!port) return call.say(Weight::err, "provided port is not an integer");
  if (*port <= 0 || *port > 65535) return call.say(Weight::err, "provided port is invalid");
  server.state().agent.port = static_cast<std::uint16_t>(*port);
}
void set_agent_address(Call& call, Server& server) {
  if (!has_agent(call, server, "agent checks are not enabled on this server")) return;
  const auto address = net::Address::parse_ip(call.word(2));
  if (!address) return call.say(Weight::err, fmt::format("invalid addr '{}'", call.word(2)));
  server.state().agent.address.set(*address);
}
void set_agent_send(Call& call, Server& server) {
  if (!has_agent(call, server, "agent checks are not enabled on this server.")) return;
  server.state().agent_send = std::make_shared<const std::string>(call.word(2));
}

// ---- set server

struct Property {
  std::string_view name;
  void (*set)(Call& call, Server& server);
};
constexpr Property properties[] = {
    {"addr", set_address},         {"agent", set_agent},           {"agent-addr", set_agent_address}, {"agent-port", set_agent_port},
    {"agent-send", set_agent_send}, {"check-addr", set_check_address}, {"check-port", set_check_port}, {"fqdn", set_name},
    {"health", set_health},        {"state", set_state},           {"weight", set_server_weight},
};

void run_set_server(Call& call) {
  Server* const server = find_server(call, call.word(0));
  if (!server) return;
  const auto* const property = std::ranges::find(properties, call.word(1), &Property::name);
  if (property != std::end(properties)) return property->set(call, *server);
  std::string names;
  for (const Property& one : properties) names += fmt::format("{}{}", names.empty() ? "" : " | ", one.name);
  call.fail(fmt::format("usage: set server <backend>/<server> {}", names));
}

void run_set_maxconn(Call& call) {
  Server* const server = find_server(call, call.word(0));
  if (!server) return;
  const auto most = parse_int(call.word(1));
  if (!most || *most < 0 || *most > 0x7fffffff) return call.fail("Require <maxconn>.");
  backend::set_maxconn(scene_of(call), *server, static_cast<std::uint32_t>(*most));
}

template <bool enabled>
void switch_agent(Call& call) {
  Server* const server = find_server(call, call.word(0));
  if (!server) return;
  if (server->settings().check.agent.enabled) return backend::set_checking(*server, backend::CheckOf::agent, enabled ? backend::Checking::on : backend::Checking::off);
  if (enabled) call.say(Weight::notice, "Agent was not configured on this server, cannot enable.");
}

void run_shutdown_sessions(Call& call) {
  if (const Server* server = find_server(call, call.word(0))) backend::shutdown_sessions(*server);
}

const Add disable{Command{.name = "disable server", .args = "<backend>/<server>", .level = Level::admin,
                          .run = set_admin_state<backend::Admin::maint>, .doc = "put a server in maintenance"}};
const Add enable{Command{.name = "enable server", .args = "<backend>/<server>", .level = Level::admin,
                         .run = set_admin_state<backend::Admin::ready>, .doc = "end a server's maintenance"}};
const Add disable_health{Command{.name = "disable health", .args = "<backend>/<server>", .level = Level::admin,
                                 .run = switch_checks<false>, .doc = "pause a server's health checks"}};
const Add enable_health{Command{.name = "enable health", .args = "<backend>/<server>", .level = Level::admin,
                                .run = switch_checks<true>, .doc = "go on with a server's health checks"}};
const Add disable_agent{Command{.name = "disable agent", .args = "<backend>/<server>", .level = Level::admin,
                                .run = switch_agent<false>, .doc = "pause a server's agent checks"}};
const Add enable_agent{Command{.name = "enable agent", .args = "<backend>/<server>", .level = Level::admin,
                               .run = switch_agent<true>, .doc = "go on with a server's agent checks"}};
const Add set{Command{.name = "set server", .args = "<backend>/<server> <property> <value>", .level = Level::admin,
                      .run = run_set_server, .doc = "change a server's address, health, state, weight, checks"}};
const Add maxconn{Command{.name = "set maxconn server", .args = "<backend>/<server> <number>", .level = Level::admin,
                          .run = run_set_maxconn, .doc = "change a server's limit of connections"}};
const Add set_weight{Command{.name = "set weight", .args = "<backend>/<server> <weight>[%]", .level = Level::admin,
                             .run = run_set_weight, .doc = "change a server's weight"}};
const Add get_weight{Command{.name = "get weight", .args = "<backend>/<server>", .run = run_get_weight,
                             .doc = "a server's weight now and as configured"}};
const Add shutdown{Command{.name = "shutdown sessions server", .args = "<backend>/<server>", .level = Level::admin,
                           .run = run_shutdown_sessions, .doc = "end all sessions that use a server"}};

}  // namespace
}  // namespace sluice::admin
