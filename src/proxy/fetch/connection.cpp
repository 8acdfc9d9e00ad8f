// What is known of the two connections of a session beside their addresses: errors, streams, who gave up (manual 7.3.3,
// 7.3.4). HTTP/1 and TCP have one stream at a time, no frames that end one and no protocol glitches that are let through.
#include "proxy/build.hpp"
#include "proxy/connection_error.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::FetchRun;
using expr::Int;
using expr::Origin;

// ---- dst_conn: sockets are counted only where an expression asks for it, so the binding of one says so.
Int dst_conn(Session& session) { return session.bind.sessions ? session.bind.sessions->load(std::memory_order_relaxed) : 1; }
std::unique_ptr<expr::BoundFetch> bind_dst_conn(std::span<const std::string> texts, expr::Compiler& compiler, catalog::ArgumentError& error) {
  if (compiler.counts_listeners) *compiler.counts_listeners = true;
  return FetchRun(typed<dst_conn>).bind(texts, compiler, error);
}
constexpr FetchRun counted_dst_conn() {
  FetchRun run = typed<dst_conn>;
  run.bind = bind_dst_conn;
  return run;
}

// ---- errors
Int fc_err(const Facts& facts) { return static_cast<Int>(facts.client_error); }
std::string_view fc_err_name(const Facts& facts) { return words_of(facts.client_error).name; }
std::string_view fc_err_str(const Facts& facts) { return words_of(facts.client_error).text; }
// Without a connection, or an attempt that failed, there is nothing to ask.
const ConnectionErrorWords* server_error(Exchange& exchange) {
  const ConnectionError error = exchange.facts.server_error;
  return error == ConnectionError::none && !exchange.was_connected() ? nullptr : &words_of(error);
}
std::optional<Int> bc_err(Exchange& exchange) {
  const ConnectionErrorWords* const words = server_error(exchange);
  if (!words) return std::nullopt;
  return static_cast<Int>(words->error);
}
template <auto field>
std::optional<std::string_view> bc_err_words(Exchange& exchange) {
  const ConnectionErrorWords* const words = server_error(exchange);
  if (!words) return std::nullopt;
  return words->*field;
}

// ---- streams
Int one(Session&) { return 1; }
std::optional<Int> one_of_server(Exchange& exchange) {
  if (!exchange.was_connected()) return std::nullopt;
  return 1;
}
Int no_glitches(Session&) { return 0; }
std::optional<Int> no_server_glitches(Exchange& exchange) {
  if (!exchange.was_connected()) return std::nullopt;
  return 0;
}
// The number of the request on its connection; TCP has no streams, which is 0.
std::string_view fs_id(Exchange& exchange, Arena& arena) {
  return expr::decimal(exchange.session().http ? exchange.facts.request_count : 0, arena);
}
std::optional<Int> bs_id(Exchange& exchange) {
  const backend::ServerConnection* const connection = exchange.server_connection();
  if (!connection) return std::nullopt;
  return exchange.session().http ? connection->requests : 0;
}
template <char side>
Int aborted(const Facts& facts) { return facts.termination.cause == side ? 1 : 0; }
std::optional<Int> no_code(Session&) { return std::nullopt; }

// For developers: "may change without notice".
std::string_view debug_text(std::string_view side, Exchange& exchange, net::Stream* stream, Arena& arena) {
  char* const to = arena.allocate(96);
  const auto end = fmt::format_to_n(to, 96, "{} fd={} session={} request={} phase={}", side, stream ? stream->socket().fd() : -1,
                                    exchange.session().number, exchange.facts.request_count, letter_of(exchange.phase()));
  return {to, std::min<std::size_t>(end.size, 96)};
}
std::string_view fs_debug(Exchange& exchange, Arena& arena, std::optional<Int>) {
  return debug_text("client", exchange, exchange.session().client.get(), arena);
}
std::optional<std::string_view> bs_debug(Exchange& exchange, Arena& arena, std::optional<Int>) {
  if (!exchange.server_stream()) return std::nullopt;
  return debug_text("server", exchange, exchange.server_stream(), arena);
}

constexpr auto client = Origin::client;
constexpr auto session = Origin::session;
constexpr auto server = Origin::server;
const Add a1{Fetch{.name = "dst_conn", .run = counted_dst_conn(), .origin = client, .doc = "How many connections the listening socket has now, this one included.",
    .examples = {{"dst_conn", "1"}}}};
const Add b1{Fetch{.name = "fc_err", .run = typed<fc_err>, .origin = client, .doc = "The number of what went wrong while the client's connection was set up; 0: nothing.",
    .examples = {{"fc_err", "0"}}}};
const Add b2{Fetch{.name = "fc_err_str", .run = typed<fc_err_str>, .origin = client, .doc = "What went wrong while the client's connection was set up, in words.",
    .examples = {{"fc_err_str", "Success"}}}};
const Add b5{Fetch{.name = "fc_err_name", .run = typed<fc_err_name>, .origin = client, .doc = "The same as one word; empty: nothing went wrong.",
    .examples = {{"fc_err_name", ""}}}};
const Add b3{Fetch{.name = "bc_err", .run = typed<bc_err>, .origin = server, .doc = "The number of what ended the connection to the server, or the last attempt to get one; 0: none.",
    .examples = {{"bc_err", "0"}}}};
const Add b4{Fetch{.name = "bc_err_str", .run = typed<bc_err_words<&ConnectionErrorWords::text>>, .origin = server, .doc = "What ended the connection to the server, or the last attempt to get one, in words.",
    .examples = {{"bc_err_str", "Success"}}}};
const Add b6{Fetch{.name = "bc_err_name", .run = typed<bc_err_words<&ConnectionErrorWords::name>>, .origin = server, .doc = "The same as one word; empty: none.",
    .examples = {{"bc_err_name", ""}}}};
const Add c1{Fetch{.name = "fc_nb_streams", .run = typed<one>, .origin = client, .doc = "How many streams are open on the client's connection.",
    .examples = {{"fc_nb_streams", "1"}}}};
const Add c2{Fetch{.name = "bc_nb_streams", .run = typed<one_of_server>, .origin = server, .doc = "How many streams are open on the server's connection.",
    .examples = {{"bc_nb_streams", "1"}}}};
const Add c3{Fetch{.name = "fc_settings_streams_limit", .run = typed<one>, .origin = session, .doc = "How many streams the client's connection may have at once.",
    .examples = {{"fc_settings_streams_limit", "1"}}}};
const Add c4{Fetch{.name = "bc_settings_streams_limit", .run = typed<one_of_server>, .origin = server, .doc = "How many streams the server's connection may have at once.",
    .examples = {{"bc_settings_streams_limit", "1"}}}};
const Add c5{Fetch{.name = "fc_glitches", .run = typed<no_glitches>, .origin = client, .doc = "Suspicious events of the protocol on the client's connection.",
    .examples = {{"fc_glitches", "0"}}}};
const Add c6{Fetch{.name = "bc_glitches", .run = typed<no_server_glitches>, .origin = server, .doc = "Suspicious events of the protocol on the server's connection.",
    .examples = {{"bc_glitches", "0"}}}};
const Add d1{Fetch{.name = "fs.id", .run = typed<fs_id>, .origin = session, .doc = "The number of the request on the client's connection; 0 in TCP mode.",
    .examples = {{"fs.id", "1"}}}};
const Add d2{Fetch{.name = "bs.id", .run = typed<bs_id>, .origin = server, .doc = "The number of the request on the server's connection; 0 in TCP mode.",
    .examples = {{"bs.id", "1"}}}};
const Add d3{Fetch{.name = "fs.aborted", .run = typed<aborted<'C'>>, .origin = session, .doc = "1 if the client gave up.",
    .examples = {{"fs.aborted", "0"}}}};
const Add d4{Fetch{.name = "bs.aborted", .run = typed<aborted<'S'>>, .origin = server, .doc = "1 if the server gave up.",
    .examples = {{"bs.aborted", "0"}}}};
const Add d5{Fetch{.name = "fs.rst_code", .run = typed<no_code>, .origin = session, .doc = "The code the client reset the stream with; nothing if it has not, or where streams cannot be reset.",
    .examples = {{"fs.rst_code", catalog::undefined}}}};
const Add d6{Fetch{.name = "bs.rst_code", .run = typed<no_code>, .origin = server, .doc = "The code the server reset the stream with; nothing if it has not, or where streams cannot be reset.",
    .examples = {{"bs.rst_code", catalog::undefined}}}};
const Add d7{Fetch{.name = "fs.debug_str", .args = {"bitmap"}, .run = typed<fs_debug>, .origin = session, .doc = "The state of the client's side, for developers.",
    .examples = {{"fs.debug_str,field(1, )", "client"}}}};
const Add d8{Fetch{.name = "bs.debug_str", .args = {"bitmap"}, .run = typed<bs_debug>, .origin = server, .doc = "The state of the server's side, for developers.",
    .examples = {{"bs.debug_str(1),field(1, )", "server"}}}};

}  // namespace
}  // namespace sluice::proxy
