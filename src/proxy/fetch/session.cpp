// What is known of the client's connection, of the process that serves it, and of rules that ended lists (manual 7.3.2, 7.3.3).
#include "proxy/session.hpp"

#include "base/text.hpp"
#include "expr/arguments.hpp"
#include "expr/entries.hpp"
#include "net/proxy_protocol.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {
struct TlvArg {
  std::uint8_t type = 0;
};
}  // namespace sluice::proxy
namespace sluice::catalog {
template <>
struct Argument<proxy::TlvArg> {
  static constexpr std::string_view name = "string";
  static std::expected<proxy::TlvArg, std::string> read(std::string_view text) {
    constexpr std::pair<std::string_view, unsigned> names[] = {{"ALPN", 1}, {"AUTHORITY", 2}, {"CRC32C", 3}, {"NOOP", 4}, {"UNIQUE_ID", 5}, {"SSL", 0x20}, {"NETNS", 0x30}};
    for (const auto& [word, type] : names)
      if (text == word) return proxy::TlvArg{static_cast<std::uint8_t>(type)};
    std::optional<std::uint64_t> number = parse_uint(text);
    if (text.starts_with("0x") && text.size() > 2 && text.size() <= 4) {
      number = 0;
      for (const char c : text.substr(2)) {
        if (hex_digit(c) < 0) return std::unexpected("'" + std::string(text) + "' is not a number");
        number = *number << 4 | static_cast<unsigned>(hex_digit(c));
      }
    }
    if (!number || *number > 255) return std::unexpected("'" + std::string(text) + "' is neither the name nor the number of a TLV");
    return proxy::TlvArg{static_cast<std::uint8_t>(*number)};
  }
};
}  // namespace sluice::catalog

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;
using expr::Origin;
using expr::UnitArg;

Int act_conn(Session& session) { return session.local.states.connections.load(std::memory_order_relaxed); }
bool stopping(Session& session) { return session.local.stopping; }
Int proc() { return 1; }
Int tgroup() { return 1; }

std::optional<std::string_view> tlv(Session& session, TlvArg wanted) { return session.proxy_tlv(static_cast<net::Tlv>(wanted.type)); }
std::optional<std::string_view> authority(Session& session) { return session.proxy_tlv(net::Tlv::authority); }
std::optional<std::string_view> proxy_unique_id(Session& session) { return session.proxy_tlv(net::Tlv::unique_id); }

bool http_first_req(const Facts& facts) { return facts.request_count <= 1; }
Int request_date(const Facts& facts, std::optional<UnitArg> unit) { return facts.request_at.us / (1'000'000 / (unit ? unit->per_second : 1)); }
template <std::uint64_t Facts::*bytes>
Int bytes_of(const Facts& facts) { return static_cast<Int>(facts.*bytes); }

// Timers that end with the request count until now while it lasts.
Duration active(const Facts& facts, expr::Ambient& ambient) {
  if (facts.timers.active.us > 0) return facts.timers.active;
  return facts.first_byte.us ? ambient.now() - facts.first_byte : Duration{};
}
Int total_timer(const Facts& facts, expr::Ambient& ambient) { return active(facts, ambient).ms(); }
Int user_timer(const Facts& facts, expr::Ambient& ambient) { return (facts.timers.handshake + active(facts, ambient)).ms(); }
Int session_timer(const Facts& facts, expr::Ambient& ambient) {
  const Duration idle = facts.timers.idle.us < 0 ? Duration{} : facts.timers.idle;
  return (facts.timers.handshake + idle + active(facts, ambient)).ms();
}
std::optional<Int> query_timer(const Facts& facts) {
  const Duration query = facts.timers.query();
  if (query.us < 0) return std::nullopt;
  return query.ms();
}
std::optional<Int> data_timer(const Facts& facts) {
  if (facts.timers.data.us < 0) return std::nullopt;
  return facts.timers.data.ms();
}

Int bc_be_queue(const Facts& facts) { return facts.backend_queue; }
Int bc_srv_queue(const Facts& facts) { return facts.server_queue; }
bool bc_reused(const Facts& facts) { return facts.server_connection_reused; }

std::optional<Int> server_status(const Facts& facts) {
  if (!facts.server_status) return std::nullopt;
  return facts.server_status;
}
// Servers are spoken to in HTTP/1 only.
std::optional<Int> bc_http_major(Exchange& exchange) {
  if (!exchange.session().http || exchange.facts.connecting_at == Instant{}) return std::nullopt;
  return 1;
}

Int prio_class(Exchange& exchange) { return exchange.priority.priority_class; }
Int prio_offset(Exchange& exchange) { return exchange.priority.offset_ms; }
std::optional<std::string_view> last_rule_file(Exchange& exchange) {
  if (!exchange.last_rule) return std::nullopt;
  return exchange.last_rule->file;
}
std::optional<Int> last_rule_line(Exchange& exchange) {
  if (!exchange.last_rule) return std::nullopt;
  return exchange.last_rule->line;
}

// Nothing is decrypted or encrypted here yet: every connection is in clear.
bool in_clear(Session&) { return false; }
bool server_in_clear(Exchange&) { return false; }
std::optional<std::string_view> no_name(Session&) { return std::nullopt; }

constexpr auto process = Origin::process;
const Add a1{Fetch{.name = "act_conn", .run = typed<act_conn>, .origin = process, .doc = "How many client connections the process has.",
    .examples = {{"act_conn", "1"}}}};
const Add a3{Fetch{.name = "stopping", .run = typed<stopping>, .origin = process, .doc = "True while the process is coming to its end.",
    .examples = {{"stopping", "0"}}}};
const Add a4{Fetch{.name = "proc", .run = typed<proc>, .doc = "The number of the process: 1.", .examples = {{"proc", "1"}}}};
const Add a5{Fetch{.name = "tgroup", .run = typed<tgroup>, .doc = "The number of the thread group: 1, all workers are in one.", .examples = {{"tgroup", "1"}}}};
const Add b1{Fetch{.name = "fc_pp_authority", .run = typed<authority>, .origin = Origin::client_always, .doc = "The authority in the client's PROXY header (version 2).",
    .examples = {{"fc_pp_authority", "www.example.com"}}}};
const Add b2{Fetch{.name = "fc_pp_unique_id", .run = typed<proxy_unique_id>, .origin = Origin::client_always, .doc = "The unique id in the client's PROXY header (version 2).",
    .examples = {{"fc_pp_unique_id", "id-7"}}}};
const Add b3{Fetch{.name = "fc_pp_tlv", .args = {"id"}, .run = typed<tlv>, .origin = Origin::session, .doc = "The value of a TLV in the client's PROXY header (version 2), by name or number.",
    .examples = {{"fc_pp_tlv(AUTHORITY)", "www.example.com"}, {"fc_pp_tlv(0x05)", "id-7"}, {"fc_pp_tlv(ALPN)", catalog::undefined}}}};
const Add c1{Fetch{.name = "http_first_req", .run = typed<http_first_req>, .doc = "True for the first request of a connection.",
    .examples = {{"http_first_req", "1"}}}};
const Add c2{Fetch{.name = "request_date", .args = {"unit"}, .run = typed<request_date>, .doc = "When the first byte of the request came, in seconds since 1970 or {unit}.",
    .examples = {{"request_date,div(1000000000)", "1"}}}};
const Add c3{Fetch{.name = "req.bytes_in", .run = typed<bytes_of<&Facts::bytes_from_client>>, .doc = "Bytes received from the client for this request so far.",
    .examples = {{"req.bytes_in", "51"}}}};
const Add c4{Fetch{.name = "req.bytes_out", .run = typed<bytes_of<&Facts::bytes_to_server>>, .doc = "Bytes sent to the server for this request so far.",
    .examples = {{"req.bytes_out,bool", "1"}}}};
const Add c5{Fetch{.name = "res.bytes_in", .run = typed<bytes_of<&Facts::bytes_from_server>>, .origin = Origin::server, .doc = "Bytes received from the server for this request so far.",
    .examples = {{"res.bytes_in", "43"}}}};
const Add c6{Fetch{.name = "res.bytes_out", .run = typed<bytes_of<&Facts::bytes_to_client>>, .origin = Origin::server, .doc = "Bytes sent to the client for this request so far.",
    .examples = {{"res.bytes_out", "0"}}}};
const Add d1{Fetch{.name = "req.timer.tq", .run = typed<query_timer>, .doc = "Milliseconds until the request was there: %Tq.",
    .examples = {{"req.timer.tq,div(5000)", "0"}}}};
const Add d2{Fetch{.name = "res.timer.data", .run = typed<data_timer>, .origin = Origin::server, .doc = "Milliseconds the response's body took: %Td.",
    .examples = {{"res.timer.data,div(5000)", "0"}}}};
const Add d3{Fetch{.name = "txn.timer.total", .run = typed<total_timer>, .doc = "Milliseconds since the request's first byte: %Ta.",
    .examples = {{"txn.timer.total,div(5000)", "0"}}}};
const Add d4{Fetch{.name = "txn.timer.user", .run = typed<user_timer>, .doc = "Milliseconds the user has waited: %Tu.",
    .examples = {{"txn.timer.user,div(5000)", "0"}}}};
const Add d5{Fetch{.name = "fc.timer.total", .run = typed<session_timer>, .doc = "Milliseconds of handshakes, idle time and request together: %Tt.",
    .examples = {{"fc.timer.total,div(5000)", "0"}}}};
const Add e1{Fetch{.name = "bc_be_queue", .run = typed<bc_be_queue>, .origin = Origin::server, .doc = "Requests that were before this one in the backend's queue: %bq.",
    .examples = {{"bc_be_queue", "0"}}}};
const Add e2{Fetch{.name = "bc_srv_queue", .run = typed<bc_srv_queue>, .origin = Origin::server, .doc = "Requests that were before this one in the server's queue: %sq.",
    .examples = {{"bc_srv_queue", "0"}}}};
const Add e3{Fetch{.name = "bc_reused", .run = typed<bc_reused>, .origin = Origin::server, .doc = "True if the server's connection had served before.",
    .examples = {{"bc_reused", "0"}}}};
const Add e4{Fetch{.name = "server_status", .run = typed<server_status>, .origin = Origin::response, .doc = "The status the server sent, before rules.",
    .examples = {{"server_status", "200"}}}};
const Add e5{Fetch{.name = "bc_http_major", .run = typed<bc_http_major>, .origin = Origin::server, .doc = "The major version of HTTP on the server's connection.",
    .examples = {{"bc_http_major", "1"}}}};
const Add f1{Fetch{.name = "prio_class", .run = typed<prio_class>, .doc = "The class set-priority-class gave this request.",
    .examples = {{"prio_class", "7"}}}};
const Add f2{Fetch{.name = "prio_offset", .run = typed<prio_offset>, .doc = "The offset set-priority-offset gave this request.",
    .examples = {{"prio_offset", "-50"}}}};
const Add f3{Fetch{.name = "last_rule_file", .run = typed<last_rule_file>, .origin = process, .doc = "The file of the rule that ended the latest list of rules.",
    .examples = {{"last_rule_file", "test.cfg"}}}};
const Add f4{Fetch{.name = "last_rule_line", .run = typed<last_rule_line>, .origin = process, .doc = "The line of the rule that ended the latest list of rules.",
    .examples = {{"last_rule_line", "25"}}}};
const Add g1{Fetch{.name = "ssl_fc", .run = typed<in_clear>, .origin = Origin::session, .doc = "True if the client's connection is encrypted.",
    .examples = {{"ssl_fc", "0"}}}};
const Add g2{Fetch{.name = "ssl_fc_sni", .run = typed<no_name>, .origin = Origin::session, .doc = "The server name the client asked for in its handshake.",
    .examples = {{"ssl_fc_sni", catalog::undefined}}}};
const Add g3{Fetch{.name = "ssl_bc", .run = typed<server_in_clear>, .origin = Origin::server, .doc = "True if the server's connection is encrypted.",
    .examples = {{"ssl_bc", "0"}}}};

}  // namespace
}  // namespace sluice::proxy
