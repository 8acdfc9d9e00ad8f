#include "expr/network.hpp"

#include <arpa/inet.h>

#include <string>

#include "base/text.hpp"

namespace sluice::expr {

Ipv6 masked(const Ipv6& address, int bits) {
  Ipv6 out = address;
  for (int i = 0; i < 16; ++i) {
    const int here = bits - i * 8;
    auto& byte = out.bytes[static_cast<std::size_t>(i)];
    if (here <= 0) byte = 0;
    else if (here < 8) byte = static_cast<std::uint8_t>(byte & (0xff00 >> here));
  }
  return out;
}

std::optional<int> parse_bits(std::string_view text, int most) {
  const auto bits = parse_uint(text);
  if (!bits || *bits > static_cast<unsigned>(most)) return std::nullopt;
  return static_cast<int>(*bits);
}

std::optional<std::uint32_t> parse_mask4(std::string_view text) {
  if (const auto bits = parse_bits(text, 32)) return mask4(*bits);
  if (const auto dotted = parse_ipv4(text)) return dotted->value;
  return std::nullopt;
}

std::optional<Network4> parse_network4(std::string_view text) {
  const auto slash = text.find('/');
  const std::string host(text.substr(0, slash));
  if (host.empty()) return std::nullopt;
  for (const char c : host)
    if (!is_digit(c) && c != '.') return std::nullopt;
  in_addr address;
  if (inet_aton(host.c_str(), &address) == 0) return std::nullopt;
  Network4 net{ntohl(address.s_addr)};
  if (slash != std::string_view::npos) {
    const auto mask = parse_mask4(text.substr(slash + 1));
    if (!mask) return std::nullopt;
    net.mask = *mask;
  }
  return net;
}

std::optional<Network6> parse_network6(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ipv6(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network6 net{*address, 128};
  if (slash != std::string_view::npos) {
    const auto bits = parse_bits(text.substr(slash + 1), 128);
    if (!bits) return std::nullopt;
    net.bits = *bits;
  }
  return net;
}

}  // namespace sluice::expr
