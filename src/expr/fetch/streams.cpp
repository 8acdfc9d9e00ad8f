// req.rdp_cookie and its count, distcc_param and distcc_body (manual 7.3.5): what two protocols say first.
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
struct DistccToken {
  std::string name;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::DistccToken> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::DistccToken, std::string> read(std::string_view text) {
    if (text.size() != 4) return std::unexpected("'" + std::string(text) + "' is not a token of distcc, which have four letters");
    return expr::DistccToken{std::string(text)};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

// RDP: a TPKT head (RFC 1006), an X.224 connection request, then "Cookie: name=value" and CR LF ([MS-RDPBCGR] 2.2.1.1).
constexpr std::size_t cookie_at = 11;
struct RdpCookie {
  string_view name, value;
};
std::optional<RdpCookie> rdp_cookie_in(const Scope& scope) {
  const Received* const received = scope.request_bytes;
  if (!received) return std::nullopt;
  const string_view bytes = received->bytes;
  const auto incomplete = [&] {
    if (!received->complete) scope.wants_more = true;
    return std::nullopt;
  };
  const auto is = [&](std::size_t at, unsigned value) { return static_cast<unsigned char>(bytes[at]) == value; };
  if (!bytes.empty() && !is(0, 3)) return std::nullopt;
  if (bytes.size() < cookie_at) return incomplete();
  if (!is(1, 0) || !is(5, 0xe0) || !is(6, 0) || !is(7, 0) || !is(10, 0)) return std::nullopt;
  constexpr string_view word = "Cookie:";
  string_view rest = bytes.substr(cookie_at);
  if (rest.size() < word.size()) return starts_nocase(word, rest) ? incomplete() : std::nullopt;
  if (!starts_nocase(rest, word)) return std::nullopt;
  rest.remove_prefix(word.size());
  const auto end = rest.find('\r');
  if (end == string_view::npos) return incomplete();
  rest = trim(rest.substr(0, end));
  const auto equals = rest.find('=');
  if (equals == string_view::npos || equals == 0) return std::nullopt;
  return RdpCookie{rest.substr(0, equals), rest.substr(equals + 1)};
}
std::optional<string_view> rdp_cookie(const Scope& scope, std::optional<string_view> name) {
  const auto cookie = rdp_cookie_in(scope);
  if (!cookie || (name && !name->empty() && !equal_nocase(*name, cookie->name))) return std::nullopt;
  return cookie->value;
}
Int rdp_cookie_count(const Scope& scope, std::optional<string_view> name) { return rdp_cookie(scope, name) ? 1 : 0; }

// distcc: tokens of four letters and eight hexadecimal digits; for some the digits are the size of what follows.
constexpr std::size_t token_size = 12;
bool has_body(string_view token) {
  for (const string_view known : {"ARGV", "CDIR", "DOTI", "DOTO", "FILE", "LINK", "NAME", "SERR", "SOUT"})
    if (token == known) return true;
  return false;
}
struct Token {
  Int parameter;
  string_view body;
  bool body_complete;
};
std::optional<Token> distcc_token(const Scope& scope, string_view wanted, Int occurrence) {
  const Received* const received = scope.direction == Direction::request ? scope.request_bytes : scope.response_bytes;
  if (!received) return std::nullopt;
  string_view rest = received->bytes;
  while (rest.size() >= token_size) {
    Int parameter = 0;
    for (const char c : rest.substr(4, 8)) {
      const int digit = hex_digit(c);
      if (digit < 0) return std::nullopt;
      parameter = parameter << 4 | digit;
    }
    const string_view name = rest.substr(0, 4);
    rest.remove_prefix(token_size);
    const std::size_t size = has_body(name) ? static_cast<std::size_t>(parameter) : 0;
    if (name == wanted && --occurrence == 0) return Token{parameter, rest.substr(0, size), rest.size() >= size};
    if (size > rest.size()) break;
    rest.remove_prefix(size);
  }
  if (!received->complete) scope.wants_more = true;
  return std::nullopt;
}
std::optional<Int> distcc_param(const Scope& scope, const DistccToken& token, Or<1> occurrence) {
  const auto found = distcc_token(scope, token.name, occurrence);
  if (!found) return std::nullopt;
  return found->parameter;
}
std::optional<Binary> distcc_body(const Scope& scope, const DistccToken& token, Or<1> occurrence) {
  const auto found = distcc_token(scope, token.name, occurrence);
  if (!found) return std::nullopt;
  if (!found->body_complete) {
    scope.wants_more = true;
    return std::nullopt;
  }
  return Binary{found->body};
}

const catalog::Add a{Fetch{.name = "req.rdp_cookie", .args = {"name"}, .run = typed<rdp_cookie>, .origin = Origin::request,
    .doc = "The value of the cookie (called {name}) an RDP client sends first.", .examples = {{"req.rdp_cookie", undefined}}}};
const catalog::Add b{Fetch{.name = "rdp_cookie", .args = {"name"}, .run = typed<rdp_cookie>, .origin = Origin::request, .doc = "Old name of req.rdp_cookie.",
    .examples = {{"rdp_cookie(mstshash)", undefined}}}};
const catalog::Add c{Fetch{.name = "req.rdp_cookie_cnt", .args = {"name"}, .run = typed<rdp_cookie_count>, .origin = Origin::request,
    .doc = "How many cookies (called {name}) an RDP client sends: 1 or 0.", .examples = {{"req.rdp_cookie_cnt", "0"}}}};
const catalog::Add d{Fetch{.name = "rdp_cookie_cnt", .args = {"name"}, .run = typed<rdp_cookie_count>, .origin = Origin::request, .doc = "Old name of req.rdp_cookie_cnt.",
    .examples = {{"rdp_cookie_cnt", "0"}}}};
const catalog::Add e{Fetch{.name = "distcc_param", .args = {"token", "occ"}, .run = typed<distcc_param>, .origin = Origin::either,
    .doc = "The number behind a token of distcc.", .examples = {{"distcc_param(DIST)", undefined}}}};
const catalog::Add f{Fetch{.name = "distcc_body", .args = {"token", "occ"}, .run = typed<distcc_body>, .origin = Origin::either,
    .doc = "The bytes that belong to a token of distcc.", .examples = {{"distcc_body(ARGV,2)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
