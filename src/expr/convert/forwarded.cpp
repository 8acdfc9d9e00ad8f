// rfc7239_is_valid rfc7239_field rfc7239_n2nn rfc7239_n2np rfc7239_nn rfc7239_np (manual 7.3.1): the Forwarded header.
// An element is a list of name=value with semicolons between; values are tokens or quoted (RFC 7239, section 4). A node is
// an address (IPv6 in brackets), "unknown" or an obfuscated word, and perhaps a port (section 6).
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

enum class Parameter : std::uint8_t { for_, by, host, proto };
struct ParameterArg {
  Parameter wanted;
};
constexpr string_view parameter_names[] = {"for", "by", "host", "proto"};

bool is_token_char(char c) { return is_alpha(c) || is_digit(c) || string_view("!#$%&'*+-.^_`|~").contains(c); }
bool is_token(string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }
bool may_be_obfuscated(string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}
bool is_obfuscated(string_view text) { return text.starts_with('_') && may_be_obfuscated(text.substr(1)); }

struct Node {
  Sample name;  // an address, or a text: unknown or obfuscated
  Sample port;  // a number, an obfuscated text, or none
};
std::optional<Node> node_of(string_view text) {
  Node node;
  string_view name = text, port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == string_view::npos) return std::nullopt;
    const auto v6 = parse_ipv6(text.substr(1, end - 1));
    if (!v6) return std::nullopt;
    node.name = Sample::address(*v6);
    const string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return std::nullopt;
    has_port = !rest.empty();
    port = has_port ? rest.substr(1) : rest;
  } else {
    const auto colon = text.find(':');
    has_port = colon != string_view::npos;
    name = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
    if (const auto v4 = parse_ipv4(name)) node.name = Sample::address(*v4);
    else if (name == "unknown" || is_obfuscated(name)) node.name = Sample::text(name);
    else return std::nullopt;
  }
  if (!has_port) return node;
  if (is_obfuscated(port)) {
    node.port = Sample::text(port);
    return node;
  }
  const auto number = port.size() <= 5 && !port.empty() && is_digit(port[0]) ? parse_uint(port) : std::nullopt;
  if (!number || *number > 65535) return std::nullopt;
  node.port = Sample::integer(static_cast<Int>(*number));
  return node;
}

bool is_host(string_view text) {
  const auto fine = [](char c) { return is_token_char(c) || string_view(":[]/").contains(c); };
  return !text.empty() && std::ranges::all_of(text, fine);
}
// The RFC takes any scheme, the manual these two.
bool is_scheme(string_view text) { return equal_nocase(text, "http") || equal_nocase(text, "https"); }
bool is_valid_value(Parameter parameter, string_view text) {
  switch (parameter) {
    case Parameter::for_:
    case Parameter::by: return node_of(text).has_value();
    case Parameter::host: return is_host(text);
    case Parameter::proto: return is_scheme(text);
  }
  return false;
}

// One element, read whole; the value of the parameter that was asked for, unquoted. Nothing: it is not valid, or (with
// `wanted`) it has no such parameter.
std::optional<string_view> element(string_view in, std::optional<Parameter> wanted, Arena& arena) {
  std::optional<string_view> value;
  bool seen[4] = {};
  for (string_view rest = trim(in); !rest.empty();) {
    const auto equals = rest.find('=');
    if (equals == string_view::npos) return std::nullopt;
    const string_view name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    std::size_t which = 0;
    while (which < 4 && !equal_nocase(name, parameter_names[which])) ++which;
    if (which == 4 ? !is_token(name) : seen[which]) return std::nullopt;
    string_view text;
    if (rest.starts_with('"')) {
      char* const out = arena.allocate(rest.size());
      std::size_t size = 0, at = 1;
      for (; at < rest.size() && rest[at] != '"'; ++at) {
        if (rest[at] == '\\' && ++at == rest.size()) return std::nullopt;
        out[size++] = rest[at];
      }
      if (at >= rest.size()) return std::nullopt;
      text = {out, size};
      rest.remove_prefix(at + 1);
    } else {
      std::size_t size = 0;
      while (size < rest.size() && is_token_char(rest[size])) ++size;
      if (size == 0) return std::nullopt;
      text = rest.substr(0, size);
      rest.remove_prefix(size);
    }
    if (which < 4) {
      if (!is_valid_value(static_cast<Parameter>(which), text)) return std::nullopt;
      seen[which] = true;
      if (wanted == static_cast<Parameter>(which)) value = text;
    }
    if (rest.empty()) break;
    if (rest[0] != ';' || rest.size() == 1) return std::nullopt;
    rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  if (!wanted) return seen[0] || seen[1] || seen[2] || seen[3] ? std::optional(string_view("")) : std::nullopt;
  return value;
}

bool is_valid(string_view in, Arena& arena) { return element(in, {}, arena).has_value(); }
std::optional<string_view> field(string_view in, ParameterArg parameter, Arena& arena) { return element(in, parameter.wanted, arena); }
Sample node_name(string_view in) {
  const auto node = node_of(in);
  return node ? node->name : Sample{};
}
Sample node_port(string_view in) {
  const auto node = node_of(in);
  return node ? node->port : Sample{};
}

// The other way round: what may be written into the header. A text becomes an obfuscated word, whatever it says.
std::optional<string_view> obfuscated(string_view text, Arena& arena) {
  if (!may_be_obfuscated(text)) return std::nullopt;
  return arena.join("_", text);
}
std::optional<string_view> written_name(Sample in, Arena& arena) {
  if (in.is_text()) return in.view().empty() ? string_view("unknown") : obfuscated(in.view(), arena);
  if (!in.is_address()) return std::nullopt;
  char* const out = arena.allocate(48);
  if (in.type() == Type::ipv4) return string_view(out, write_address(in, out));
  out[0] = '[';
  const std::size_t size = write_address(in, out + 1);
  out[size + 1] = ']';
  return string_view(out, size + 2);
}
std::optional<string_view> written_port(Sample in, Arena& arena) {
  if (in.is_text()) return obfuscated(in.view(), arena);
  const Sample number = cast(in, Type::sint, arena);
  if (!number || number.integer() < 0 || number.integer() > 65535) return std::nullopt;
  return decimal(number.integer(), arena);
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::ParameterArg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::ParameterArg, std::string> read(std::string_view text) {
    for (std::size_t i = 0; i < 4; ++i)
      if (text == sluice::expr::parameter_names[i]) return sluice::expr::ParameterArg{static_cast<sluice::expr::Parameter>(i)};
    return std::unexpected(fmt::format("'{}' is none of for, by, host, proto", text));
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Converter{.name = "rfc7239_is_valid", .run = typed<is_valid>, .doc = "True for a valid element of a Forwarded header (RFC 7239).",
    .examples = {{"str('for=192.0.2.60;proto=http;by=203.0.113.43'),rfc7239_is_valid", "1"}, {"str('for=\"[2001:db8::1]:47011\"'),rfc7239_is_valid", "1"},
                 {"str('for=192.0.2.60;for=192.0.2.61'),rfc7239_is_valid", "0"}, {"str('for=x'),rfc7239_is_valid", "0"}, {"str('proto=custom'),rfc7239_is_valid", "0"}, {"str('by=_hidden;host=\"a:80\"'),rfc7239_is_valid", "1"}}}};
const catalog::Add b{Converter{.name = "rfc7239_field", .args = {"field"}, .run = typed<field>, .doc = "Parameter for, by, host or proto of an element of a Forwarded header.",
    .examples = {{"str('for=192.0.2.60;proto=http;by=203.0.113.43'),rfc7239_field(proto)", "http"}, {"str('for=\"[2001:db8::1]:47011\"'),rfc7239_field(for)", "[2001:db8::1]:47011"},
                 {"str('for=192.0.2.60'),rfc7239_field(host)", undefined}}}};
const catalog::Add c{Converter{.name = "rfc7239_n2nn", .run = typed<node_name>, .out = Type::any, .doc = "The name of a node of a Forwarded header: an address or a word.",
    .examples = {{"str('192.0.2.60:80'),rfc7239_n2nn", "192.0.2.60"}, {"str('[2001:db8::1]:47011'),rfc7239_n2nn", "2001:db8::1"}, {"str('unknown:_p'),rfc7239_n2nn", "unknown"},
                 {"str('host'),rfc7239_n2nn", undefined}}}};
const catalog::Add d{Converter{.name = "rfc7239_n2np", .run = typed<node_port>, .out = Type::any, .doc = "The port of a node of a Forwarded header: a number or a word.",
    .examples = {{"str('192.0.2.60:80'),rfc7239_n2np", "80"}, {"str('unknown:_p'),rfc7239_n2np", "_p"}, {"str('192.0.2.60'),rfc7239_n2np", undefined}}}};
const catalog::Add e{Converter{.name = "rfc7239_nn", .run = typed<written_name>, .in = Type::any, .doc = "An address, or a text as an obfuscated word, as the name of a node of a Forwarded header.",
    .examples = {{"ipv6(2001:db8::1),rfc7239_nn", "[2001:db8::1]"}, {"src,rfc7239_nn", "192.0.2.7"}, {"str(test),rfc7239_nn", "_test"}, {"str(),rfc7239_nn", "unknown"}, {"str('a b'),rfc7239_nn", undefined}}}};
const catalog::Add f{Converter{.name = "rfc7239_np", .run = typed<written_port>, .in = Type::any, .doc = "A number, or a text as an obfuscated word, as the port of a node of a Forwarded header.",
    .examples = {{"src_port,rfc7239_np", "40000"}, {"str(test),rfc7239_np", "_test"}, {"str(),rfc7239_np", undefined}, {"int(70000),rfc7239_np", undefined}}}};

}  // namespace
}  // namespace sluice::expr
