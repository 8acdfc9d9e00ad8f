#include "admin/stats_action.hpp"

#include "base/text.hpp"

namespace sluice::admin {
namespace {

using backend::Admin;
using backend::Scene;
using backend::Server;

template <Admin wanted>
bool set_state(const Scene& scene, Server& server) {
  backend::set_admin(scene, server, wanted);
  return true;
}
// What pages of old sent: "stop" was a soft stop.
template <Admin wanted>
bool start_or_stop(const Scene& scene, Server& server) {
  if (server.state().admin.load() == wanted) return false;
  return set_state<wanted>(scene, server);
}
template <backend::Operational wanted>
bool force_health(const Scene& scene, Server& server) {
  if (!server.state().tracked.empty()) return false;  // its state is another server's
  backend::force_health(scene, server, wanted, "changed from Web interface");
  return true;
}
template <backend::CheckOf which, backend::Checking wanted>
bool switch_checks(const Scene&, Server& server) {
  const backend::CheckSettings& settings = server.settings().check;
  const bool has = which == backend::CheckOf::health ? settings.enabled : settings.agent.enabled;
  if (has) backend::set_checking(server, which, wanted);
  return has;
}
template <backend::Operational wanted>
bool force_agent(const Scene& scene, Server& server) {
  if (!server.settings().check.agent.enabled) return false;
  backend::force_agent(scene, server, wanted);
  return true;
}
bool shutdown_sessions(const Scene&, Server& server) {
  backend::shutdown_sessions(server);
  return true;
}

constexpr StatsAction actions[] = {
    {"ready", "Set state to READY", set_state<Admin::ready>},
    {"drain", "Set state to DRAIN", set_state<Admin::drain>},
    {"maint", "Set state to MAINT", set_state<Admin::maint>},
    {"dhlth", "Health: disable checks", switch_checks<backend::CheckOf::health, backend::Checking::off>},
    {"ehlth", "Health: enable checks", switch_checks<backend::CheckOf::health, backend::Checking::on>},
    {"hrunn", "Health: force UP", force_health<backend::Operational::running>},
    {"hnolb", "Health: force NOLB", force_health<backend::Operational::stopping>},
    {"hdown", "Health: force DOWN", force_health<backend::Operational::stopped>},
    {"dagent", "Agent: disable checks", switch_checks<backend::CheckOf::agent, backend::Checking::off>},
    {"eagent", "Agent: enable checks", switch_checks<backend::CheckOf::agent, backend::Checking::on>},
    {"arunn", "Agent: force UP", force_agent<backend::Operational::running>},
    {"adown", "Agent: force DOWN", force_agent<backend::Operational::stopped>},
    {"shutdown", "Kill Sessions", shutdown_sessions},
    {"start", "", start_or_stop<Admin::ready>},
    {"stop", "", start_or_stop<Admin::drain>},
};

constexpr OutcomeText outcomes[] = {
    {"DONE", "Action processed successfully.", true},
    {"NONE", "Nothing has changed.", false},
    {"PART", "Action partially processed. Some server names are probably unknown.", false},
    {"ERRP", "Action not processed because of invalid parameters: the action may be unknown, or the backend or all "
             "servers named do not exist, or a field is missing.", false},
    {"EXCD", "Action not processed: the form is larger than the buffer. Select fewer servers at a time.", false},
    {"DENY", "Action denied.", false},
};

const proxy::Destination* find_backend(const proxy::Proxies& proxies, std::string_view name) {
  if (!name.starts_with('#')) return proxies.destination(name);
  const auto id = parse_uint(name.substr(1));
  for (const auto& destination : proxies.destinations)
    if (id && destination->id == *id) return destination.get();
  return nullptr;
}

}  // namespace

std::span<const StatsAction> stats_actions() { return actions; }

const OutcomeText* text_of_outcome(std::string_view code) {
  const auto* const found = std::ranges::find(outcomes, code, &OutcomeText::code);
  return found == std::end(outcomes) ? nullptr : found;
}

std::string_view apply_stats_form(const StatsForm& form, const proxy::Proxies& proxies, const backend::Scene& scene) {
  if (form.servers.empty() || !form.has_action || form.backend.empty()) return "NONE";
  const auto* const action = std::ranges::find(actions, form.action, &StatsAction::name);
  const proxy::Destination* const destination = find_backend(proxies, form.backend);
  if (action == std::end(actions) || !destination) return "ERRP";
  std::size_t known = 0, changed = 0;
  for (const std::string& name : form.servers) {
    backend::Server* const server = destination->backend->find(name);
    if (!server) continue;
    ++known;
    if (action->run(scene, *server)) ++changed;
  }
  if (known == 0) return "ERRP";
  if (known < form.servers.size()) return "PART";
  return changed ? "DONE" : "NONE";
}

}  // namespace sluice::admin
