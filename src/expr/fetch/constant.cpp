// Constants (manual 7.3.2 and 7.3.7).
#include "base/text.hpp"
#include "expr/entries.hpp"
#include "http/method.hpp"

namespace sluice::expr {
struct BoolArg {
  bool value = false;
};
struct HexArg {
  std::string bytes;
};
struct Ipv4Arg {
  Ipv4 value;
};
struct Ipv6Arg {
  Ipv6 value;
};
}  // namespace sluice::expr

namespace sluice::catalog {
template <>
struct Argument<expr::BoolArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::BoolArg, std::string> read(std::string_view text) {
    if (text == "true" || text == "1") return expr::BoolArg{true};
    if (text == "false" || text == "0") return expr::BoolArg{false};
    return std::unexpected("expected 'true', 'false', '0' or '1' instead of '" + std::string(text) + "'");
  }
};
template <>
struct Argument<expr::HexArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::HexArg, std::string> read(std::string_view text) {
    expr::HexArg out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      if (hex_digit(text[i]) < 0 || hex_digit(text[i + 1]) < 0) return std::unexpected("'" + std::string(text) + "' is not hexadecimal");
      out.bytes += static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
    }
    if (text.size() % 2) return std::unexpected("an even number of hexadecimal digits is expected");
    return out;
  }
};
template <>
struct Argument<expr::Ipv4Arg> {
  static constexpr std::string_view name = "IPv4 address";
  static std::expected<expr::Ipv4Arg, std::string> read(std::string_view text) {
    if (const auto value = expr::parse_ipv4(text)) return expr::Ipv4Arg{*value};
    return std::unexpected("'" + std::string(text) + "' is not an IPv4 address");
  }
};
template <>
struct Argument<expr::Ipv6Arg> {
  static constexpr std::string_view name = "IPv6 address";
  static std::expected<expr::Ipv6Arg, std::string> read(std::string_view text) {
    if (const auto value = expr::parse_ipv6(text)) return expr::Ipv6Arg{*value};
    return std::unexpected("'" + std::string(text) + "' is not an IPv6 address");
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;

bool always_true() { return true; }
bool always_false() { return false; }
bool boolean(const BoolArg& value) { return value.value; }
Int integer(Int value) { return value; }
std::string_view str(std::string_view value) { return value; }
Binary bin(const HexArg& value) { return {value.bytes}; }
Ipv4 ipv4(const Ipv4Arg& value) { return value.value; }
Ipv6 ipv6(const Ipv6Arg& value) { return value.value; }
Sample meth(std::string_view value) { return Sample::method(http::method_of(value), value); }

const catalog::Add a{Fetch{.name = "always_true", .run = typed<always_true>, .doc = "True.", .examples = {{"always_true", "1"}}}};
const catalog::Add b{Fetch{.name = "always_false", .run = typed<always_false>, .doc = "False.", .examples = {{"always_false", "0"}}}};
const catalog::Add c{Fetch{.name = "bool", .args = {"bool"}, .run = typed<boolean>, .doc = "The boolean itself.",
                           .examples = {{"bool(true)", "1"}, {"bool(0)", "0"}}}};
const catalog::Add d{Fetch{.name = "int", .args = {"integer"}, .run = typed<integer>, .doc = "The integer itself.",
                           .examples = {{"int(-5)", "-5"}}}};
const catalog::Add e{Fetch{.name = "str", .args = {"string"}, .run = typed<str>, .doc = "The text itself.",
                           .examples = {{"str(a b)", "a b"}, {"str(\"a,b\")", "a,b"}, {"str('a\\b')", "a\\b"}}}};
const catalog::Add f{Fetch{.name = "bin", .args = {"hex"}, .run = typed<bin>, .doc = "Bytes written in hexadecimal.",
                           .examples = {{"bin(6869)", "hi"}}}};
const catalog::Add g{Fetch{.name = "ipv4", .args = {"ipv4"}, .run = typed<ipv4>, .doc = "The IPv4 address itself.",
                           .examples = {{"ipv4(192.0.2.1)", "192.0.2.1"}}}};
const catalog::Add h{Fetch{.name = "ipv6", .args = {"ipv6"}, .run = typed<ipv6>, .doc = "The IPv6 address itself.",
                           .examples = {{"ipv6(2001:db8::1)", "2001:db8::1"}}}};
const catalog::Add i{Fetch{.name = "meth", .args = {"method"}, .run = typed<meth>, .out = Type::method, .doc = "The method itself.",
                           .examples = {{"meth(GET)", "GET"}}}};
}  // namespace
}  // namespace sluice::expr
