// Small show commands.
#include "admin/command.hpp"
#include "base/version.hpp"

extern "C" char** environ;

namespace sluice::admin {
namespace {
using catalog::Add;

void run_show_version(Call& call) { call.answer += full_version() + "\n"; }

void run_show_env(Call& call) {
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (call.words.empty() || text.substr(0, text.find('=')) == call.word(0)) call.answer += fmt::format("{}\n", text);
  }
}

void run_show_backend(Call& call) {
  call.answer += "# name\n";
  for (const auto& destination : call.world.proxies->destinations)
    call.answer += fmt::format("{}\n", destination->backend->name());
}

// The server's operational state as the documented numbers: 0 stopped, 2 running, 3 stopping.
int operational_number(const backend::ServerState& state) {
  switch (state.operational.load()) {
    case backend::Operational::stopped: return 0;
    case backend::Operational::running: return 2;
    case backend::Operational::stopping: return 3;
  }
  return 0;
}
// Administrative bits: 1 forced maintenance, 4 maintenance from the configuration, 8 forced drain.
int admin_bits(const backend::ServerState& state) {
  switch (state.admin.load()) {
    case backend::Admin::ready: return 0;
    case backend::Admin::maint: return state.admin_from_configuration.load() ? 4 : 1;
    case backend::Admin::drain: return 8;
  }
  return 0;
}
// Last check result: 0 unknown, 1 neutral, 2 failed, 3 passed, 4 conditionally passed.
int check_result(const backend::Server& server) {
  using enum backend::CheckCode;
  switch (server.state().check.code.load()) {
    case none:
    case INI: return 0;
    case L4OK:
    case L6OK:
    case L7OK: return 3;
    case L7OKC: return 4;
    default: return 2;
  }
}
// Of the last check: where HAProxy's list has it. 1 is "not checked yet".
int check_status(const backend::Server& server) {
  const auto code = server.state().check.code.load();
  return code == backend::CheckCode::none ? 1 : static_cast<int>(code);
}
// Check state bits: 2 configured, 4 enabled.
int check_state(const backend::Server& server) { return server.settings().check.enabled ? 6 : 0; }

void one_server(Call& call, const proxy::Destination& destination, const backend::Server& server) {
  const backend::ServerState& state = server.state();
  const backend::ServerSettings& settings = server.settings();
  const std::int64_t since = (call.worker.loop.now().us - state.changed_us.load()) / 1'000'000;
  const bool by_name = !settings.host.empty() && settings.host.find_first_not_of("0123456789.:[]") != std::string::npos &&
                       settings.address.is_ip();
  const std::string host = settings.address.is_ip() ? settings.address.host_text() : "-";
  call.answer += fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {} {} {} {} 0 0 0 {} {} - 0 {} {} - 0\n", destination.id,
      destination.backend->name(), server.id(), server.name(), host, operational_number(state), admin_bits(state),
      state.user_weight.load(), state.initial_weight.load(), since,
      check_status(server), check_result(server),
      settings.check.enabled ? state.check.health.load() : settings.check.rise, check_state(server),
      by_name ? settings.host : "-", settings.address.port(), settings.check.port,
      settings.check.address ? settings.check.address->text() : "-");
}

void run_servers_state(Call& call) {
  const std::string_view wanted = call.word(0);
  if (!wanted.empty() && !call.world.proxies->destination(wanted)) return call.fail("Can't find backend.");
  call.answer +=
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
      "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
      "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
      "srv_agent_addr srv_agent_port\n";
  for (const auto& destination : call.world.proxies->destinations) {
    if (!wanted.empty() && destination->backend->name() != wanted) continue;
    for (const auto& server : destination->backend->servers()) one_server(call, *destination, *server);
  }
}

const Add version_entry{Command{.name = "show version", .run = run_show_version, .doc = "version of this program"}};
const Add env_entry{Command{.name = "show env", .args = "[var]", .level = Level::operator_, .run = run_show_env,
                            .doc = "environment variables of the process"}};
const Add backend_entry{Command{.name = "show backend", .run = run_show_backend, .doc = "names of the backends"}};
const Add state_entry{Command{.name = "show servers state", .args = "[<backend>]", .run = run_servers_state,
                              .doc = "volatile state of servers, for all or one backend"}};

}  // namespace
}  // namespace sluice::admin
