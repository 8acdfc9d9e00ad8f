#include "proxy/forwarded.hpp"

#include <algorithm>

#include "expr/compiler.hpp"
#include "expr/scope.hpp"
#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/uri.hpp"

namespace sluice::proxy {

namespace {

std::string_view value_or_unknown(const expr::Expression& from, expr::Scope& scope) {
  const auto text = from.text(scope);
  return text && !text->empty() ? *text : std::string_view("unknown");
}

// RFC 7239 section 6.3: letters, digits, '.', '_' and '-'.
bool can_be_obfuscated(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

// RFC 7239 section 6: an address, "unknown", or a made name, which begins with '_'.
std::string_view node_name(std::string_view text, Arena& arena) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (net::Address::parse_ip(text) || text == "unknown") return text;
  if (!can_be_obfuscated(text)) return "unknown";
  return text.starts_with('_') ? text : arena.join("_", text);
}

// RFC 7239 section 6: a port, or a made name; nothing else is told.
std::string_view node_port(std::string_view text) {
  const bool number = text.size() <= 5 && http::parse_port(text);
  return number || (text.starts_with('_') && text.size() > 1 && can_be_obfuscated(text)) ? text : std::string_view();
}

// RFC 7239 section 4: what is no token is quoted.
std::string_view quoted(std::string_view text, Arena& arena) {
  if (!text.empty() && std::ranges::all_of(text, http::is_token_char)) return text;
  return arena.join(arena.join("\"", text), "\"");
}

bool is_ipv6(std::string_view text) {
  const auto address = net::Address::parse_ip(text);
  return address && address->family() == net::Family::ipv6;
}

}  // namespace

bool Forwarded::take(config::Line& line, expr::Compiler& compiler, std::string_view word) {
  const auto from = [&](std::optional<expr::Expression>& to) {
    to = expr::Expression::parse(line, compiler);
    return to.has_value();
  };
  if (word == "proto") return proto_ = true;
  if (word == "host") return host_ = true;
  if (word == "host-expr") return from(host_from_);
  if (word == "by") return by_.address = true;
  if (word == "by-expr") return from(by_.address_from);
  if (word == "by_port") return by_.port = true;
  if (word == "by_port-expr") return from(by_.port_from);
  if (word == "for") return for_.address = true;
  if (word == "for-expr") return from(for_.address_from);
  if (word == "for_port") return for_.port = true;
  if (word == "for_port-expr") return from(for_.port_from);
  line.alert(line.last(), fmt::format("'{}' expects proto, host, by, by_port, for, for_port or one of them with -expr, not '{}'.",
                                      line.keyword(), word));
  return false;
}

std::shared_ptr<const Forwarded> Forwarded::parse(config::Line& line, expr::Compiler& compiler) {
  const expr::EvaluatedAt here(compiler, bit(expr::Checkpoint::backend_request));
  auto made = std::make_shared<Forwarded>();
  if (line.at_end()) made->proto_ = made->for_.address = true;  // the manual's default
  while (const config::Word* const word = line.next())
    if (!made->take(line, compiler, word->text)) return nullptr;
  // A port belongs to an address.
  for (const Node* const node : {&made->by_, &made->for_}) {
    if (!(node->port || node->port_from) || node->address || node->address_from) continue;
    line.alert(fmt::format("'{}' : a port needs the address it belongs to.", line.keyword()));
    return nullptr;
  }
  return made;
}

std::string_view Forwarded::node(const Node& node, const net::Address& address, expr::Scope& scope) {
  Arena& arena = *scope.arena;
  char room[46];
  std::string_view text = node.address_from ? node_name(value_or_unknown(*node.address_from, scope), arena)
                          : address.is_ip() ? arena.copy(address.write_host(room))
                                            : std::string_view("unknown");
  if (is_ipv6(text)) text = arena.join(arena.join("[", text), "]");
  if (node.port_from) {
    const std::string_view port = node_port(value_or_unknown(*node.port_from, scope));
    if (!port.empty()) text = arena.join(arena.join(text, ":"), port);
  } else if (node.port && address.is_ip()) {
    text = arena.join(arena.join(text, ":"), fmt::format_int(address.port()).str());
  }
  return quoted(text, arena);
}

std::string_view Forwarded::text(const About& about, expr::Scope& scope) const {
  Arena& arena = *scope.arena;
  std::string_view out;
  const auto put = [&](std::string_view name, std::string_view value) {
    out = arena.join(arena.join(out, out.empty() ? "" : ";"), arena.join(name, value));
  };
  if (proto_) put("proto=", "http");
  if (host_ || host_from_) {
    const std::string_view host = host_from_ ? value_or_unknown(*host_from_, scope) : about.host;
    put("host=", arena.join(arena.join("\"", host), "\""));
  }
  if (by_.wanted()) put("by=", node(by_, about.proxy, scope));
  if (for_.wanted()) put("for=", node(for_, about.client, scope));
  return out;
}

}  // namespace sluice::proxy
