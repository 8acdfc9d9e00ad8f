// ipmask host_only port_only
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;
using std::string_view;

struct Mask4 {
  std::uint32_t bits = 0;
};
struct Mask6 {
  std::array<std::uint8_t, 16> bytes{};
};

// Splits a Host value: a bracketed IPv6 address keeps its brackets, a bare one has no port.
struct HostPort {
  string_view host, port;
};
HostPort split_host(string_view in) {
  if (in.starts_with('[')) {
    const auto end = in.find(']');
    if (end == string_view::npos) return {in, {}};
    const string_view rest = in.substr(end + 1);
    return {in.substr(0, end + 1), rest.starts_with(':') ? rest.substr(1) : string_view{}};
  }
  const auto colon = in.rfind(':');
  if (colon == string_view::npos || in.find(':') != colon) return {in, {}};
  return {in.substr(0, colon), in.substr(colon + 1)};
}

string_view host_only(string_view in, Arena& arena) {
  const string_view host = split_host(in).host;
  char* const out = arena.allocate(host.size());
  for (std::size_t i = 0; i < host.size(); ++i) out[i] = to_lower(host[i]);
  return {out, host.size()};
}

Int port_only(string_view in) {
  const std::optional<std::int64_t> port = parse_int(split_host(in).port);
  return port && *port >= 0 && *port <= 65535 ? *port : 0;
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::Mask4> {
  static constexpr std::string_view name = "IPv4 mask";
  static std::expected<sluice::expr::Mask4, std::string> read(std::string_view text) {
    if (const auto bits = sluice::parse_int(text)) {
      if (*bits < 0 || *bits > 32) return std::unexpected(fmt::format("'{}' is not a prefix length of IPv4", text));
      return sluice::expr::Mask4{*bits == 0 ? 0 : ~0U << (32 - *bits)};
    }
    const auto mask = sluice::expr::parse_ipv4(text);
    if (!mask) return std::unexpected(fmt::format("'{}' is not an IPv4 mask", text));
    return sluice::expr::Mask4{mask->value};
  }
};
template <>
struct sluice::catalog::Argument<sluice::expr::Mask6> {
  static constexpr std::string_view name = "IPv6 mask";
  static std::expected<sluice::expr::Mask6, std::string> read(std::string_view text) {
    sluice::expr::Mask6 mask;
    if (const auto bits = sluice::parse_int(text)) {
      if (*bits < 0 || *bits > 128) return std::unexpected(fmt::format("'{}' is not a prefix length of IPv6", text));
      for (std::int64_t i = 0; i < *bits; ++i)
        mask.bytes[static_cast<std::size_t>(i / 8)] |= static_cast<std::uint8_t>(0x80 >> (i % 8));
      return mask;
    }
    const auto address = sluice::expr::parse_ipv6(text);
    if (!address) return std::unexpected(fmt::format("'{}' is not an IPv6 mask", text));
    mask.bytes = address->bytes;
    return mask;
  }
};

namespace sluice::expr {
namespace {

// Without a mask for IPv6 such addresses give no sample.
Sample masked(Sample in, const Mask4& mask4, std::optional<Mask6> mask6) {
  if (in.type() == Type::ipv4) return Sample::address(Ipv4{in.ipv4().value & mask4.bits});
  if (in.type() != Type::ipv6 || !mask6) return {};
  Ipv6 out = in.ipv6();
  for (std::size_t i = 0; i < 16; ++i) out.bytes[i] &= mask6->bytes[i];
  return Sample::address(out);
}

const Add ipmask_entry{Converter{.name = "ipmask", .args = {"mask4", "mask6"}, .run = typed<masked>, .in = Type::address,
                                 .out = Type::address, .doc = "The network part of an address.",
                                 .examples = {{"ipv4(192.0.2.77),ipmask(24)", "192.0.2.0"},
                                              {"ipv4(192.0.2.77),ipmask(255.255.0.0)", "192.0.0.0"},
                                              {"ipv6(2001:db8::1),ipmask(24)", undefined},
                                              {"ipv6(2001:db8::1),ipmask(24,32)", "2001:db8::"}}}};
const Add host_only_entry{Converter{.name = "host_only", .run = typed<host_only>,
                                    .doc = "A Host value without its port, in small letters.",
                                    .examples = {{"str(Foo:80),host_only", "foo"}, {"str([::1]:80),host_only", "[::1]"}}}};
const Add port_only_entry{Converter{.name = "port_only", .run = typed<port_only>,
                                    .doc = "The port of a Host value, 0 if there is none.",
                                    .examples = {{"str([::1]:81),port_only", "81"}, {"str(foo),port_only", "0"}}}};

}  // namespace
}  // namespace sluice::expr
