// `option ...` keywords of this layer and what belongs to them.
#include "backend/settings.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;
namespace only = config::only;

const Setting<ConnectionMode> connection_mode{in::proxies};
const Setting<AddressHeader> forwarded_for{in::proxies}, original_to{in::proxies};
const Setting<std::optional<config::Line>> forwarded{in::proxies};

namespace {

// The three modes are one setting: the last one written holds, `no` takes it back only if it is the one that holds.
template <ConnectionMode mode>
void connection(Line& line, Section& section) {
  if (!line.finish()) return;
  if (line.prefix() == config::Prefix::none) {
    section.change(connection_mode, line) = mode;
  } else if (section[connection_mode] == mode) {
    section.change(connection_mode, line) = ConnectionMode::keep_alive;
  }
}

const Add keep_alive_entry{Keyword{.name = "option http-keep-alive", .sections = in::proxies,
    .parse = connection<ConnectionMode::keep_alive>, .prefixes = config::Prefixes::no_and_default, .modes = only::http,
    .doc = "Keeps client and server connections for further requests; the default."}};
const Add server_close_entry{Keyword{.name = "option http-server-close", .sections = in::proxies,
    .parse = connection<ConnectionMode::server_close>, .prefixes = config::Prefixes::no_and_default, .modes = only::http,
    .doc = "Closes the server's connection after each answer and keeps the client's."}};
const Add http_close_entry{Keyword{.name = "option httpclose", .sections = in::proxies, .parse = connection<ConnectionMode::close>,
    .prefixes = config::Prefixes::no_and_default, .modes = only::http, .doc = "Closes both connections after each answer."}};

// "127.0.0.0/8", "::1", "10.0.0.0/255.0.0.0" is not among the documented forms.
bool take_network(Line& line, AddressHeader& header) {
  const config::Word* const word = line.take("<network>");
  if (!word) return false;
  const std::string_view text = word->text;
  const auto slash = text.find('/');
  const auto address = net::Address::parse_ip(text.substr(0, slash));
  const unsigned most = address && address->family() == net::Family::ipv6 ? 128 : 32;
  unsigned length = most;
  bool fine = address.has_value();
  if (fine && slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    fine = error == std::errc() && at == digits.data() + digits.size() && length <= most;
  }
  if (!fine) {
    line.alert(*word, fmt::format("'{}' : 'except' expects a network like 192.0.2.0/24, not '{}'.", line.keyword(), text));
    return false;
  }
  header.except.emplace_back(*address, length);
  return true;
}

enum class IfNone : std::uint8_t { allowed, unknown };
bool take_address_header(Line& line, AddressHeader& header, std::string_view name, IfNone if_none) {
  header = AddressHeader{};
  header.name = name;
  while (const config::Word* const word = line.next()) {
    if (*word == "except") {
      if (!take_network(line, header)) return false;
    } else if (*word == "header") {
      const config::Word* const given = line.take("<name>");
      if (!given) return false;
      header.name = given->text;
    } else if (*word == "if-none" && if_none == IfNone::allowed) {
      header.if_none = true;
    } else {
      line.alert(*word, fmt::format("'{}' only supports optional 'except' and 'header' values{}.", line.keyword(),
                                    if_none == IfNone::allowed ? " and 'if-none'" : ""));
      return false;
    }
  }
  return true;
}
void forward_for(Line& line, Section& section) {
  AddressHeader header;
  if (take_address_header(line, header, "x-forwarded-for", IfNone::allowed)) section.change(forwarded_for, line) = std::move(header);
}
void original(Line& line, Section& section) {
  AddressHeader header;
  if (take_address_header(line, header, "x-original-to", IfNone::unknown)) section.change(original_to, line) = std::move(header);
}
const Add forwardfor_entry{Keyword{.name = "option forwardfor", .args = "[ except <network> ] [ header <name> ] [ if-none ]",
    .sections = in::proxies, .parse = forward_for, .modes = only::http,
    .doc = "Tells the server the client's address in X-Forwarded-For."}};
const Add originalto_entry{Keyword{.name = "option originalto", .args = "[ except <network> ] [ header <name> ]",
    .sections = in::proxies, .parse = original, .modes = only::http,
    .doc = "Tells the server the address the client connected to in X-Original-To."}};

void keep_forwarded(Line& line, Section& section) {
  if (line.prefix() == config::Prefix::none) section.change(forwarded, line) = line;
  else if (line.finish()) section.change(forwarded, line) = std::nullopt;
}
const Add forwarded_entry{Keyword{.name = "option forwarded",
    .args = "[proto] [host | host-expr <expr>] [by | by-expr <expr>] [by_port | by_port-expr <expr>] "
            "[for | for-expr <expr>] [for_port | for_port-expr <expr>]",
    .sections = in::back_or_defaults, .parse = keep_forwarded, .prefixes = config::Prefixes::no_and_default, .modes = only::http,
    .doc = "Tells the server protocol, host, address of the proxy and of the client in Forwarded (RFC 7239); protocol and "
           "client's address unless said otherwise."}};

void tcp_keepalive(Line& line, Section& section) {
  if (line.finish()) section.change(client_keepalive, line) = line.prefix() == config::Prefix::none;
}
const Add clitcpka_entry{Keyword{.name = "option clitcpka", .sections = in::front_or_defaults, .parse = tcp_keepalive,
    .prefixes = config::Prefixes::no_and_default, .doc = "TCP keep-alive probes on client connections."}};

void tcp_keepalive_on_both(Line& line, Section& section) {
  if (!line.finish()) return;
  const bool on = line.prefix() == config::Prefix::none;
  section.change(client_keepalive, line) = on;
  section.change(backend::setting::server_keepalive, line) = on;
}
const Add tcpka_entry{Keyword{.name = "option tcpka", .sections = in::proxies, .parse = tcp_keepalive_on_both,
    .prefixes = config::Prefixes::no_and_default, .doc = "option clitcpka and option srvtcpka in one."}};

}  // namespace

const Setting<bool> client_keepalive{in::front_or_defaults, false};
const Setting<std::uint32_t> client_keepalive_count{{.name = "clitcpka-cnt", .args = "<count>", .sections = in::front_or_defaults,
    .doc = "Unanswered keep-alive probes after which a client connection is dead."}};
const Setting<Duration> client_keepalive_idle{{.name = "clitcpka-idle", .args = "<time>", .sections = in::front_or_defaults,
    .unit = config::Unit::s, .doc = "How long a client connection is idle before keep-alive probes are sent."}};
const Setting<Duration> client_keepalive_interval{{.name = "clitcpka-intvl", .args = "<time>", .sections = in::front_or_defaults,
    .unit = config::Unit::s, .doc = "Time between keep-alive probes on client connections."}};
const Setting<bool> buffer_request{{.name = "option http-buffer-request", .sections = in::proxies, .modes = only::http,
    .doc = "Waits for the request's body, as far as it fits a buffer, before a server is chosen."}};
const Setting<bool> pretend_keep_alive{{.name = "option http-pretend-keepalive", .sections = in::back_or_defaults, .modes = only::http,
    .doc = "With http-server-close, does not tell the server that its connection will be closed."}};
const Setting<bool> ignore_probes{{.name = "option http-ignore-probes", .sections = in::front_or_defaults, .modes = only::http,
    .doc = "Connections that end without a byte of a request are neither answered nor logged."}};
const Setting<bool> use_proxy_header{{.name = "option http-use-proxy-header", .sections = in::front_or_defaults, .modes = only::http,
    .doc = "Takes Proxy-Connection for Connection in requests sent to this as to a proxy."}};
const Setting<bool> relaxed_requests{{.name = "option accept-unsafe-violations-in-http-request", .sections = in::front_or_defaults,
    .modes = only::http, .doc = "Lets some malformed requests through instead of refusing them."}};
const Setting<bool> relaxed_responses{{.name = "option accept-unsafe-violations-in-http-response", .sections = in::back_or_defaults,
    .modes = only::http, .doc = "Lets some malformed responses through instead of refusing them."}};
const Setting<bool> socket_stats{{.name = "option socket-stats", .sections = in::front_or_defaults,
    .doc = "Counts for each listening socket by itself, too: the statistics have a row for each."}};
const Setting<bool> idle_close_on_response{{.name = "option idle-close-on-response", .sections = in::front_or_defaults,
    .modes = only::http, .doc = "A soft stop lets idle clients send one more request instead of closing on them."}};

}  // namespace sluice::proxy::setting
