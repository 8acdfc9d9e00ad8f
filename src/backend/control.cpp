#include "backend/control.hpp"

#include <mutex>

#include "async/wait_queue.hpp"
#include "async/worker.hpp"

#include "base/text.hpp"

namespace sluice::backend {
namespace {

// What becomes of a server is decided by one thread at a time: its checker, observers of traffic on any worker and the
// administrator would else count a transition twice or lose one. One for all servers, because they track each other;
// decisions are rare, and none waits for anything.
std::recursive_mutex deciding;
using Decision = std::lock_guard<std::recursive_mutex>;

std::string title(const Server& server) {
  return fmt::format("{}Server {}/{}", server.settings().backup ? "Backup " : "", server.backend().name(), server.name());
}

void tell(const Scene& scene, const Server& server, Level level, const std::string& text) {
  if (scene.sink) scene.sink(Notice{server.backend(), Console::warning, level, text, text, level});
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
  if (has_status(why.code) && why.status >= 0) text += fmt::format(", code: {}", why.status);
  if (!why.info.empty()) text += fmt::format(", info: \"{}\"", why.info);
  return why.duration.us < 0 ? text : text + fmt::format(", check duration: {}ms", why.duration.ms());
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

// Why something changed: the server it tracks changed, or the server itself did.
std::string via(const Server* tracked) {
  return tracked ? fmt::format(" via {}/{}", tracked->backend().name(), tracked->name()) : std::string{};
}
void follow(const Scene& scene, Server& server, const Server& tracked);
void tell_trackers(const Scene& scene, const Server& server) {
  for (Server* const tracker : server.trackers()) follow(scene, *tracker, server);
}

void enter_maintenance(const Scene& scene, Server& server, const Server* tracked) {
  ServerState& state = server.state();
  const bool was_usable = state.usable(), was_down = is_down(state), was_stopped = state.operational.load() == Operational::stopped;
  Change change(scene, server);
  state.admin = Admin::maint;
  if (!state.check.enabled.load()) state.check.health = 0;  // as HAProxy: without checks nothing but `set server health` gives it back
  if (!was_down) state.times_down.fetch_add(1);
  change.done();
  note_transition(state, was_down, scene.now);
  const unsigned requeued = turn_away(scene, server);
  if (was_stopped) {
    tell(scene, server, Level::notice, fmt::format("{} was DOWN and now enters maintenance{}.", title(server), via(tracked)));
  } else {
    tell(scene, server, was_usable ? Level::alert : Level::notice,
         fmt::format("{} is going DOWN for maintenance{}. {}", title(server), via(tracked), farm_after_loss(server, requeued)));
  }
  change.tell_if_none_left();
  if (server.settings().check.shutdown_when_down) shutdown_sessions(server, Killed::server_down);
}

// A checked server begins again as its init-state says: up, but one failed check away from down.
void leave_maintenance(const Scene& scene, Server& server, Admin wanted, const Server* tracked) {
  ServerState& state = server.state();
  Change change(scene, server);
  state.operational = Operational::running;
  if (state.check.enabled.load()) begin_health(state, server.settings().check);
  if (state.agent.enabled.load()) state.agent.health = 1;
  if (tracked) state.operational = tracked->state().operational.load();
  state.admin = wanted;
  server.begin_slowstart(scene.now);
  state.admin_from_configuration = false;
  note_transition(state, true, scene.now);
  change.done();
  const bool down = state.operational.load() == Operational::stopped;
  tell(scene, server, Level::notice,
       fmt::format("{} is {}/{} (leaving {}maintenance).", title(server), down ? "DOWN" : "UP", wanted == Admin::drain ? "DRAIN" : "READY",
                   tracked ? "" : "forced "));
  if (wanted == Admin::drain) tell(scene, server, Level::notice, fmt::format("{} remains in forced drain mode.", title(server)));
  change.tell_if_none_left();
}

void enter_drain(const Scene& scene, Server& server, const Server* tracked) {
  Change change(scene, server);
  server.state().admin = Admin::drain;
  change.done();
  const unsigned requeued = turn_away(scene, server);
  tell(scene, server, Level::notice,
       fmt::format("{} enters drain state{}. {}", title(server), via(tracked),
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

// Brings what holds in line with what the administrator and the tracked server want.
void settle_admin(const Scene& scene, Server& server, const Server* tracked) {
  ServerState& state = server.state();
  const Admin is = state.admin.load(), wanted = std::max(state.own_admin.load(), state.inherited_admin.load());
  if (is == wanted) return;
  if (wanted == Admin::maint) enter_maintenance(scene, server, tracked);
  else if (is == Admin::maint) leave_maintenance(scene, server, wanted, tracked);
  else if (wanted == Admin::drain) enter_drain(scene, server, tracked);
  else leave_drain(scene, server);
  tell_trackers(scene, server);
}

std::string because(const Server& server, const CheckResult& why) {
  return server.backend().settings().log_health_checks ? std::string{} : reason(why);  // that log has said it already
}

// Up or down, by its own checks or (`tracked`) with the server it tracks.
void mark_down(const Scene& scene, Server& server, const std::string& cause) {
  ServerState& state = server.state();
  const bool was_stopping = state.operational.load() == Operational::stopping, was_down = is_down(state);
  Change change(scene, server);
  state.operational = Operational::stopped;
  if (!was_down) state.times_down.fetch_add(1);
  note_transition(state, was_down, scene.now);
  change.done();
  const unsigned requeued = turn_away(scene, server);
  tell(scene, server, was_stopping ? Level::notice : Level::alert,
       fmt::format("{} is DOWN{}. {}", title(server), cause, farm_after_loss(server, requeued)));
  change.tell_if_none_left();
  if (server.settings().check.shutdown_when_down) shutdown_sessions(server, Killed::server_down);
  tell_trackers(scene, server);
}

void mark_up(const Scene& scene, Server& server, const std::string& cause) {
  ServerState& state = server.state();
  const bool was_down = is_down(state);
  Change change(scene, server);
  state.operational = Operational::running;
  if (was_down) server.begin_slowstart(scene.now);
  note_transition(state, was_down, scene.now);
  const std::uint32_t waiting = server.backend().state().queued.load();
  change.done();
  const std::uint32_t left = server.backend().state().queued.load();
  tell(scene, server, Level::notice,
       fmt::format("{} is UP{}. {}", title(server), cause, farm_after_gain(server, waiting - std::min(waiting, left))));
  if (server.settings().check.shutdown_backups_when_up && !server.settings().backup && state.usable())
    for (const auto& other : server.backend().servers())
      if (other->settings().backup) shutdown_sessions(*other, Killed::server_up);
  tell_trackers(scene, server);
}

void mark_stopping(const Scene& scene, Server& server, const std::string& cause) {
  Change change(scene, server);
  server.state().operational = Operational::stopping;
  server.state().changed_us = scene.now.us;
  change.done();
  tell(scene, server, Level::notice,
       fmt::format("{} is stopping{}. {}", title(server), cause, farm_after_gain(server, 0)));
  change.tell_if_none_left();
  tell_trackers(scene, server);
}

// The server it tracks has changed.
void follow(const Scene& scene, Server& server, const Server& tracked) {
  ServerState& state = server.state();
  state.inherited_admin = tracked.state().admin.load();
  settle_admin(scene, server, &tracked);
  const Operational wanted = tracked.state().operational.load(), is = state.operational.load();
  if (wanted == is || state.admin.load() == Admin::maint) return;
  if (wanted == Operational::stopped) mark_down(scene, server, via(&tracked));
  else if (wanted == Operational::stopping) mark_stopping(scene, server, via(&tracked));
  else mark_up(scene, server, via(&tracked));
}

// Both its checks and its agent must think that it is well.
bool checks_agree(const ServerState& state) {
  const CheckStatus& check = state.check;
  return (!check.enabled.load() || check.health.load() >= check.rise.load()) && (!state.agent.enabled.load() || state.agent.health.load() != 0);
}

void store(CheckStatus& status, const CheckResult& result) {
  status.code = result.code;
  status.status = result.status;
  status.duration_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(result.duration.ms(), 0));
  status.set_info(result.info);
}

void log_check(const Scene& scene, const Server& server, std::string_view whose, const CheckResult& result, const Health& health) {
  if (!scene.sink) return;
  const std::string text =
      fmt::format("{} check for {}server {}/{} {}{}, status: {}.", whose, server.settings().backup ? "backup " : "", server.backend().name(),
                  server.name(),
                  result.verdict == CheckResult::Verdict::failed        ? "failed"
                  : result.verdict == CheckResult::Verdict::conditional ? "conditionally succeeded"
                                                                        : "succeeded",
                  reason(result),
                  health.up() ? fmt::format("{}/{} UP", health.value() - health.rise() + 1, health.fall())
                              : fmt::format("{}/{} DOWN", health.value(), health.rise()));
  scene.sink(Notice{server.backend(), Console::warning, Level::notice, text, text, Level::info});
}

}  // namespace

void set_admin(const Scene& scene, Server& server, Admin wanted) {
  const Decision decision(deciding);
  server.state().own_admin = wanted;
  settle_admin(scene, server, nullptr);
}

std::expected<void, std::string> set_weight(const Scene& scene, Server& server, std::string_view text) {
  if (text.empty()) return std::unexpected("Require <weight> or <weight%>.\n");
  const std::size_t digits = text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0);
  const auto number = parse_int(text.substr(0, digits));
  if (!number) return std::unexpected("Empty weight string empty or preceded by garbage");
  const std::string_view rest = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  if (!rest.empty() && rest != "%") return std::unexpected("Trailing garbage in weight string");
  const Decision decision(deciding);
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
  state.user_weight = static_cast<std::uint32_t>(weight);
  state.effective_weight = server.scaled_weight(1);
  state.weight_changed = weight != configured;
  change.done();
  change.tell_if_none_left();
  return {};
}

void set_maxconn(const Scene& scene, Server& server, std::uint32_t most) {
  const Decision decision(deciding);
  server.state().maxconn = most;
  Backend::settle_all(server.backend().state(), scene.here);
}

void record_check(const Scene& scene, Server& server, const CheckResult& result) {
  const Decision decision(deciding);
  ServerState& state = server.state();
  CheckStatus& status = state.check;
  if (state.warming_since_us.load(std::memory_order_relaxed) != 0) {
    const std::lock_guard lock(state.backend.mutex);
    server.warm_up(scene.now);
  }
  const bool failed = result.verdict == CheckResult::Verdict::failed;
  const bool conditional = result.verdict == CheckResult::Verdict::conditional;
  const Operational was = state.operational.load();
  if (conditional && was == Operational::stopped) return store(status, result);
  if (failed && was != Operational::stopped) state.failed_checks.fetch_add(1);

  Health health(status.rise.load(), status.fall.load(), status.health.load());
  const Health::Change moved = health.record(!failed);
  const bool news = moved != Health::Change::none || status.code.load() != result.code;
  status.health = health.value();
  store(status, result);
  if (!failed && !conditional) state.errors_in_a_row = 0;
  if (news && server.backend().settings().log_health_checks) log_check(scene, server, "Health", result, health);

  if (failed) {
    if (!health.up() && was != Operational::stopped) mark_down(scene, server, because(server, result));
  } else if (conditional) {
    if (was == Operational::running) mark_stopping(scene, server, because(server, result));
  } else if (was != Operational::running && checks_agree(state)) {
    mark_up(scene, server, because(server, result));
  }
}

namespace {

// "75%", or behind "weight:" also a number alone.
std::optional<std::string_view> weight_of(std::string_view word) {
  constexpr std::string_view prefix = "weight:";
  const bool named = word.starts_with(prefix);
  if (named) word.remove_prefix(prefix.size());
  const bool percent = word.ends_with('%');
  const bool number = parse_uint(word.substr(0, word.size() - (percent ? 1 : 0))).has_value();
  return number && (named || percent) ? std::optional(word) : std::nullopt;
}

}  // namespace

// Words between blanks and commas; what stands behind '#' is a description.
AgentReport AgentReport::parse(std::string_view line) {
  AgentReport report;
  constexpr std::string_view blanks = " \t,";
  const std::size_t sharp = line.find('#');
  if (sharp != std::string_view::npos) {
    report.description = std::string(trim(line.substr(sharp + 1)));
    line = line.substr(0, sharp);
  }
  for (;;) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return report;
    const std::size_t end = std::min(line.find_first_of(blanks, begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    line.remove_prefix(end);
    const auto is = [word](std::string_view name) { return equal_nocase(word, name); };
    if (is("up") || is("down") || is("stopped") || is("fail") || is("failed")) {
      report.state = is("up") ? State::up : State::down;
      report.said = std::string(word);
    } else if (is("ready")) {
      report.admin = Admin::ready;
    } else if (is("drain")) {
      report.admin = Admin::drain;
    } else if (is("maint")) {
      report.admin = Admin::maint;
    } else if (const auto weight = weight_of(word)) {
      report.weight = std::string(*weight);
    } else if (word.starts_with("maxconn:") && parse_uint(word.substr(8))) {
      report.maxconn = std::string(word.substr(8));
    } else if (report.error.empty()) {
      report.error = std::string(word);
    }
  }
}

void record_agent(const Scene& scene, Server& server, const AgentReport& report, Duration duration) {
  const Decision decision(deciding);
  ServerState& state = server.state();
  if (report.admin) set_admin(scene, server, *report.admin);
  if (!report.weight.empty()) static_cast<void>(set_weight(scene, server, report.weight));
  if (!report.maxconn.empty()) set_maxconn(scene, server, static_cast<std::uint32_t>(std::min<std::uint64_t>(*parse_uint(report.maxconn), 2'000'000'000)));

  CheckResult result;
  result.duration = duration;
  if (report.state == AgentReport::State::unsaid) {
    result.code = CheckCode::CHECKED;
    result.info = report.error.empty() ? std::string{} : fmt::format("agent reports an error : {}", report.error);
    return store(state.agent, result);
  }
  const bool up = report.state == AgentReport::State::up;
  result.verdict = up ? CheckResult::Verdict::passed : CheckResult::Verdict::failed;
  result.code = up ? CheckCode::L7OK : CheckCode::L7STS;
  result.status = 0;
  result.info = fmt::format("via agent : {}{}", report.said, report.description.empty() ? std::string{} : fmt::format(" ({})", report.description));
  const bool news = state.agent.health.exchange(up ? 1 : 0) != (up ? 1 : 0) || state.agent.code.load() != result.code;
  store(state.agent, result);
  if (news && server.backend().settings().log_health_checks) log_check(scene, server, "Agent", result, Health(1, 1, up ? 1 : 0));
  const Operational was = state.operational.load();
  if (!up && was != Operational::stopped) mark_down(scene, server, because(server, result));
  if (up && was == Operational::stopped && checks_agree(state)) mark_up(scene, server, because(server, result));
}

void record_agent_failure(const Scene& scene, Server& server, const CheckResult& result) {
  const Decision decision(deciding);
  CheckStatus& status = server.state().agent;
  const bool news = status.code.load() != result.code && result.code != CheckCode::CHECKED;
  store(status, result);
  if (news && server.backend().settings().log_health_checks) log_check(scene, server, "Agent", result, Health(1, 1, status.health.load()));
}

namespace {

// As if a check had failed (or passed), however many it takes: `health` is what it is to be before the last one.
CheckResult analysed(std::string info) {
  CheckResult result;
  result.code = CheckCode::HANA;
  result.info = std::move(info);
  return result;
}

}  // namespace

// Manual "observe", "error-limit", "on-error".
void observe(const Scene& scene, Server& server, std::string_view why) {
  ServerState& state = server.state();
  if (why.empty()) {
    if (state.errors_in_a_row.load(std::memory_order_relaxed) != 0) state.errors_in_a_row = 0;
    return;
  }
  if (!state.check.enabled.load() || state.operational.load() == Operational::stopped) return;
  const CheckSettings& settings = server.settings().check;
  const std::uint32_t errors = state.errors_in_a_row.fetch_add(1) + 1;
  if (errors != settings.error_limit) return;  // of two workers only one reaches it
  const Decision decision(deciding);
  if (state.operational.load() == Operational::stopped) return;  // somebody else was faster
  const CheckResult result = analysed(fmt::format("Detected {} consecutive errors, last one was: {}", errors, why));
  CheckStatus& check = state.check;
  switch (settings.on_error) {
    case OnError::fastinter: break;
    case OnError::fail_check: record_check(scene, server, result); break;
    case OnError::sudden_death:
      if (check.health.load() > check.rise.load()) check.health = check.rise.load() + 1;
      record_check(scene, server, result);
      break;
    case OnError::mark_down:
      check.health = check.rise.load();
      record_check(scene, server, result);
      break;
  }
  state.errors_in_a_row = 0;
  state.failed_analyses.fetch_add(1);
  hurry_checks(server);
}

void hurry_checks(Server& server) {
  ServerState& state = server.state();
  async::Worker* const checker = state.checker.load();
  if (!checker) return;
  checker->mailbox.post([&state] {
    if (state.check_waker) state.check_waker->wake_all();
  });
}

void set_checking(Server& server, CheckOf which, Checking wanted) {
  CheckStatus& status = which == CheckOf::health ? server.state().check : server.state().agent;
  if (status.enabled.load()) status.paused = wanted == Checking::off;
}

void force_health(const Scene& scene, Server& server, Operational wanted, std::string_view because) {
  const Decision decision(deciding);
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

void shutdown_sessions(const Server& server, Killed why) {
  const ServerState& state = server.state();
  if (state.backend.states.shutdown_sessions) state.backend.states.shutdown_sessions(state, why);
}

void force_agent(const Scene& scene, Server& server, Operational wanted) {
  AgentReport report;
  const bool down = wanted == Operational::stopped;
  report.state = down ? AgentReport::State::down : AgentReport::State::up;
  report.said = down ? "down" : "up";
  report.description = "changed from CLI";
  record_agent(scene, server, report, Duration{});
}

}  // namespace sluice::backend
