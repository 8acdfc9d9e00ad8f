// req.ssl_* and res.ssl_hello_type (manual 7.3.5): hellos of TLS streams that pass through in clear bytes. Not yet complete
// ones may become so: rules that can wait do.
#include "expr/tls_hello.hpp"

#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

// The hello, if there is a whole one.
std::optional<TlsHello> hello_of(const Scope& scope, const Received* bytes, HelloKind kind) {
  if (!bytes) return std::nullopt;
  TlsHello hello;
  switch (read_tls_hello(bytes->bytes, kind, hello)) {
    case HelloState::complete: return hello;
    case HelloState::incomplete:
      if (!bytes->complete) scope.wants_more = true;
      return std::nullopt;
    case HelloState::wrong: return std::nullopt;
  }
  return std::nullopt;
}
std::optional<TlsHello> client_hello(const Scope& scope) { return hello_of(scope, scope.request_bytes, HelloKind::client); }

std::optional<Int> hello_type(const Scope& scope) {
  if (!client_hello(scope)) return std::nullopt;
  return 1;
}
std::optional<Int> response_hello_type(const Scope& scope) {
  if (!hello_of(scope, scope.response_bytes, HelloKind::server)) return std::nullopt;
  return 2;
}
std::optional<std::string_view> sni(const Scope& scope) {
  const auto hello = client_hello(scope);
  return hello ? hello->server_name : std::nullopt;
}
std::optional<Int> version(const Scope& scope) {
  const Received* const bytes = scope.request_bytes;
  if (!bytes) return std::nullopt;
  const auto found = tls_version(bytes->bytes);
  if (!found && bytes->bytes.size() < 11 && !bytes->complete) scope.wants_more = true;
  if (!found) return std::nullopt;
  return (*found >> 8) * 65536 + (*found & 255);
}
// The one the client likes best, which is what rules compare (as Debian's haproxy answers).
std::optional<std::string_view> alpn(const Scope& scope) {
  const auto hello = client_hello(scope);
  if (!hello || hello->protocols.empty()) return std::nullopt;
  const std::size_t length = static_cast<unsigned char>(hello->protocols[0]);
  if (length == 0 || length + 1 > hello->protocols.size()) return std::nullopt;
  return hello->protocols.substr(1, length);
}
std::optional<bool> groups_extension(const Scope& scope) {
  const auto hello = client_hello(scope);
  if (!hello) return std::nullopt;
  return hello->has_groups;
}
std::optional<Int> ticket_extension(const Scope& scope) {
  const auto hello = client_hello(scope);
  if (!hello) return std::nullopt;
  if (!hello->session_ticket) return 0;
  return hello->session_ticket->empty() ? 1 : 2;
}
template <std::string_view TlsHello::*list>
std::optional<Binary> list_of(const Scope& scope) {
  const auto hello = client_hello(scope);
  if (!hello || ((*hello).*list).empty()) return std::nullopt;
  return Binary{(*hello).*list};
}
// The groups alone, without their keys.
std::optional<Binary> key_share_groups(const Scope& scope) {
  const auto hello = client_hello(scope);
  if (!hello || hello->key_shares.empty()) return std::nullopt;
  char* const out = scope.arena->allocate(hello->key_shares.size());
  std::size_t size = 0;
  for (std::string_view rest = hello->key_shares; !rest.empty();) {
    if (rest.size() < 4) return std::nullopt;
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(rest[2])) << 8 | static_cast<unsigned char>(rest[3]);
    if (rest.size() < 4 + length) return std::nullopt;
    out[size++] = rest[0];
    out[size++] = rest[1];
    rest.remove_prefix(4 + length);
  }
  return Binary{{out, size}};
}

// What they say of a real hello is in tests/unit/expr/tls_hello_test.cpp; the world of the examples is no TLS stream.
constexpr auto from = Origin::request;
const catalog::Add a{Fetch{.name = "req.ssl_hello_type", .run = typed<hello_type>, .origin = from, .doc = "1 once a whole TLS client hello is there.",
    .examples = {{"req.ssl_hello_type", undefined}}}};
const catalog::Add b{Fetch{.name = "req_ssl_hello_type", .run = typed<hello_type>, .origin = from, .doc = "Old name of req.ssl_hello_type.",
    .examples = {{"req_ssl_hello_type", undefined}}}};
const catalog::Add c{Fetch{.name = "req.ssl_sni", .run = typed<sni>, .origin = from, .doc = "The server name in a TLS client hello.",
    .examples = {{"req.ssl_sni", undefined}}}};
const catalog::Add d{Fetch{.name = "req_ssl_sni", .run = typed<sni>, .origin = from, .doc = "Old name of req.ssl_sni.", .examples = {{"req_ssl_sni", undefined}}}};
const catalog::Add e{Fetch{.name = "req.ssl_ver", .run = typed<version>, .origin = from, .doc = "The version a TLS client hello asks for, the major one times 65536.",
    .examples = {{"req.ssl_ver", undefined}}}};
const catalog::Add f{Fetch{.name = "req_ssl_ver", .run = typed<version>, .origin = from, .doc = "Old name of req.ssl_ver.", .examples = {{"req_ssl_ver", undefined}}}};
const catalog::Add g{Fetch{.name = "req.ssl_alpn", .run = typed<alpn>, .origin = from, .doc = "The first protocol a TLS client hello offers.",
    .examples = {{"req.ssl_alpn", undefined}}}};
const catalog::Add h{Fetch{.name = "req.ssl_ec_ext", .run = typed<groups_extension>, .origin = from, .doc = "True if a TLS client hello lists elliptic curves.",
    .examples = {{"req.ssl_ec_ext", undefined}}}};
const catalog::Add i{Fetch{.name = "req.ssl_st_ext", .run = typed<ticket_extension>, .origin = from,
    .doc = "Whether a TLS client hello has no session ticket extension (0), an empty one (1) or a ticket (2).", .examples = {{"req.ssl_st_ext", undefined}}}};
const catalog::Add j{Fetch{.name = "req.ssl_cipherlist", .run = typed<list_of<&TlsHello::ciphers>>, .origin = from,
    .doc = "The cipher suites of a TLS client hello, two bytes each.", .examples = {{"req.ssl_cipherlist", undefined}}}};
const catalog::Add k{Fetch{.name = "req.ssl_sigalgs", .run = typed<list_of<&TlsHello::signature_algorithms>>, .origin = from,
    .doc = "The signature algorithms of a TLS client hello, two bytes each.", .examples = {{"req.ssl_sigalgs", undefined}}}};
const catalog::Add l{Fetch{.name = "req.ssl_supported_groups", .run = typed<list_of<&TlsHello::supported_groups>>, .origin = from,
    .doc = "The supported groups of a TLS client hello, two bytes each.", .examples = {{"req.ssl_supported_groups", undefined}}}};
const catalog::Add m{Fetch{.name = "req.ssl_keyshare_groups", .run = typed<key_share_groups>, .origin = from,
    .doc = "The groups a TLS client hello brings keys for, two bytes each.", .examples = {{"req.ssl_keyshare_groups", undefined}}}};
const catalog::Add n{Fetch{.name = "res.ssl_hello_type", .run = typed<response_hello_type>, .origin = Origin::response,
    .doc = "2 once a whole TLS server hello is there.", .examples = {{"res.ssl_hello_type", undefined}}}};
const catalog::Add o{Fetch{.name = "rep_ssl_hello_type", .run = typed<response_hello_type>, .origin = Origin::response,
    .doc = "Old name of res.ssl_hello_type.", .examples = {{"rep_ssl_hello_type", undefined}}}};

}  // namespace
}  // namespace sluice::expr
