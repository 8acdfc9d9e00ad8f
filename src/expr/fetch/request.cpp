// The request line and the status line (manual 7.3.6).
#include <algorithm>

#include "base/hash.hpp"
#include "expr/entries.hpp"
#include "http/h1/parse.hpp"
#include "http/message.hpp"
#include "net/address.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using http::Request;
using http::Response;

Sample method(const Request& r) { return Sample::method(r.method, r.method_text); }
std::optional<std::string_view> path_of(const Request& r) {
  if (!r.uri.path.starts_with('/')) return std::nullopt;  // "*" and CONNECT's authority have none
  return r.uri.path;
}
std::optional<std::string_view> pathq(const Request& r) {
  if (!r.uri.path_and_query.starts_with('/')) return std::nullopt;
  return r.uri.path_and_query;
}
std::optional<std::string_view> query(const Request& r, std::optional<std::string_view> options) {
  if (!r.uri.has_query) return std::nullopt;
  // with_qm: with the question mark, so that an empty query differs from none.
  if (options == "with_qm") return std::string_view{r.uri.query.data() - 1, r.uri.query.size() + 1};
  return r.uri.query;
}
std::string_view url(const Request& r) { return r.uri.text; }
std::string_view host_header(const Request& r) { return r.fields.value(http::HeaderId::host, 1).value_or(std::string_view{}); }
std::optional<std::string_view> join(const Request& r, std::optional<std::string_view> tail, Arena& arena) {
  const std::string_view host = host_header(r);
  if (!tail) return host.empty() ? std::nullopt : std::optional(host);
  return host.empty() ? *tail : arena.join(host, *tail);
}
std::optional<std::string_view> base(const Request& r, Arena& arena) { return join(r, path_of(r), arena); }
std::optional<std::string_view> baseq(const Request& r, Arena& arena) { return join(r, pathq(r), arena); }
std::uint32_t hash_of(std::string_view host, std::string_view rest) { return avalanche(hash_sdbm(rest, hash_sdbm(host))); }
Int base32(const Request& r) { return hash_of(host_header(r), path_of(r).value_or("")); }
Int url32(const Request& r) { return hash_of(host_header(r), r.uri.path_and_query); }
// Of "http://192.0.2.1:80/" and https; a name is not looked up.
std::optional<Ipv4> url_ip(const Request& r) {
  if (http::default_port(r.uri.scheme) == 0) return std::nullopt;
  return parse_ipv4(http::split_authority(r.uri.authority).host);
}
Sample url_address(const Request& r) {
  const auto ip = url_ip(r);
  return ip ? Sample::address(*ip) : Sample{};
}
std::optional<Int> url_port(const Request& r) {
  if (!url_ip(r)) return std::nullopt;
  return http::port_of(http::split_authority(r.uri.authority), http::default_port(r.uri.scheme));
}
std::string_view req_ver(const Request& r) { return http::text_of(r.version); }
std::string_view res_ver(const Response& r) { return http::text_of(r.version); }
Int status(const Response& r) { return r.status; }

constexpr std::size_t longest_looked_at = 16384;  // of a head; what is longer is taken for one
// In mode tcp: whether what has come so far is the head of a request. It is parsed in a copy, for parsing writes.
bool begins_as_http(const Scope& scope, const Received& received, Arena& arena) {
  const std::string_view seen = received.bytes.substr(0, longest_looked_at);
  char* const copy = arena.allocate(seen.size() + 1);
  std::ranges::copy(seen, copy);
  http::h1::Cursor cursor;
  http::Request parsed(arena);
  const auto outcome = http::h1::parse_request_head(cursor, {copy, seen.size()}, parsed, {});
  if (outcome.state == http::h1::Outcome::State::error) return false;
  if (outcome.state == http::h1::Outcome::State::done || seen.size() == longest_looked_at) return true;
  if (!received.complete) scope.wants_more = true;
  return false;
}
bool proto_http(const Scope& scope, Arena& arena) {
  if (scope.request) return true;
  return scope.request_bytes && begins_as_http(scope, *scope.request_bytes, arena);
}
std::string_view capture_method(const CapturedLine& c) { return c.method; }
// From the first slash of the path on: without scheme and host.
std::optional<std::string_view> capture_uri(const CapturedLine& c) {
  const http::Uri uri = http::split_uri(c.target, c.method == "CONNECT" ? http::Target::of_connect : http::Target::of_others);
  if (!uri.path_and_query.starts_with('/')) return std::nullopt;
  return uri.path_and_query;
}
std::string_view capture_ver(const CapturedLine& c) { return c.version; }
std::optional<std::string_view> capture_res_ver(const Scope& scope, Arena& arena) {
  if (!scope.response) return std::nullopt;
  return arena.join("HTTP/", http::text_of(scope.response->version));
}
Sample captured(std::span<const std::string_view> slots, Int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= slots.size() || !slots[static_cast<std::size_t>(index)].data()) return {};
  return Sample::text(slots[static_cast<std::size_t>(index)]);
}
Sample capture_req_hdr(const Scope& scope, Int index) { return captured(scope.request_captures, index); }
Sample capture_res_hdr(const Scope& scope, Int index) { return captured(scope.response_captures, index); }

// A hash and the client's address behind it, as a key of stick tables.
Binary followed_by_source(std::uint32_t hash, const Client& client, Arena& arena) {
  const auto source = client.source ? client.source->bytes() : std::span<const std::uint8_t>{};
  char* const to = arena.allocate(4 + source.size());
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(hash >> (24 - 8 * i));
  if (!source.empty()) std::memcpy(to + 4, source.data(), source.size());
  return {{to, 4 + source.size()}};
}
Binary base32_src(const Request& r, const Client& client, Arena& arena) {
  return followed_by_source(static_cast<std::uint32_t>(base32(r)), client, arena);
}
Binary url32_src(const Request& r, const Client& client, Arena& arena) {
  return followed_by_source(static_cast<std::uint32_t>(url32(r)), client, arena);
}

const catalog::Add a{Fetch{.name = "method", .run = typed<method>, .out = Type::method, .origin = Origin::exchange,
                           .doc = "The request method.", .examples = {{"method", "GET"}}}};
const catalog::Add b{Fetch{.name = "path", .run = typed<path_of>, .doc = "The path of the request, without the query.",
                           .examples = {{"path", "/img/logo.png"}}}};
const catalog::Add c{Fetch{.name = "pathq", .run = typed<pathq>, .doc = "The path and the query.",
                           .examples = {{"pathq", "/img/logo.png?a=1&b=x%20y"}}}};
const catalog::Add d{Fetch{.name = "query", .args = {"options"}, .run = typed<query>,
                           .doc = "What follows the question mark; with option with_qm including it.",
                           .examples = {{"query", "a=1&b=x%20y"}, {"query(with_qm)", "?a=1&b=x%20y"}}}};
const catalog::Add e{Fetch{.name = "url", .run = typed<url>, .doc = "The request target as it stands in the request.",
                           .examples = {{"url", "/img/logo.png?a=1&b=x%20y"}}}};
const catalog::Add f{Fetch{.name = "base", .run = typed<base>, .doc = "The first Host header and the path.",
                           .examples = {{"base", "www.example.com/img/logo.png"}}}};
const catalog::Add g{Fetch{.name = "baseq", .run = typed<baseq>, .doc = "The first Host header, the path and the query.",
                           .examples = {{"baseq", "www.example.com/img/logo.png?a=1&b=x%20y"}}}};
const catalog::Add h{Fetch{.name = "base32", .run = typed<base32>, .doc = "A 32-bit hash of base.", .examples = {{"base32", "1006662778"}}}};
const catalog::Add i{Fetch{.name = "url32", .run = typed<url32>, .doc = "A 32-bit hash of the Host header and the request target.", .examples = {{"url32", "2779232665"}}}};
const catalog::Add h2{Fetch{.name = "base32+src", .run = typed<base32_src>, .doc = "base32 and the client's address behind it.",
    .examples = {{"base32+src,hex", "3C00747AC0000207"}}}};
const catalog::Add i2{Fetch{.name = "url32+src", .run = typed<url32_src>, .doc = "url32 and the client's address behind it.",
    .examples = {{"url32+src,hex", "A5A7B999C0000207"}}}};
const catalog::Add j{Fetch{.name = "url_ip", .run = typed<url_address>, .out = Type::ipv4,
                           .doc = "The IPv4 address in an absolute request target.", .examples = {{"url_ip", undefined}}}};
const catalog::Add k{Fetch{.name = "url_port", .run = typed<url_port>, .doc = "The port of an absolute request target.",
                           .examples = {{"url_port", undefined}}}};
const catalog::Add l{Fetch{.name = "req.ver", .run = typed<req_ver>, .origin = Origin::exchange, .doc = "The request's HTTP version.",
                           .examples = {{"req.ver", "1.1"}}}};
const catalog::Add m{Fetch{.name = "req_ver", .run = typed<req_ver>, .origin = Origin::exchange, .doc = "Old name of req.ver.",
                           .examples = {{"req_ver", "1.1"}}}};
const catalog::Add n{Fetch{.name = "res.ver", .run = typed<res_ver>, .origin = Origin::server, .doc = "The response's HTTP version.", .examples = {{"res.ver", "1.1"}}}};
const catalog::Add o{Fetch{.name = "resp_ver", .run = typed<res_ver>, .origin = Origin::server, .doc = "Old name of res.ver.", .examples = {{"resp_ver", "1.1"}}}};
const catalog::Add p{Fetch{.name = "status", .run = typed<status>, .origin = Origin::server, .doc = "The status code of the response.",
                           .examples = {{"status", "200"}}}};
const catalog::Add q{Fetch{.name = "req.proto_http", .run = typed<proto_http>, .origin = Origin::exchange,
                           .doc = "True if the request is HTTP.", .examples = {{"req.proto_http", "1"}}}};
const catalog::Add r{Fetch{.name = "req_proto_http", .run = typed<proto_http>, .origin = Origin::exchange,
                           .doc = "Old name of req.proto_http.", .examples = {{"req_proto_http", "1"}}}};
const catalog::Add s{Fetch{.name = "capture.req.method", .run = typed<capture_method>, .doc = "The method as the client sent it.",
                           .examples = {{"capture.req.method", "GET"}}}};
const catalog::Add t{Fetch{.name = "capture.req.uri", .run = typed<capture_uri>, .doc = "The request target as the client sent it, from the path on.",
                           .examples = {{"capture.req.uri", "/img/logo.png?a=1&b=x%20y"}}}};
const catalog::Add u{Fetch{.name = "capture.req.ver", .run = typed<capture_ver>, .doc = "The protocol as the client sent it.",
                           .examples = {{"capture.req.ver", "HTTP/1.1"}}}};
const catalog::Add v{Fetch{.name = "capture.res.ver", .run = typed<capture_res_ver>, .origin = Origin::exchange,
                           .doc = "The protocol of the response.", .examples = {{"capture.res.ver", "HTTP/1.1"}}}};
const catalog::Add w{Fetch{.name = "capture.req.hdr", .args = {"idx"}, .run = typed<capture_req_hdr>, .out = Type::str,
                           .origin = Origin::exchange, .doc = "What request capture slot {idx} holds.",
                           .examples = {{"capture.req.hdr(0)", "captured"}, {"capture.req.hdr(7)", undefined}}}};
const catalog::Add x{Fetch{.name = "capture.res.hdr", .args = {"idx"}, .run = typed<capture_res_hdr>, .out = Type::str,
                           .origin = Origin::server, .doc = "What response capture slot {idx} holds.",
                           .examples = {{"capture.res.hdr(0)", undefined}}}};
}  // namespace
}  // namespace sluice::expr
