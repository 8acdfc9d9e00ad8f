#include "backend/state.hpp"

#include "backend/connection.hpp"

namespace sluice::backend {

ServerState::ServerState(BackendState& in, std::string server_name, unsigned workers)
    : backend(in), name(std::move(server_name)), counters(workers + 1), shares(workers) {}
ServerState::~ServerState() = default;

// Management 9.1, column "status". While health moves, the progress is shown: successes of rise, or what is left of fall.
std::string ServerState::status() const {
  const Admin now = admin.load();
  if (now == Admin::maint) return own_admin.load() == Admin::maint ? "MAINT" : fmt::format("MAINT (via {})", tracked);
  const bool checked = check.enabled.load(), has_agent = agent.enabled.load();
  const Operational is = operational.load();
  if (is == Operational::stopped && has_agent && agent.health.load() == 0) return "DOWN (agent)";
  std::string word = is == Operational::stopped          ? "DOWN"
                     : now == Admin::drain               ? has_agent ? "DRAIN (agent)" : "DRAIN"
                     : is == Operational::stopping       ? "NOLB"
                     : checked || !tracked.empty()       ? "UP"
                                                         : "no check";
  if (!checked) return word;
  const std::uint32_t health = check.health.load(), rise = check.rise.load(), fall = check.fall.load();
  if (is == Operational::stopped) return health == 0 ? word : fmt::format("{} {}/{}", word, health, rise);
  return health + 1 >= rise + fall ? word : fmt::format("{} {}/{}", word, health - rise + 1, fall);
}

Duration ServerState::downtime(Instant now) const {
  const std::int64_t past = downtime_us.load();
  const bool down = operational.load() == Operational::stopped || admin.load() == Admin::maint;
  return {down ? past + now.us - changed_us.load() : past};
}

std::uint64_t rate_of(const PerWorker<Counters>& counters, Instant now) {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < counters.size(); ++i) total += counters.at(i).sessions.per_second(now);
  return total;
}

std::string state_key(std::string_view name, unsigned namesake) {
  return namesake == 0 ? std::string(name) : fmt::format("{}\n{}", name, namesake);
}

BackendState& States::backend(std::string_view name, unsigned namesake) {
  const std::lock_guard lock(mutex_);
  auto& state = backends_[state_key(name, namesake)];
  if (!state) state = std::make_unique<BackendState>(*this, std::string(name), workers_);
  return *state;
}

ServerState& States::server(BackendState& backend, std::string_view name, unsigned namesake) {
  const std::lock_guard lock(backend.mutex);
  auto& state = backend.servers[state_key(name, namesake)];
  if (!state) state = std::make_unique<ServerState>(backend, std::string(name), workers_);
  return *state;
}

}  // namespace sluice::backend
