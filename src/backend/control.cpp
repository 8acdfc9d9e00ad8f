#include "backend/control.hpp"

#include "base/text.hpp"

namespace sluice::backend {
namespace {

std::string title(const Server& server) {
  return fmt::format("{}Server {}/{}", server.settings().backup ? "Backup " : "", server.backend().name(), server.name());
}

void tell(const Scene& scene, const Server& server, Level level, const std::string& text) {
  if (scene.sink) scene.sink(Notice{server.backend(), Console::warning, level, text, text});
}

// "0 active and 1 backup servers left. Running on backup." - how the farm looks now.
std::string farm(const Backend& backend, std::string_view last_word) {
  const unsigned active = backend.active_servers(), backup = backend.backup_servers();
  return fmt::format("{} active and {} backup servers {}.{}", active, backup, last_word,
                     active == 0 && backup != 0 ? " Running on backup." : "");
}
std::string farm_after_loss(const Server& server, unsigned requeued) {
  return fmt::format("{} {} sessions active, {} requeued, {} remaining in queue.", farm(server.backend(), "left"),
                     server.state().served.load(), requeued, server.state().queued.load());
}
std::string farm_after_gain(const Server& server, unsigned requeued) {
  return fmt::format("{} {} sessions requeued, {} total in queue.", farm(server.backend(), "online"), requeued,
                     server.state().queued.load());
}

// ", reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms"
std::string reason(const CheckResult& why) {
  std::string text = fmt::format(", reason: {}", description_of(why.code));
  if (why.status != 0) text += fmt::format(", code: {}", why.status);
  if (!why.info.empty()) text += fmt::format(", info: \"{}\"", why.info);
  return text + fmt::format(", check duration: {}ms", why.duration.ms());
}

// A server's usability changed: balancers see it at their next choice, the backend may have gained or lost its last.
class Change {
 public:
  Change(const Scene& scene, Server& server)
      : scene_(scene), server_(server), had_servers_(server.backend().usable_servers() != 0) {}
  // Call once the new state is stored.
  void done() {
    BackendState& state = server_.backend().state();
    state.version.fetch_add(1);
    const bool has_servers = server_.backend().usable_servers() != 0;
    if (has_servers != had_servers_) {
      const std::int64_t since = state.changed_us.exchange(scene_.now.us);
      if (has_servers) state.downtime_us.fetch_add(scene_.now.us - since);
      else state.times_down.fetch_add(1);
    }
    lost_last_ = had_servers_ && !has_servers;
    Backend::settle_all(state, scene_.here);
  }
  // After the message about the server itself.
  void tell_if_none_left() const {
    if (!lost_last_ || !scene_.sink) return;
    const Backend& backend = server_.backend();
    const std::string_view kind = backend.settings().kind;
    scene_.sink(Notice{backend, Console::alert, Level::emerg, fmt::format("{} {} has no server available!", kind, backend.name()),
                       fmt::format("{} '{}' has no server available!", kind, backend.name())});
  }

 private:
  const Scene& scene_;
  Server& server_;
  const bool had_servers_;
  bool lost_last_ = false;
};

bool is_down(const ServerState& state) {
  return state.admin.load() == Admin::maint || state.operational.load() == Operational::stopped;
}

// lastchg, and downtime when it comes back. `was_down`: before the change.
void note_transition(ServerState& state, bool was_down, Instant now) {
  const std::int64_t since = state.changed_us.exchange(now.us);
  if (was_down && !is_down(state)) state.downtime_us.fetch_add(now.us - since);
}

unsigned turn_away(const Scene& scene, Server& server) {
  const std::uint32_t waiting = server.state().queued.load();
  Backend::turn_away(server, scene.here);
  return waiting - std::min(waiting, server.state().queued.load());
}

void enter_maintenance(const Scene& scene, Server& server) {
  ServerState& state = server.state();
  const bool was_usable = state.usable(), was_down = is_down(state), was_stopped = state.operational.load() == Operational::stopped;
  Change change(scene, server);
  state.admin = Admin::maint;
  if (!was_down) state.times_down.fetch_add(1);
  change.done();
  note_transition(state, was_down, scene.now);
  const unsigned requeued = turn_away(scene, server);
  if (was_stopped) {
    tell(scene, server, Level::notice, fmt::format("{} was DOWN and now enters maintenance.", title(server)));
  } else {
    tell(scene, server, was_usable ? Level::alert : Level::notice,
         fmt::format("{} is going DOWN for maintenance. {}", title(server), farm_after_loss(server, requeued)));
  }
  change.tell_if_none_left();
}

// A checked server comes back up, but one failed check away from down.
void leave_maintenance(const Scene& scene, Server& server, Admin wanted) {
  ServerState& state = server.state();
  Change change(scene, server);
  state.operational = Operational::running;
  if (state.check.enabled.load()) state.check.health = state.check.rise.load();
  state.admin = wanted;
  state.admin_from_configuration = false;
  note_transition(state, true, scene.now);
  change.done();
  tell(scene, server, Level::notice,
       fmt::format("{} is UP/{} (leaving forced maintenance).", title(server), wanted == Admin::drain ? "DRAIN" : "READY"));
  if (wanted == Admin::drain) tell(scene, server, Level::notice, fmt::format("{} remains in forced drain mode.", title(server)));
  change.tell_if_none_left();
}

void enter_drain(const Scene& scene, Server& server) {
  Change change(scene, server);
  server.state().admin = Admin::drain;
  change.done();
  const unsigned requeued = turn_away(scene, server);
  tell(scene, server, Level::notice,
       fmt::format("{} enters drain state. {}", title(server),
                   is_down(server.state()) ? farm_after_loss(server, requeued) : farm_after_gain(server, requeued)));
  change.tell_if_none_left();
}

void leave_drain(const Scene& scene, Server& server) {
  ServerState& state = server.state();
  Change change(scene, server);
  state.admin = Admin::ready;
  change.done();
  tell(scene, server, Level::notice,
       fmt::format("{} is {} (leaving forced drain).", title(server), state.operational.load() == Operational::stopped ? "DOWN" : "UP"));
  change.tell_if_none_left();
}

std::string because(const Server& server, const CheckResult& why) {
  return server.backend().settings().log_health_checks ? std::string{} : reason(why);  // that log has said it already
}

void mark_down(const Scene& scene, Server& server, std::string_view why) {
  ServerState& state = server.state();
  const bool was_stopping = state.operational.load() == Operational::stopping, was_down = is_down(state);
  Change change(scene, server);
  state.operational = Operational::stopped;
  state.times_down.fetch_add(1);
  note_transition(state, was_down, scene.now);
  change.done();
  const unsigned requeued = turn_away(scene, server);
  tell(scene, server, was_stopping ? Level::notice : Level::alert,
       fmt::format("{} is DOWN{}. {}", title(server), why, farm_after_loss(server, requeued)));
  change.tell_if_none_left();
}

void mark_up(const Scene& scene, Server& server, std::string_view why) {
  ServerState& state = server.state();
  const bool was_down = is_down(state);
  Change change(scene, server);
  state.operational = Operational::running;
  note_transition(state, was_down, scene.now);
  const std::uint32_t waiting = server.backend().state().queued.load();
  change.done();
  const std::uint32_t left = server.backend().state().queued.load();
  tell(scene, server, Level::notice,
       fmt::format("{} is UP{}. {}", title(server), why, farm_after_gain(server, waiting - std::min(waiting, left))));
}

void mark_stopping(const Scene& scene, Server& server, std::string_view why) {
  Change change(scene, server);
  server.state().operational = Operational::stopping;
  server.state().changed_us = scene.now.us;
  change.done();
  tell(scene, server, Level::notice,
       fmt::format("{} is stopping{}. {}", title(server), why, farm_after_gain(server, 0)));
  change.tell_if_none_left();
}

void log_check(const Scene& scene, const Server& server, const CheckResult& result, const Health& health) {
  if (!scene.sink) return;
  const std::string text =
      fmt::format("Health check for {}server {}/{} {}{}, status: {}.", server.settings().backup ? "backup " : "", server.backend().name(),
                  server.name(),
                  result.verdict == CheckResult::Verdict::failed        ? "failed"
                  : result.verdict == CheckResult::Verdict::conditional ? "conditionally succeeded"
                                                                        : "succeeded",
                  reason(result),
                  health.up() ? fmt::format("{}/{} UP", health.value() - health.rise() + 1, health.fall())
                              : fmt::format("{}/{} DOWN", health.value(), health.rise()));
  scene.sink(Notice{server.backend(), Console::warning, Level::notice, text, text});
}

}  // namespace

void set_admin(const Scene& scene, Server& server, Admin wanted) {
  const Admin is = server.state().admin.load();
  if (is == wanted) return;
  if (wanted == Admin::maint) return enter_maintenance(scene, server);
  if (is == Admin::maint) return leave_maintenance(scene, server, wanted);
  if (wanted == Admin::drain) return enter_drain(scene, server);
  leave_drain(scene, server);
}

std::expected<void, std::string> set_weight(const Scene& scene, Server& server, std::string_view text) {
  if (text.empty()) return std::unexpected("Require <weight> or <weight%>.\n");
  const std::size_t digits = text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0);
  const auto number = parse_int(text.substr(0, digits));
  if (!number) return std::unexpected("Empty weight string empty or preceded by garbage");
  const std::string_view rest = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  if (!rest.empty() && rest != "%") return std::unexpected("Trailing garbage in weight string");
  ServerState& state = server.state();
  std::int64_t weight = *number;
  const std::int64_t configured = state.initial_weight.load();
  if (rest == "%") {
    if (weight < 0) return std::unexpected("Relative weight must be positive.\n");
    weight = std::min<std::int64_t>(weight > 1'000'000 ? 256 : configured * weight / 100, 256);
  } else if (weight < 0 || weight > 256) {
    return std::unexpected("Absolute weight can only be between 0 and 256 inclusive.\n");
  }
  if (server.backend().weights_are_fixed() && weight != 0 && weight != configured)
    return std::unexpected("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n");
  Change change(scene, server);
  state.user_weight = state.effective_weight = static_cast<std::uint32_t>(weight);
  state.weight_changed = weight != configured;
  change.done();
  change.tell_if_none_left();
  return {};
}

void record_check(const Scene& scene, Server& server, const CheckResult& result) {
  ServerState& state = server.state();
  CheckStatus& status = state.check;
  const bool failed = result.verdict == CheckResult::Verdict::failed;
  const bool conditional = result.verdict == CheckResult::Verdict::conditional;
  const Operational was = state.operational.load();
  // A 404 keeps a server that is down where it is.
  if (conditional && was == Operational::stopped) return;
  if (failed && was != Operational::stopped) state.failed_checks.fetch_add(1);

  Health health(status.rise.load(), status.fall.load(), status.health.load());
  const Health::Change moved = health.record(!failed);
  const bool news = moved != Health::Change::none || status.code.load() != result.code;
  status.health = health.value();
  status.code = result.code;
  status.status = static_cast<std::uint16_t>(result.status);
  status.duration_ms = static_cast<std::uint32_t>(result.duration.ms());
  status.set_info(result.info);
  if (news && server.backend().settings().log_health_checks) log_check(scene, server, result, health);

  if (moved == Health::Change::down) return mark_down(scene, server, because(server, result));
  if (conditional && was == Operational::running) return mark_stopping(scene, server, because(server, result));
  if (moved == Health::Change::up || (!failed && !conditional && was == Operational::stopping)) mark_up(scene, server, because(server, result));
}

void force_health(const Scene& scene, Server& server, Operational wanted, std::string_view because) {
  ServerState& state = server.state();
  CheckStatus& check = state.check;
  const Operational is = state.operational.load();
  const std::string why = fmt::format(", {}", because);
  const CheckSettings& settings = server.settings().check;
  check.health = wanted == Operational::stopped ? 0 : settings.rise + settings.fall - 1;
  if (is == wanted) return;
  if (wanted == Operational::running) mark_up(scene, server, why);
  else if (wanted == Operational::stopping) mark_stopping(scene, server, why);
  else mark_down(scene, server, why);
  if (state.admin.load() == Admin::drain)
    tell(scene, server, Level::notice, fmt::format("{} remains in forced drain mode.", title(server)));
}

void shutdown_sessions(const Server& server) {
  const ServerState& state = server.state();
  if (state.backend.states.shutdown_sessions) state.backend.states.shutdown_sessions(state);
}

}  // namespace sluice::backend
