// Networks as patterns and masks write them (manual 7.1.6): "10.0.0.0/8", "192.168.1/24" (an abbreviated address as the
// manual's table has it), "10.0.0.0/255.0.0.0", "2001:db8::/32". No state.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "expr/sample.hpp"

namespace sluice::expr {

struct Network4 {
  std::uint32_t address = 0;  // host order
  std::uint32_t mask = 0xffffffff;
};
struct Network6 {
  Ipv6 address;
  int bits = 128;
};
constexpr std::uint32_t mask4(int bits) { return bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits); }
Ipv6 masked(const Ipv6& address, int bits);

std::optional<Network4> parse_network4(std::string_view text);
std::optional<Network6> parse_network6(std::string_view text);
std::optional<std::uint32_t> parse_mask4(std::string_view text);  // 0..32 or dotted
std::optional<int> parse_bits(std::string_view text, int most);

}  // namespace sluice::expr
