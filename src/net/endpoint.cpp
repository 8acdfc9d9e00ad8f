// The address forms of the configuration language.
#include <fmt/format.h>
#include <netdb.h>

#include "base/text.hpp"
#include "net/address.hpp"

namespace sluice::net {

namespace {

using Failure = std::unexpected<std::string>;

struct Prefix {
  std::string_view name;
  Family family;                  // none: decided by what follows
  Endpoint::Form form = Endpoint::Form::address;
  Endpoint::Transport transport = Endpoint::Transport::stream;
  bool multipath = false;
};
constexpr Prefix prefixes[] = {
    {"ip@", Family::none},
    {"ipv4@", Family::ipv4},
    {"ipv6@", Family::ipv6},
    {"tcp@", Family::none},
    {"tcp4@", Family::ipv4},
    {"tcp6@", Family::ipv6},
    {"mptcp@", Family::none, Endpoint::Form::address, Endpoint::Transport::stream, true},
    {"mptcp4@", Family::ipv4, Endpoint::Form::address, Endpoint::Transport::stream, true},
    {"mptcp6@", Family::ipv6, Endpoint::Form::address, Endpoint::Transport::stream, true},
    {"udp@", Family::none, Endpoint::Form::address, Endpoint::Transport::datagram},
    {"udp4@", Family::ipv4, Endpoint::Form::address, Endpoint::Transport::datagram},
    {"udp6@", Family::ipv6, Endpoint::Form::address, Endpoint::Transport::datagram},
    {"unix@", Family::unix_path},
    {"uxst@", Family::unix_path},
    {"uxdg@", Family::unix_path, Endpoint::Form::address, Endpoint::Transport::datagram},
    {"abns@", Family::abstract},
    {"abnsz@", Family::abstract_z},
    {"fd@", Family::none, Endpoint::Form::descriptor},
    {"sockpair@", Family::none, Endpoint::Form::socketpair},
};

std::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value) return Failure(fmt::format("'{}' is not a port number", text));
  if (*value > 65535) return Failure(fmt::format("port {} is above 65535", text));
  return static_cast<std::uint16_t>(*value);
}

// What stands after the last colon: "80", "80-90", "+1", "-1" or nothing.
std::expected<void, std::string> parse_ports(Endpoint& e, std::string_view text, const EndpointRules& rules) {
  if (text.empty()) return {};
  if (!rules.port_allowed) return Failure(fmt::format("no port is allowed here, but ':{}' was given", text));
  if (text.front() == '+' || text.front() == '-') {
    if (!rules.offset_allowed) return Failure(fmt::format("a port offset ('{}') is not allowed here", text));
    const auto offset = parse_port(text.substr(1));
    if (!offset) return Failure(offset.error());
    e.port_offset = text.front() == '-' ? -int{*offset} : int{*offset};
    e.port_given = true;
    return {};
  }
  const auto dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  if (!first) return Failure(first.error());
  e.port_first = e.port_last = *first;
  e.port_given = true;
  if (dash == std::string_view::npos) return {};
  if (!rules.range_allowed) return Failure(fmt::format("a port range ('{}') is not allowed here", text));
  const auto last = parse_port(text.substr(dash + 1));
  if (!last) return Failure(last.error());
  if (*last < *first) return Failure(fmt::format("the port range '{}' ends before it begins", text));
  e.port_last = *last;
  return {};
}

// Splits "host:port". Only the last colon counts; "[v6]:port" and a v6 address that is followed by a port work, and so
// does a bare v6 address if no port may stand here.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close != std::string_view::npos) {
      const std::string_view after = text.substr(close + 1);
      if (after.empty()) return {text.substr(1, close - 1), {}};
      if (after.front() == ':') return {text.substr(1, close - 1), after.substr(1)};
    }
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool looks_like_name(std::string_view host) {
  return std::ranges::all_of(host, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

std::expected<Endpoint, std::string> parse_unix(Endpoint e, std::string_view path, Family family) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return Failure("the socket's name is missing");
  if (path.size() > longest)
    return Failure(fmt::format("the socket's name '{}' is longer than {} characters", path, longest));
  e.address = family == Family::unix_path ? Address::unix_path(path) : Address::abstract(path, family);
  return e;
}

std::expected<Endpoint, std::string> parse_ip_or_name(Endpoint e, std::string_view text, Family family,
                                                      const EndpointRules& rules) {
  std::string_view host = text, ports;
  // Without a port a whole IPv6 address is one (a colon belongs to it).
  const bool bare = !rules.port_required && !text.starts_with('[') && family != Family::ipv4 &&
                    std::ranges::count(text, ':') > 1 && (text.ends_with("::") || !rules.port_allowed) &&
                    Address::parse_ip(text);
  if (!bare) std::tie(host, ports) = split_port(text);
  if (const auto done = parse_ports(e, ports, rules); !done) return Failure(done.error());
  if (rules.port_required && !e.port_given) return Failure(fmt::format("'{}' lacks a port", text));

  const std::uint16_t port = e.port_first;
  if (host.empty() || host == "*") {
    e.address = Address::any(family, port);
    return e;
  }
  if (const auto ip = Address::parse_ip(host, port)) {
    if (family != Family::none && ip->family() != family)
      return Failure(fmt::format("'{}' is not an IPv{} address", host, family == Family::ipv4 ? 4 : 6));
    e.address = *ip;
    return e;
  }
  if (!looks_like_name(host)) return Failure(fmt::format("'{}' is neither an address nor a host name", host));
  e.host = std::string(host);
  e.wanted = family;
  if (!rules.resolve) return e;
  const auto found = resolve(host, family, port);
  if (!found) return Failure(found.error());
  e.address = found->front();
  for (const Address& candidate : *found) {
    if (candidate.family() != rules.preferred) continue;
    e.address = candidate;
    break;
  }
  return e;
}

}  // namespace

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, const EndpointRules& rules) {
  Endpoint e;
  const std::string_view all = text;
  if (text.empty()) return Failure("the address is missing");
  if (text.starts_with("stream+")) {
    text.remove_prefix(7);
  } else if (text.starts_with("dgram+")) {
    text.remove_prefix(6);
    e.transport = Endpoint::Transport::datagram;
  }
  for (const Prefix& prefix : prefixes) {
    if (!text.starts_with(prefix.name)) continue;
    text.remove_prefix(prefix.name.size());
    e.form = prefix.form;
    e.multipath = prefix.multipath;
    if (e.multipath && !rules.multipath_allowed) return Failure(fmt::format("'{}' is not possible here", prefix.name));
    if (prefix.transport == Endpoint::Transport::datagram) e.transport = prefix.transport;
    if (e.form != Endpoint::Form::address) {
      const auto number = parse_uint(text);
      if (!number || *number > 1'000'000) return Failure(fmt::format("'{}' lacks a descriptor number", all));
      e.descriptor = static_cast<int>(*number);
      return e;
    }
    if (prefix.family >= Family::unix_path) return parse_unix(std::move(e), text, prefix.family);
    return parse_ip_or_name(std::move(e), text, prefix.family, rules);
  }
  for (const std::string_view missing : {"quic@", "quic4@", "quic6@", "quic+"})
    if (text.starts_with(missing)) return Failure(fmt::format("'{}' is not implemented in this version: HTTP/3 is not there yet", missing));
  if (text.starts_with("rhttp@")) return Failure("'rhttp@' is not implemented in this version: reverse connections are not there yet");
  const auto at = text.find('@');
  if (at != std::string_view::npos && !text.starts_with('/'))
    return Failure(fmt::format("'{}' is not a known address family", text.substr(0, at + 1)));
  if (text.starts_with('/')) return parse_unix(std::move(e), text, Family::unix_path);
  return parse_ip_or_name(std::move(e), text, Family::none, rules);
}

std::expected<std::vector<Endpoint>, std::string> parse_endpoints(std::string_view text, const EndpointRules& rules) {
  std::vector<Endpoint> all;
  do {
    auto one = parse_endpoint(take_until(text, ','), rules);
    if (!one) return Failure(std::move(one).error());
    all.push_back(std::move(*one));
  } while (!text.empty());
  return all;
}

std::expected<std::vector<Address>, std::string> resolve(std::string_view host, Family wanted, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = wanted == Family::ipv4 ? AF_INET : wanted == Family::ipv6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* answers = nullptr;
  const std::string name(host);
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &answers); error != 0)
    return Failure(fmt::format("could not resolve address '{}': {}", host, ::gai_strerror(error)));
  std::vector<Address> all;
  for (const addrinfo* a = answers; a; a = a->ai_next)
    if (const Address address = Address::from(a->ai_addr, a->ai_addrlen); address.is_ip())
      all.push_back(address.with_port(port));
  ::freeaddrinfo(answers);
  if (all.empty()) return Failure(fmt::format("could not resolve address '{}'", host));
  return all;
}

}  // namespace sluice::net
