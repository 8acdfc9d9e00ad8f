// be_*, nbsrv, queue and the like: what is known of backends.
#include "async/worker.hpp"
#include "proxy/exchange.hpp"
#include "proxy/fetch/arguments.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;

Int be_id(const backend::Backend& backend) { return backend.number(); }
std::string_view be_name(const backend::Backend& backend) { return backend.name(); }

// The backend that was named, else the one the request goes to.
const backend::Backend* which(const expr::Scope& scope, const std::optional<BackendArg>& named) {
  return named ? named->backend : scope.backend;
}
template <class Value>
std::optional<Int> of(const expr::Scope& scope, const std::optional<BackendArg>& named, Value value) {
  const backend::Backend* const backend = which(scope, named);
  if (!backend) return std::nullopt;
  return static_cast<Int>(value(*backend));
}

std::optional<Int> be_conn(const expr::Scope& scope, std::optional<BackendArg> named) {
  return of(scope, named, [](const backend::Backend& b) { return b.state().sessions.load(std::memory_order_relaxed); });
}
std::optional<Int> nbsrv(const expr::Scope& scope, std::optional<BackendArg> named) {
  return of(scope, named, [](const backend::Backend& b) { return b.usable_servers(); });
}
std::optional<Int> queue(const expr::Scope& scope, std::optional<BackendArg> named) {
  return of(scope, named, [](const backend::Backend& b) { return b.state().queued_in_all.load(std::memory_order_relaxed); });
}
// Requests that wait, per server that could take them; with none usable, twice what waits (manual "avg_queue").
std::optional<Int> avg_queue(const expr::Scope& scope, std::optional<BackendArg> named) {
  return of(scope, named, [](const backend::Backend& b) {
    const std::uint32_t waiting = b.state().queued_in_all.load(std::memory_order_relaxed);
    const unsigned servers = b.usable_servers();
    return servers ? (waiting + servers - 1) / servers : waiting * 2;
  });
}
std::optional<Int> be_sess_rate(const expr::Scope& scope, std::optional<BackendArg> named) {
  return of(scope, named, [&](const backend::Backend& b) {
    std::uint64_t total = 0;
    for (unsigned i = 0; i < b.state().counters.size(); ++i) total += b.state().counters.at(i).sessions.per_second(scope.ambient->now());
    return total;
  });
}
// Free slots of the servers that get traffic now: active ones, else backups; -1 if one of them has no limit.
std::optional<Int> free_slots(const expr::Scope& scope, std::optional<BackendArg> named) {
  const backend::Backend* const backend = which(scope, named);
  if (!backend) return std::nullopt;
  const bool active = backend->active_servers() != 0;
  Int total = 0;
  for (const auto& server : backend->servers()) {
    if (!server->state().usable() || server->settings().backup == active) continue;
    const Int limit = server->limit();
    if (limit == 0) return -1;
    total += std::max<Int>(0, limit - server->state().served.load(std::memory_order_relaxed));
    if (!active && !backend->settings().all_backups) break;
  }
  return total;
}
// Slots and places in queues of all usable servers, backups too; -1 if one of them has no limit of either.
std::optional<Int> connslots(const expr::Scope& scope, std::optional<BackendArg> named) {
  const backend::Backend* const backend = which(scope, named);
  if (!backend) return std::nullopt;
  Int total = 0;
  for (const auto& server : backend->servers()) {
    const backend::ServerState& state = server->state();
    if (!state.usable()) continue;
    const Int slots = server->settings().maxconn, places = server->settings().maxqueue;
    if (slots == 0 || places == 0) return -1;
    total += std::max<Int>(0, slots - state.served.load(std::memory_order_relaxed));
    total += std::max<Int>(0, places - state.queued.load(std::memory_order_relaxed));
  }
  return total;
}
Int timeout_ms(const std::optional<Duration>& time) { return time ? time->ms() : 0; }
// That of the request; in rules of a listen section that come before the choice, the section's own.
const Destination* destination_of(const Exchange& exchange) {
  return exchange.destination() ? exchange.destination() : exchange.frontend().own_half;
}
std::optional<Int> be_server_timeout(Exchange& exchange) {
  const Destination* const destination = destination_of(exchange);
  if (!destination) return std::nullopt;
  return timeout_ms(destination->policy.timeout_server);
}
std::optional<Int> be_tunnel_timeout(Exchange& exchange) {
  const Destination* const destination = destination_of(exchange);
  if (!destination) return std::nullopt;
  return timeout_ms(destination->policy.timeout_tunnel);
}

constexpr auto anywhere = expr::Origin::process;
const Add be_id_entry{Fetch{.name = "be_id", .run = typed<be_id>, .origin = expr::Origin::chosen_backend, .doc = "The backend's number.",
    .examples = {{"be_id", "3"}}}};
const Add be_name_entry{Fetch{.name = "be_name", .run = typed<be_name>, .doc = "The backend's name.",
    .examples = {{"be_name", "farm"}}}};
const Add be_conn_entry{Fetch{.name = "be_conn", .args = {"backend"}, .run = typed<be_conn>, .origin = anywhere,
    .doc = "How many sessions the backend has now.", .examples = {{"be_conn(farm)", "1"}, {"be_conn(spare)", "0"}}}};
const Add nbsrv_entry{Fetch{.name = "nbsrv", .args = {"backend"}, .run = typed<nbsrv>, .origin = anywhere,
    .doc = "How many of the backend's servers may be used now.", .examples = {{"nbsrv(farm)", "1"}, {"nbsrv(spare)", "0"}}}};
const Add queue_entry{Fetch{.name = "queue", .args = {"backend"}, .run = typed<queue>, .origin = anywhere,
    .doc = "How many requests wait in the backend's queues.", .examples = {{"queue(farm)", "0"}}}};
const Add avg_queue_entry{Fetch{.name = "avg_queue", .args = {"backend"}, .run = typed<avg_queue>, .origin = anywhere,
    .doc = "How many requests wait in the backend's queues for each usable server.", .examples = {{"avg_queue(farm)", "0"}}}};
const Add be_sess_rate_entry{Fetch{.name = "be_sess_rate", .args = {"backend"}, .run = typed<be_sess_rate>, .origin = anywhere,
    .doc = "How many sessions per second reach the backend.",
    .examples = {{"be_sess_rate(farm)", "1"}, {"be_sess_rate(spare)", "0"}}}};
const Add connslots_entry{Fetch{.name = "connslots", .args = {"backend"}, .run = typed<connslots>, .origin = anywhere,
    .doc = "How many more requests the backend's servers and their queues can take; -1 if one has no maxconn or no maxqueue.",
    .examples = {{"connslots(farm)", "11"}, {"connslots(spare)", "0"}}}};
const Add be_conn_free_entry{Fetch{.name = "be_conn_free", .args = {"backend"}, .run = typed<free_slots>, .origin = anywhere,
    .doc = "How many more requests the servers in use can take, queues not counted; -1 if one has no maxconn.",
    .examples = {{"be_conn_free(farm)", "7"}}}};
const Add be_server_timeout_entry{Fetch{.name = "be_server_timeout", .run = typed<be_server_timeout>,
    .origin = expr::Origin::chosen_backend, .doc = "timeout server of the backend, in milliseconds.",
    .examples = {{"be_server_timeout", "20000"}}}};
const Add be_tunnel_timeout_entry{Fetch{.name = "be_tunnel_timeout", .run = typed<be_tunnel_timeout>,
    .origin = expr::Origin::chosen_backend, .doc = "timeout tunnel of the backend, in milliseconds.",
    .examples = {{"be_tunnel_timeout", "60000"}}}};

}  // namespace
}  // namespace sluice::proxy
