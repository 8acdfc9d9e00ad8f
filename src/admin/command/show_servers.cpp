// show servers state, show servers conn: what server-state files and tools that watch connections read.
#include "admin/command.hpp"
#include "config/setting/proxy.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using backend::Server;

// The numbers of the documented format (management "show servers state").
int operational_number(const backend::ServerState& state) {
  if (state.admin.load() == backend::Admin::maint) return 0;
  switch (state.operational.load()) {
    case backend::Operational::stopped: return 0;
    case backend::Operational::running: return 2;
    case backend::Operational::stopping: return 3;
  }
  return 0;
}
// Administrative bits: 1 forced maintenance, 2 inherited maintenance, 4 `disabled` on its line (whatever it is now), 8 forced
// drain, 16 inherited drain.
int admin_bits(const Server& server) {
  using backend::Admin;
  const backend::ServerState& state = server.state();
  int bits = server.settings().disabled ? 4 : 0;
  if (state.own_admin.load() == Admin::maint) bits |= 1;
  if (state.own_admin.load() == Admin::drain) bits |= 8;
  if (state.inherited_admin.load() == Admin::maint) bits |= 2;
  if (state.inherited_admin.load() == Admin::drain) bits |= 16;
  return bits;
}
// Last check's result: 0 unknown, 1 neutral, 2 failed, 3 passed, 4 conditionally passed.
int check_result(const Server& server) {
  using enum backend::CheckCode;
  switch (server.state().check.code.load()) {
    case none:
    case INI: return 0;
    case L4OK:
    case L6OK:
    case L7OK:
    case PROCOK: return 3;
    case L7OKC: return 4;
    default: return 2;
  }
}
// Where the last check's code stands in HAProxy's list; 1 is "not checked yet".
int check_status(const Server& server) {
  switch (server.state().check.code.load()) {
    using enum backend::CheckCode;
    case none:
    case INI: return 1;
    case CHECKED: return 3;
    case HANA: return 4;
    case SOCKERR: return 5;
    case L4OK: return 6;
    case L4TOUT: return 7;
    case L4CON: return 8;
    case L6OK: return 9;
    case L6TOUT: return 10;
    case L6RSP: return 11;
    case L7TOUT: return 12;
    case L7RSP: return 13;
    case L7OK: return 15;
    case L7OKC: return 16;
    case L7STS: return 17;
    case PROCERR: return 18;
    case PROCTOUT: return 19;
    case PROCOK: return 20;
  }
  return 1;
}
int check_health(const Server& server) {
  const backend::ServerState& state = server.state();
  const backend::CheckSettings& settings = server.settings().check;
  if (settings.enabled) return static_cast<int>(state.admin.load() == backend::Admin::maint ? 0 : state.check.health.load());
  return operational_number(state) == 0 ? 0 : static_cast<int>(state.check.health.load());
}
// Bits: 2 configured, 4 enabled, 8 paused by maintenance, 16 of an agent.
int check_state(const Server& server) {
  if (!server.settings().check.enabled) return server.settings().disabled ? 8 : 0;
  if (server.state().check.paused.load()) return 2;
  return server.state().own_admin.load() == backend::Admin::maint ? 14 : 6;
}
int agent_state(const Server& server) {
  if (!server.settings().check.agent.enabled) return 0;
  return server.state().agent.paused.load() ? 18 : 22;
}

void append_state(Call& call, const proxy::Destination& destination, const Server& server) {
  const backend::ServerState& state = server.state();
  const backend::ServerSettings& settings = server.settings();
  const net::Address address = server.address();
  const std::int64_t since = (call.worker.loop.now().us - state.changed_us.load()) / 1'000'000;
  const bool by_name = !settings.host.empty() && settings.host.find_first_not_of("0123456789.:[]") != std::string::npos && address.is_ip();
  const std::uint16_t check_port = state.check.port.load() ? state.check.port.load() : settings.check.port;
  const auto moved = state.check.address.get();
  const std::string check_address = moved ? moved->host_text() : settings.check.address ? settings.check.address->host_text() : "-";
  const backend::AgentSettings& agent = settings.check.agent;
  const auto agent_moved = state.agent.address.get();
  const std::string agent_address = agent_moved ? agent_moved->host_text() : agent.address ? agent.address->host_text() : "-";
  const auto forced = [](bool yes) { return yes ? 1 : 0; };
  call.answer += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} - 0 {} {} {} {}\n", destination.id,
                             destination.backend->name(), server.id(), server.name(), address.is_ip() ? address.host_text() : "-",
                             operational_number(state), admin_bits(server), state.user_weight.load(), state.initial_weight.load(), since,
                             check_status(server), check_result(server), check_health(server), check_state(server), agent_state(server),
                             forced((*destination.policy.section)[config::id].has_value()), forced(settings.id_given), by_name ? settings.host : "-",
                             address.port(), check_port, check_address, agent_address,
                             state.agent.port.load() ? state.agent.port.load() : agent.port);
}

void append_connections(Call& call, const proxy::Destination& destination, const Server& server) {
  const backend::ServerState& state = server.state();
  const net::Address address = server.address();
  const std::uint64_t now = state.served.load();
  const auto idle = std::max<std::int64_t>(0, state.idle.load());
  call.answer += fmt::format("{}/{} {}/{} {} {} - {} {} {} {} {} 0 {} {}", destination.backend->name(), server.name(), destination.id,
                             server.id(), address.is_ip() ? address.host_text() : "-", address.port(),
                             server.settings().pool_purge_delay.ms(), now, state.served_peak.value(), state.served_peak.value(), idle,
                             server.settings().pool_max_conn, idle);
  call.answer += '\n';
}

using Append = void (*)(Call& call, const proxy::Destination& destination, const Server& server);

template <Append append>
void for_servers(Call& call, std::string_view header) {
  const std::string_view wanted = call.word(0);
  if (!wanted.empty() && !call.world.proxies->destination(wanted)) return call.fail("Can't find backend.");
  call.answer += header;
  for (const auto& destination : call.world.proxies->destinations) {
    if (!wanted.empty() && destination->backend->name() != wanted) continue;
    for (const auto& server : destination->backend->servers()) append(call, *destination, *server);
  }
}

void run_state(Call& call) {
  for_servers<append_state>(call,
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
      "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
      "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
      "srv_agent_addr srv_agent_port\n");
}
void run_connections(Call& call) {
  for_servers<append_connections>(call,
      "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur\n");
}

const Add state_entry{Command{.name = "show servers state", .args = "[<backend>]", .run = run_state,
                              .doc = "volatile state of servers, for all or one backend"}};
const Add connections_entry{Command{.name = "show servers conn", .args = "[<backend>]", .run = run_connections,
                                    .doc = "connections to servers, in use and idle"}};

}  // namespace
}  // namespace sluice::admin
