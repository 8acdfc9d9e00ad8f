#include "expr/sample.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/text.hpp"

namespace sluice::expr {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::none: return "none";
    case Type::boolean: return "bool";
    case Type::sint: return "sint";
    case Type::ipv4: return "ipv4";
    case Type::ipv6: return "ipv6";
    case Type::str: return "str";
    case Type::bin: return "bin";
    case Type::method: return "meth";
    case Type::address: return "addr";
    case Type::any: return "any";
    case Type::same: return "same";
  }
  return "?";
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  char copy[16];
  if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  in_addr address;
  if (inet_pton(AF_INET, copy, &address) != 1) return std::nullopt;
  return Ipv4{ntohl(address.s_addr)};
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  Ipv6 address;
  if (inet_pton(AF_INET6, copy, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

std::size_t write_address(const Sample& address, char* to) {
  if (address.type() == Type::ipv4) {
    char* at = to;
    for (int shift = 24; shift >= 0; shift -= 8) {
      at = std::to_chars(at, at + 3, address.ipv4().value >> shift & 255).ptr;
      if (shift) *at++ = '.';
    }
    return static_cast<std::size_t>(at - to);
  }
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, address.ipv6().bytes.data(), text, sizeof text);
  const std::size_t size = std::strlen(text);
  std::memcpy(to, text, size);
  return size;
}

std::string_view decimal(std::int64_t value, Arena& arena) {
  char* const text = arena.allocate(20);
  const auto end = std::to_chars(text, text + 20, value).ptr;
  arena.shrink(text, 20, static_cast<std::size_t>(end - text));
  return {text, static_cast<std::size_t>(end - text)};
}

bool castable(Type from, Type to) {
  if (from == to || from == Type::any || to == Type::any || from == Type::same || to == Type::same) return true;
  switch (from) {
    case Type::boolean: return to == Type::sint || to == Type::str || to == Type::bin;
    case Type::sint: return to != Type::method;
    case Type::ipv4:
    case Type::ipv6:
    case Type::address:
      return to == Type::address || to == Type::ipv4 || to == Type::ipv6 || to == Type::str || to == Type::bin ||
             (to == Type::sint && from != Type::ipv6);
    case Type::str: return true;
    case Type::bin: return to == Type::str;
    case Type::method: return to == Type::str || to == Type::bin;
    default: return false;
  }
}

namespace {

Sample bytes_of_number(std::int64_t value, Arena& arena) {
  char* const to = arena.allocate(8);
  for (int i = 0; i < 8; ++i) to[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
  return Sample::binary({to, 8});
}

Sample bytes_of_address(const Sample& sample, Arena& arena) {
  if (sample.type() == Type::ipv6)
    return Sample::binary(arena.copy({reinterpret_cast<const char*>(sample.ipv6().bytes.data()), 16}));
  const std::uint32_t order = htonl(sample.ipv4().value);
  return Sample::binary(arena.copy({reinterpret_cast<const char*>(&order), 4}));
}

// The digits at the beginning, at most the largest or smallest number; a text without any is 0, an empty one no number
// at all.
Sample number_in(std::string_view text) {
  if (text.empty()) return {};
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) break;
    const int digit = negative ? '0' - c : c - '0';
    if (!__builtin_mul_overflow(value, 10, &value) && !__builtin_add_overflow(value, digit, &value)) continue;
    value = negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    break;
  }
  return Sample::integer(value);
}

Ipv6 mapped(Ipv4 address) {
  Ipv6 out;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (int i = 0; i < 4; ++i) out.bytes[static_cast<std::size_t>(12 + i)] = static_cast<std::uint8_t>(address.value >> (24 - 8 * i));
  return out;
}

Ipv4 ipv4_at(const Ipv6& address, std::size_t at) {
  const auto& b = address.bytes;
  return {static_cast<std::uint32_t>(b[at]) << 24 | static_cast<std::uint32_t>(b[at + 1]) << 16 |
          static_cast<std::uint32_t>(b[at + 2]) << 8 | b[at + 3]};
}

// ::ffff:a.b.c.d.
std::optional<Ipv4> mapped_in(const Ipv6& address) {
  const Ipv4 found = ipv4_at(address, 12);
  return mapped(found) == address ? std::optional(found) : std::nullopt;
}

// ::ffff:a.b.c.d, ::a.b.c.d and 2002:ab:cd:: (manual 7.1.6).
std::optional<Ipv4> inside(const Ipv6& address) {
  const auto& b = address.bytes;
  if (std::all_of(b.begin(), b.begin() + 12, [](std::uint8_t byte) { return byte == 0; })) return ipv4_at(address, 12);
  if (b[0] == 0x20 && b[1] == 0x02) return ipv4_at(address, 2);
  return mapped_in(address);
}

// The address a text begins with: as HAProxy reads "192.0.2.1:80", "192.0.2.1/24" and "192.000.002.001".
std::optional<Ipv4> leading_ipv4(std::string_view text) {
  Ipv4 address;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      if (value > 255) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    const bool dot = digits < text.size() && text[digits] == '.';
    if (dot != (part < 3)) return std::nullopt;
    address.value = address.value << 8 | value;
    text.remove_prefix(dot ? digits + 1 : digits);
  }
  return address;
}

Sample address_in(std::string_view text, Type to) {
  if (to != Type::ipv6)
    if (const auto v4 = leading_ipv4(text)) return Sample::address(*v4);
  if (to == Type::ipv4) return {};
  const auto v6 = parse_ipv6(text);
  if (!v6) return {};
  const auto v4 = to == Type::address ? mapped_in(*v6) : std::nullopt;
  return v4 ? Sample::address(*v4) : Sample::address(*v6);
}

Sample text_to(const Sample& sample, Type to) {
  const std::string_view text = sample.view();
  switch (to) {
    case Type::boolean:
    case Type::sint: {
      const Sample number = number_in(text);
      return to == Type::boolean && number ? Sample::boolean(number.truth()) : number;
    }
    case Type::address:
    case Type::ipv4:
    case Type::ipv6: return address_in(text, to);
    case Type::bin: return sample.as(Type::bin);
    case Type::method: return Sample::method(http::method_of(text), text);
    default: return {};
  }
}

Sample number_to(const Sample& sample, Type to, Arena& arena) {
  switch (to) {
    case Type::boolean: return Sample::boolean(sample.truth());
    case Type::sint: return Sample::integer(sample.integer());
    case Type::str: return Sample::text(decimal(sample.integer(), arena));
    case Type::bin: return bytes_of_number(sample.integer(), arena);
    case Type::address:
    case Type::ipv4: return Sample::address(Ipv4{static_cast<std::uint32_t>(sample.integer())});
    case Type::ipv6: return Sample::address(mapped(Ipv4{static_cast<std::uint32_t>(sample.integer())}));
    default: return {};
  }
}

Sample address_to(const Sample& sample, Type to, Arena& arena) {
  switch (to) {
    case Type::address: return sample;
    case Type::str: {
      char* const text = arena.allocate(46);
      const std::size_t size = write_address(sample, text);
      arena.shrink(text, 46, size);
      return Sample::text({text, size});
    }
    case Type::bin: return bytes_of_address(sample, arena);
    case Type::sint: return sample.type() == Type::ipv4 ? Sample::integer(sample.ipv4().value) : Sample{};
    case Type::ipv6: return Sample::address(mapped(sample.ipv4()));
    case Type::ipv4:
      if (const auto v4 = inside(sample.ipv6())) return Sample::address(*v4);
      return {};
    default: return {};
  }
}

}  // namespace

Sample cast(const Sample& sample, Type to, Arena& arena) {
  const Type from = sample.type();
  if (from == to || to == Type::any || to == Type::same || from == Type::none) return sample;
  switch (from) {
    case Type::boolean:
      if (to == Type::address || to == Type::ipv4 || to == Type::ipv6) return {};
      return number_to(sample, to, arena);
    case Type::sint: return number_to(sample, to, arena);
    case Type::ipv4:
    case Type::ipv6: return address_to(sample, to, arena);
    case Type::str: return text_to(sample, to);
    case Type::bin:
      // Texts end at the first zero byte, as binary samples are C strings then.
      if (to == Type::str) return Sample::text(sample.view().substr(0, sample.view().find('\0')));
      return {};
    case Type::method: return to == Type::str || to == Type::bin ? sample.as(to) : Sample{};
    default: return {};
  }
}

std::optional<std::string_view> text_of(const Sample& sample, Arena& arena) {
  const Sample text = cast(sample, Type::str, arena);
  if (text.type() != Type::str) return std::nullopt;
  return text.view();
}

}  // namespace sluice::expr
