// clear counters: maxima, or everything that is counted. Each worker clears what it counts itself.
#include "admin/command.hpp"
#include "admin/gather.hpp"

namespace sluice::admin {
namespace {

void clear_peaks(const proxy::Proxies& proxies, proxy::States& states) {
  states.connections_peak.reset();
  states.connections_peak.raise(states.connections.load());
  for (const auto& frontend : proxies.frontends) {
    proxy::FrontendState& state = frontend->state;
    for (backend::Peak* peak : {&state.sessions_peak, &state.rate_peak, &state.connection_rate_peak, &state.request_rate_peak}) peak->reset();
    state.sessions_peak.raise(state.sessions.load());
  }
  for (const auto& destination : proxies.destinations) {
    backend::BackendState& state = destination->backend->state();
    for (backend::Peak* peak : {&state.sessions_peak, &state.queued_peak, &state.rate_peak}) peak->reset();
    state.sessions_peak.raise(state.sessions.load());
    for (const auto& server : destination->backend->servers()) {
      backend::ServerState& one = server->state();
      for (backend::Peak* peak : {&one.served_peak, &one.queued_peak, &one.rate_peak}) peak->reset();
      one.served_peak.raise(one.served.load());
    }
  }
}

void clear_shared(const proxy::Proxies& proxies, Instant) {
  const auto clear_lines = [](backend::PerWorker<backend::Counters>& counters) { counters.clear(counters.size() - 1); };
  for (const auto& destination : proxies.destinations) {
    const std::lock_guard lock(destination->backend->state().mutex);  // of line_counters()
    clear_lines(destination->backend->state().counters);
    destination->backend->state().times_down = 0;
    destination->backend->state().downtime_us = 0;
    for (const auto& server : destination->backend->servers()) {
      clear_lines(server->state().counters);
      server->state().failed_checks = 0;
      server->state().times_down = 0;
      server->state().failed_analyses = 0;
      server->state().downtime_us = 0;
    }
  }
}

void clear_own(const proxy::Proxies& proxies, unsigned worker) {
  for (const auto& frontend : proxies.frontends) {
    frontend->state.counters.clear(worker);
    for (const proxy::Bind& bind : frontend->binds)
      if (bind.state) bind.state->counters.clear(worker);
  }
  for (const auto& destination : proxies.destinations) {
    destination->backend->state().counters.clear(worker);
    for (const auto& server : destination->backend->servers()) server->state().counters.clear(worker);
  }
}

async::Task<> clear_counters(Call& call) {
  const bool all = call.word(0) == "all";
  if (!all && !call.word(0).empty()) {
    call.fail("usage: clear counters [all]");
    co_return;
  }
  if (all && call.session.level < Level::admin) {
    call.fail("Permission denied");
    co_return;
  }
  const std::shared_ptr<const proxy::Proxies> proxies = call.world.proxies;
  if (all) {
    std::function<void(unsigned)> job = [proxies](unsigned id) { clear_own(*proxies, id); };
    co_await on_every_worker(call.world, call.worker, std::move(job));
    clear_shared(*proxies, call.worker.loop.now());
  }
  clear_peaks(*proxies, call.world.states);
}

const catalog::Add entry{Command{.name = "clear counters", .args = "[all]", .level = Level::operator_, .later = clear_counters,
                                 .doc = "reset maxima, or all counters"}};

}  // namespace
}  // namespace sluice::admin
