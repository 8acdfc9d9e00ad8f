// Server options about how it is connected to.
#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

const config::Setting<bool> setting::never_send_local{{.name = "pp2-never-send-local", .sections = config::in::global,
    .doc = "PROXY headers of version 2 that health checks send name the check's own addresses, as if there were a client, for "
           "servers that do not understand a header without addresses."}};

namespace {
bool source_address(config::Line& line, Source& source, PortRange ranges) {
  const config::Word* const word = line.take("<address>[:<port>]");
  if (!word) return false;
  net::EndpointRules rules;
  rules.range_allowed = ranges == PortRange::allowed;
  const auto endpoint = net::parse_endpoint(word->text, rules);
  if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
    line.alert(*word, fmt::format("'{}' is not an address to connect from{}.", word->text,
                                  endpoint ? "" : ": " + endpoint.error()));
    return false;
  }
  source.address = endpoint->address;
  if (endpoint->port_last != endpoint->port_first) {
    source.port_low = endpoint->port_first;
    source.port_high = endpoint->port_last;
  } else {
    source.address = source.address.with_port(endpoint->port_first);
  }
  return true;
}

// hdr_ip(<name>[,<occurrence>]); the occurrence 0 pretends nothing.
bool pretended_header(config::Line& line, const config::Word& word, Source& source) {
  std::string_view inside = std::string_view(word.text).substr(7);
  if (inside.ends_with(')')) inside.remove_suffix(1);
  source.use_header = lower(trim(take_until(inside, ',')));
  const auto occurrence = inside.empty() ? std::optional<std::int64_t>(-1) : parse_int(trim(inside));
  if (source.use_header.empty() || !word.text.ends_with(')') || !occurrence || *occurrence < -100 || *occurrence > 100) {
    line.alert(word, fmt::format("'usesrc' : '{}' is not hdr_ip(<name>[,<occurrence>]).", word.text));
    return false;
  }
  source.use_occurrence = static_cast<int>(*occurrence);
  if (source.use_occurrence != 0) source.use = Source::Use::header;
  return true;
}

}  // namespace

bool read_pretended_address(config::Line& line, Source& source) {
  const config::Word* const word = line.take("<address>[:<port>], client, clientip or hdr_ip(<name>)");
  if (!word) return false;
  if (word->text == "client") {
    source.use = Source::Use::client;
  } else if (word->text == "clientip") {
    source.use = Source::Use::client_ip;
  } else if (word->text.starts_with("hdr_ip(")) {
    return pretended_header(line, *word, source);
  } else {
    const auto endpoint = net::parse_endpoint(word->text);
    if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
      line.alert(*word, fmt::format("'usesrc' expects an address, 'client', 'clientip' or 'hdr_ip(<name>)', not '{}'.", word->text));
      return false;
    }
    source.use = Source::Use::address;
    source.use_address = endpoint->address.with_port(endpoint->port_first);
  }
  return true;
}
bool read_source(config::Line& line, Source& source, PortRange ranges) {
  source = Source{};
  source.set = true;
  if (!source_address(line, source, ranges)) return false;
  for (;;) {
    if (line.accept("usesrc")) {
      if (!read_pretended_address(line, source)) return false;
    } else if (line.accept("interface")) {
      const config::Word* const name = line.take("<interface>");
      if (!name) return false;
      source.interface = name->text;
    } else {
      return true;
    }
  }
}

namespace {

using catalog::Add;
using config::Line;

template <SendProxy version>
bool send_proxy(Line&, ServerSettings& server) {
  server.send_proxy = version;
  return true;
}
bool send_proxy_ssl(Line&, ServerSettings& server) {
  server.send_proxy = SendProxy::v2;
  server.proxy_v2_options |= proxy_v2_ssl;
  return true;
}
bool no_send_proxy_ssl(Line&, ServerSettings& server) {
  server.proxy_v2_options &= ~proxy_v2_ssl;
  if (server.send_proxy == SendProxy::v2) server.send_proxy = SendProxy::none;
  return true;
}
// set-proxy-v2-tlv-fmt(<id>) <fmt>
bool set_tlv(Line& line, ServerSettings& server) {
  const config::Word word = line.last();
  std::string_view number = word.text;
  number.remove_prefix(number.find('(') + 1);
  const bool closed = number.ends_with(')');
  if (closed) number.remove_suffix(1);
  const bool hex = number.starts_with("0x") || number.starts_with("0X");
  unsigned type = 0;
  const std::string_view digits = hex ? number.substr(2) : number;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), type, hex ? 16 : 10);
  if (!closed || error != std::errc() || end != digits.data() + digits.size() || type > 255) {
    line.alert(word, fmt::format("'{}' : '{}' is not the type of a TLV, 0 to 255 or 0x00 to 0xFF.", "set-proxy-v2-tlv-fmt", number));
    return false;
  }
  std::vector<TlvLine> all;
  if (server.tlvs) all = *server.tlvs;
  std::erase_if(all, [&](const TlvLine& one) { return one.type == type; });
  all.push_back({static_cast<std::uint8_t>(type), line});
  if (!line.take("<fmt>")) return false;
  server.tlvs = std::make_shared<const std::vector<TlvLine>>(std::move(all));
  return true;
}
// Behind a `source`, not necessarily right behind it.
bool usesrc(Line& line, ServerSettings& server) {
  if (server.source.set) return read_pretended_address(line, server.source);
  line.alert(line.last(), "'usesrc' is only allowed after a 'source' statement.");
  return false;
}

template <SendProxy version>
bool no_send_proxy(Line&, ServerSettings& server) {
  if (server.send_proxy == version) server.send_proxy = SendProxy::none;
  return true;
}
bool proxy_v2_options(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<option>[,<option>]*");
  if (!word) return false;
  std::string_view rest = word->text;
  while (!rest.empty()) {
    const std::string_view one = take_until(rest, ',');
    if (one == "crc32c") {
      server.proxy_v2_options |= proxy_v2_crc32c;
    } else if (one == "unique-id") {
      server.proxy_v2_options |= proxy_v2_unique_id;
    } else if (one == "ssl" || one == "cert-cn" || one == "ssl-cipher" || one == "cert-sig" || one == "cert-key") {
      server.proxy_v2_options |= proxy_v2_ssl;  // there is no certificate to tell about
    } else if (one == "authority") {
      // The name a client asked for with TLS: it asked for none.
    } else {
      line.alert(*word, fmt::format("'proxy-v2-options' : unknown or not yet supported option '{}'.", one));
      return false;
    }
  }
  return true;
}
template <bool value>
bool tfo(Line&, ServerSettings& server) {
  server.tfo = value;
  return true;
}
bool tcp_ut(Line& line, ServerSettings& server) {
  const auto delay = line.take_duration("<delay>");
  if (delay) server.tcp_user_timeout = *delay;
  return delay.has_value();
}
bool source(Line& line, ServerSettings& server) { return read_source(line, server.source, PortRange::allowed); }
bool socks4(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<address>:<port>");
  if (!word) return false;
  net::EndpointRules rules;
  rules.port_required = true;
  const auto endpoint = net::parse_endpoint(word->text, rules);
  if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
    line.alert(*word, fmt::format("'{}' is not the address of a SOCKS4 proxy{}.", word->text, endpoint ? "" : ": " + endpoint.error()));
    return false;
  }
  server.socks4 = endpoint->address.with_port(endpoint->port_first);
  return true;
}
bool init_addr(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("{last | libc | none | <ip>},[...]*");
  if (!word) return false;
  std::string_view rest = word->text;
  while (!rest.empty()) {
    const std::string_view one = take_until(rest, ',');
    if (one == "last" || one == "libc" || one == "none" || net::Address::parse_ip(one)) continue;
    line.alert(*word, fmt::format("'init-addr' expects 'last', 'libc', 'none' or an IP address, not '{}'.", one));
    return false;
  }
  server.init_addr = word->text;
  return true;
}

const Add send_proxy_v1{ServerOption{.name = "send-proxy", .parse = send_proxy<SendProxy::v1>,
    .doc = "Every connection to it begins with a PROXY protocol line, version 1, that tells who the client is."}};
const Add no_send_proxy_v1{ServerOption{.name = "no-send-proxy", .parse = no_send_proxy<SendProxy::v1>,
    .doc = "Takes back a send-proxy of default-server."}};
const Add send_proxy_v2{ServerOption{.name = "send-proxy-v2", .parse = send_proxy<SendProxy::v2>,
    .doc = "Every connection to it begins with a PROXY protocol header, version 2."}};
const Add no_send_proxy_v2{ServerOption{.name = "no-send-proxy-v2", .parse = no_send_proxy<SendProxy::v2>,
    .doc = "Takes back a send-proxy-v2 of default-server."}};
const Add v2_options{ServerOption{.name = "proxy-v2-options", .args = "<option>[,<option>]*", .parse = proxy_v2_options,
    .doc = "What a version 2 header says besides: crc32c (a checksum), unique-id, ssl and its details (that there is none)."}};
const Add v2_ssl{ServerOption{.name = "send-proxy-v2-ssl", .parse = send_proxy_ssl,
    .doc = "As send-proxy-v2, and the header tells about the client's encryption, too: that there is none, in this version."}};
const Add v2_ssl_cn{ServerOption{.name = "send-proxy-v2-ssl-cn", .parse = send_proxy_ssl,
    .doc = "As send-proxy-v2-ssl, and with the name of the client's certificate, if there is one: there is none in this version."}};
const Add no_v2_ssl{ServerOption{.name = "no-send-proxy-v2-ssl", .parse = no_send_proxy_ssl,
    .doc = "Takes back a send-proxy-v2-ssl of default-server."}};
const Add no_v2_ssl_cn{ServerOption{.name = "no-send-proxy-v2-ssl-cn", .parse = no_send_proxy_ssl,
    .doc = "Takes back a send-proxy-v2-ssl-cn of default-server."}};
const Add tlv_entry{ServerOption{.name = "set-proxy-v2-tlv-fmt", .args = "(<id>) <fmt>", .parse = set_tlv, .takes_parameter = true,
    .doc = "A version 2 header says this, too: a TLV of type <id> with what the log format gives."}};
const Add usesrc_entry{ServerOption{.name = "usesrc", .args = "{ <addr2>[:<port2>] | client | clientip | hdr_ip(<name>[,<n>]) }", .parse = usesrc,
    .doc = "Behind source: the address connections to it pretend to come from."}};
const Add tfo_entry{ServerOption{.name = "tfo", .parse = tfo<true>,
    .doc = "Sends the first bytes with the first packet (TCP Fast Open) where the kernel can."}};
const Add no_tfo{ServerOption{.name = "no-tfo", .parse = tfo<false>, .doc = "Takes back a tfo of default-server."}};
const Add tcp_ut_entry{ServerOption{.name = "tcp-ut", .args = "<delay>", .parse = tcp_ut,
    .doc = "How long sent bytes may stay unacknowledged before the connection is given up (TCP User Timeout)."}};
const Add source_entry{ServerOption{.name = "source",
    .args = "<addr>[:<pl>[-<ph>]] [usesrc { <addr2>[:<port2>] | client | clientip | hdr_ip(<name>[,<n>]) } ] [interface <name>]", .parse = source,
    .doc = "The address, and the ports, connections to it come from; with usesrc, the address they pretend to come from."}};
const Add socks4_entry{ServerOption{.name = "socks4", .args = "<addr>:<port>", .parse = socks4,
    .doc = "Connections to it go through this SOCKS4 proxy."}};
const Add init_addr_entry{ServerOption{.name = "init-addr", .args = "{last | libc | none | <ip>},[...]*", .parse = init_addr,
    .doc = "How a name is turned into an address at start: the first way of the list that works. Default last,libc."}};

}  // namespace
}  // namespace sluice::backend
