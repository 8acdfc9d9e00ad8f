// srv_*: what is known of servers, of the chosen one or of one that is named.
#include "proxy/exchange.hpp"
#include "proxy/fetch/arguments.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;

Int srv_id(const backend::Server& server) { return server.id(); }
std::string_view srv_name(const backend::Server& server) { return server.name(); }

Int srv_conn(ServerArg of) { return of.server->state().served.load(std::memory_order_relaxed); }
Int srv_queue(ServerArg of) { return of.server->state().queued.load(std::memory_order_relaxed); }
bool srv_is_up(ServerArg of) {
  const backend::ServerState& state = of.server->state();
  return state.admin.load(std::memory_order_relaxed) != backend::Admin::maint &&
         state.operational.load(std::memory_order_relaxed) != backend::Operational::stopped;
}
Int srv_weight(ServerArg of) { return of.server->state().effective_weight.load(std::memory_order_relaxed); }
Int srv_iweight(ServerArg of) { return of.server->state().initial_weight.load(std::memory_order_relaxed); }
Int srv_uweight(ServerArg of) { return of.server->state().user_weight.load(std::memory_order_relaxed); }
Int srv_conn_free(ServerArg of) {
  const Int limit = of.server->limit();
  return limit == 0 ? -1 : std::max<Int>(0, limit - srv_conn(of));
}
Int srv_sess_rate(const expr::Scope& scope, ServerArg of) {
  const backend::ServerState& state = of.server->state();
  return static_cast<Int>(state.rate(scope.ambient->now()));
}

constexpr auto anywhere = expr::Origin::process;
const Add id_entry{Fetch{.name = "srv_id", .run = typed<srv_id>, .doc = "The number of the server that answers.",
    .examples = {{"srv_id", "1"}}}};
const Add name_entry{Fetch{.name = "srv_name", .run = typed<srv_name>, .doc = "The name of the server that answers.",
    .examples = {{"srv_name", "one"}}}};
const Add conn_entry{Fetch{.name = "srv_conn", .args = {"server"}, .run = typed<srv_conn>, .origin = anywhere,
    .doc = "How many requests the server is working on.",
    .examples = {{"srv_conn(farm/one)", "1"}, {"srv_conn(farm/two)", "0"}}}};
const Add conn_free_entry{Fetch{.name = "srv_conn_free", .args = {"server"}, .run = typed<srv_conn_free>, .origin = anywhere,
    .doc = "How many more requests the server can take; -1 if it has no limit.",
    .examples = {{"srv_conn_free(farm/one)", "7"}, {"srv_conn_free(spare/three)", "-1"}}}};
const Add queue_entry{Fetch{.name = "srv_queue", .args = {"server"}, .run = typed<srv_queue>, .origin = anywhere,
    .doc = "How many requests wait for this server.", .examples = {{"srv_queue(farm/one)", "0"}}}};
const Add up_entry{Fetch{.name = "srv_is_up", .args = {"server"}, .run = typed<srv_is_up>, .origin = anywhere,
    .doc = "Whether the server is up.", .examples = {{"srv_is_up(farm/one)", "1"}, {"srv_is_up(farm/two)", "0"}}}};
const Add weight_entry{Fetch{.name = "srv_weight", .args = {"server"}, .run = typed<srv_weight>, .origin = anywhere,
    .doc = "The server's weight as it counts now.", .examples = {{"srv_weight(farm/one)", "10"}}}};
const Add iweight_entry{Fetch{.name = "srv_iweight", .args = {"server"}, .run = typed<srv_iweight>, .origin = anywhere,
    .doc = "The server's weight as configured.", .examples = {{"srv_iweight(farm/two)", "30"}}}};
const Add uweight_entry{Fetch{.name = "srv_uweight", .args = {"server"}, .run = typed<srv_uweight>, .origin = anywhere,
    .doc = "The server's weight as the administrator set it.", .examples = {{"srv_uweight(farm/one)", "10"}}}};
const Add rate_entry{Fetch{.name = "srv_sess_rate", .args = {"server"}, .run = typed<srv_sess_rate>, .origin = anywhere,
    .doc = "How many sessions per second the server gets.",
    .examples = {{"srv_sess_rate(farm/one)", "1"}, {"srv_sess_rate(farm/two)", "0"}}}};

}  // namespace
}  // namespace sluice::proxy
