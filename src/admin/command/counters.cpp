// clear counters: maxima, or everything that is counted. Each worker clears what it counts itself.
#include "admin/command.hpp"
#include "admin/gather.hpp"

namespace sluice::admin {
namespace {

void forget_maxima(backend::Counters& counters, Instant now) {
  counters.sessions.forget_most(now);
  for (backend::Mean* mean : {&counters.qtime, &counters.ctime, &counters.rtime, &counters.ttime}) mean->forget_most();
}

void clear_peaks(const proxy::Proxies& proxies, proxy::States& states, Instant now) {
  states.connections_peak.reset();
  states.connections_peak.raise(states.connections.load());
  for (const auto& frontend : proxies.frontends) {
    proxy::FrontendState& state = frontend->state;
    state.sessions_peak.reset();
    state.sessions_peak.raise(state.sessions.load());
  }
  for (const auto& destination : proxies.destinations) {
    backend::BackendState& state = destination->backend->state();
    const std::lock_guard lock(state.mutex);  // of line_counters()
    forget_maxima(state.line_counters(), now);
    for (backend::Peak* peak : {&state.sessions_peak, &state.queued_peak}) peak->reset();
    state.sessions_peak.raise(state.sessions.load());
    for (const auto& server : destination->backend->servers()) {
      backend::ServerState& one = server->state();
      for (backend::Peak* peak : {&one.served_peak, &one.queued_peak}) peak->reset();
      forget_maxima(one.line_counters(), now);
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

void forget_own_maxima(const proxy::Proxies& proxies, proxy::States& states, unsigned worker, Instant now) {
  proxy::States::Rates& rates = states.rates.at(worker);
  for (backend::Rate* rate : {&rates.connections, &rates.sessions, &rates.bytes_out}) rate->forget_most(now);
  for (const auto& frontend : proxies.frontends) {
    proxy::FrontendCounters& counters = frontend->state.counters.at(worker);
    for (backend::Rate* rate : {&counters.sessions, &counters.connections, &counters.requests}) rate->forget_most(now);
  }
  for (const auto& destination : proxies.destinations) {
    forget_maxima(destination->backend->state().counters.at(worker), now);
    for (const auto& server : destination->backend->servers()) forget_maxima(server->state().counters.at(worker), now);
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
  const Instant now = call.worker.loop.now();
  std::function<void(unsigned)> job = [proxies, all, now, &states = call.world.states](unsigned id) {
    if (all) clear_own(*proxies, id);
    forget_own_maxima(*proxies, states, id, now);
  };
  co_await on_every_worker(call.world, call.worker, std::move(job));
  if (all) clear_shared(*proxies, now);
  clear_peaks(*proxies, call.world.states, now);
}

const catalog::Add entry{Command{.name = "clear counters", .args = "[all]", .level = Level::operator_, .later = clear_counters,
                                 .doc = "reset maxima, or all counters"}};

}  // namespace
}  // namespace sluice::admin
