// What is known of the request that is being served: timers, sizes, retries, the connection to the server.
#include "proxy/exchange.hpp"

#include "expr/entries.hpp"
#include "net/stream.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;
using expr::Origin;
using expr::Sample;

template <Duration Timers::*timer>
std::optional<Int> timer_ms(const Facts& facts) {
  const Duration value = facts.timers.*timer;
  if (value.us < 0) return std::nullopt;
  return value.ms();
}
Int txn_retries(const Facts& facts) { return facts.retries; }
bool txn_redispatched(const Facts& facts) { return facts.redispatched; }
// While rules look at an answer it is that answer's, as they have left it.
std::optional<Int> txn_status(const Facts& facts, const expr::Scope& scope) {
  if (facts.status) return facts.status;
  if (scope.response) return scope.response->status;
  return std::nullopt;
}
Int bytes_in(const Facts& facts) { return static_cast<Int>(facts.bytes_from_client); }
Int bytes_out(const Facts& facts) { return static_cast<Int>(facts.bytes_to_client); }
// Made when it is first asked for.
std::optional<std::string_view> unique_id(const expr::Scope& scope) {
  const std::string_view id = scope.exchange ? scope.exchange->unique_id() : scope.unique_id;
  if (!id.data()) return std::nullopt;
  return id;
}
std::string_view txn_sess_term_state(const Facts& facts, Arena& arena) {
  const char text[] = {facts.termination.cause, facts.termination.phase};
  return arena.copy({text, 2});
}

Sample address_sample(const net::Address& address) {
  const auto bytes = address.bytes();
  if (address.family() == net::Family::ipv4) return Sample::address(expr::Ipv4{address.ipv4_value()});
  if (address.family() != net::Family::ipv6) return {};
  expr::Ipv6 value;
  std::ranges::copy(bytes, value.bytes.begin());
  return Sample::address(value);
}
std::optional<Int> port_of(const net::Address& address) {
  if (!address) return std::nullopt;
  return address.port();
}
Sample bc_dst(Exchange& exchange) { return address_sample(exchange.server_destination()); }
Sample bc_src(Exchange& exchange) { return address_sample(exchange.server_source()); }
std::optional<Int> bc_dst_port(Exchange& exchange) { return port_of(exchange.server_destination()); }
std::optional<Int> bc_src_port(Exchange& exchange) { return port_of(exchange.server_source()); }

const Add handshake_entry{Fetch{.name = "req.timer.hdr", .run = typed<timer_ms<&Timers::request>>, .origin = Origin::exchange,
    .doc = "Milliseconds from the request's first byte to the end of its head (%TR).",
    .examples = {{"req.timer.hdr,div(5000)", "0"}}}};
const Add idle_entry{Fetch{.name = "req.timer.idle", .run = typed<timer_ms<&Timers::idle>>, .origin = Origin::exchange,
    .doc = "Milliseconds the connection was idle before the request (%Ti).", .examples = {{"req.timer.idle,div(5000)", "0"}}}};
const Add queue_entry{Fetch{.name = "req.timer.queue", .run = typed<timer_ms<&Timers::queue>>, .origin = Origin::exchange,
    .doc = "Milliseconds the request waited in queues (%Tw).", .examples = {{"req.timer.queue", "0"}}}};
const Add connect_entry{Fetch{.name = "bc.timer.connect", .run = typed<timer_ms<&Timers::connect>>, .origin = Origin::server,
    .doc = "Milliseconds it took to connect to the server (%Tc).", .examples = {{"bc.timer.connect,div(5000)", "0"}}}};
const Add response_entry{Fetch{.name = "res.timer.hdr", .run = typed<timer_ms<&Timers::response>>, .origin = Origin::server,
    .doc = "Milliseconds until the server's response head was complete (%Tr).", .examples = {{"res.timer.hdr,div(5000)", "0"}}}};
const Add handshake_timer_entry{Fetch{.name = "fc.timer.handshake", .run = typed<timer_ms<&Timers::handshake>>,
    .origin = Origin::exchange, .doc = "Milliseconds the handshakes of the client's connection took (%Th).",
    .examples = {{"fc.timer.handshake,div(5000)", "0"}}}};
const Add status_entry{Fetch{.name = "txn.status", .run = typed<txn_status>, .origin = Origin::exchange,
    .doc = "The status sent to the client.", .examples = {{"txn.status", "200"}}}};
const Add retries_entry{Fetch{.name = "txn.conn_retries", .run = typed<txn_retries>, .origin = Origin::server,
    .doc = "How often connecting to a server was tried again.", .examples = {{"txn.conn_retries", "0"}}}};
const Add redispatched_entry{Fetch{.name = "txn.redispatched", .run = typed<txn_redispatched>, .origin = Origin::server,
    .doc = "Whether the request went to another server than the first one chosen.", .examples = {{"txn.redispatched", "0"}}}};
const Add state_entry{Fetch{.name = "txn.sess_term_state", .run = typed<txn_sess_term_state>, .origin = Origin::exchange,
    .doc = "The first two characters of the termination state.", .examples = {{"txn.sess_term_state", "--"}}}};
const Add bytes_in_entry{Fetch{.name = "bytes_in", .run = typed<bytes_in>, .origin = Origin::exchange,
    .doc = "Bytes received from the client for this request so far.", .examples = {{"bytes_in", "51"}}}};
const Add bytes_out_entry{Fetch{.name = "bytes_out", .run = typed<bytes_out>, .origin = Origin::bytes_out,
    .doc = "Bytes sent to the client for this request so far.", .examples = {{"bytes_out,bool", "1"}}}};
const Add bc_dst_entry{Fetch{.name = "bc_dst", .run = typed<bc_dst>, .out = expr::Type::address, .origin = Origin::server,
    .doc = "The address of the server's connection.", .examples = {{"bc_dst", "127.0.0.1"}}}};
const Add bc_dst_port_entry{Fetch{.name = "bc_dst_port", .run = typed<bc_dst_port>, .origin = Origin::server,
    .doc = "The port of the server's connection.", .examples = {{"bc_dst_port,bool", "1"}}}};
const Add bc_src_entry{Fetch{.name = "bc_src", .run = typed<bc_src>, .out = expr::Type::address, .origin = Origin::server,
    .doc = "Our own address on the server's connection.", .examples = {{"bc_src", "127.0.0.1"}}}};
const Add bc_src_port_entry{Fetch{.name = "bc_src_port", .run = typed<bc_src_port>, .origin = Origin::server,
    .doc = "Our own port on the server's connection.", .examples = {{"bc_src_port,bool", "1"}}}};
const Add unique_id_entry{Fetch{.name = "unique-id", .run = typed<unique_id>, .doc = "The id unique-id-format gives this request.",
    .examples = {{"unique-id", catalog::undefined}}}};

}  // namespace
}  // namespace sluice::proxy
