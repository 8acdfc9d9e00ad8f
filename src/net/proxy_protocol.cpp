#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace sluice::net {

namespace {

constexpr std::string_view v1_start = "PROXY ";
constexpr char v2_bytes[] = {'\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
constexpr std::string_view v2_start(v2_bytes, sizeof v2_bytes);
constexpr std::size_t v1_longest = 107, v2_fixed = 16;

using Parsed = Result<std::optional<ProxyHeader>>;
// It began as a header does; which of them it was is for logs (fc_err).
constexpr Error invalid{Kind::bad_message, Side::us, Retry::never, EPROTO};
constexpr Error unhandled{Kind::bad_message, Side::us, Retry::never, EPROTONOSUPPORT};
const Parsed more_needed = std::optional<ProxyHeader>{};

unsigned byte_at(std::span<const char> bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
std::uint16_t u16_at(std::span<const char> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

// --- version 1: one line of text

std::optional<std::uint16_t> v1_port(std::string_view text) {
  const auto port = parse_uint(text);
  if (!port || *port > 65535 || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

Parsed parse_v1(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, v1_longest);
  const auto end = head.find('\n');
  if (end == std::string_view::npos) {
    if (head.size() == v1_longest) return fail(invalid);
    return more_needed;
  }
  if (end <= v1_start.size() || head[end - 1] != '\r') return fail(invalid);
  std::string_view line = head.substr(v1_start.size(), end - 1 - v1_start.size());
  ProxyHeader header;
  header.size = end + 1;
  const std::string_view protocol = take_until(line, ' ');
  if (protocol == "UNKNOWN") {  // whatever follows is to be ignored
    header.local = true;
    return header;
  }
  const Family family = protocol == "TCP4" ? Family::ipv4 : protocol == "TCP6" ? Family::ipv6 : Family::none;
  if (family == Family::none) return fail(unhandled);
  const std::string_view source = take_until(line, ' '), destination = take_until(line, ' ');
  const auto source_port = v1_port(take_until(line, ' '));
  const auto destination_port = v1_port(line);
  if (!source_port || !destination_port) return fail(invalid);
  const auto from = Address::parse_ip(source, *source_port), to = Address::parse_ip(destination, *destination_port);
  if (!from || !to || from->family() != family || to->family() != family) return fail(invalid);
  header.source = *from;
  header.destination = *to;
  return header;
}

// --- version 2: binary

std::uint32_t crc32c(std::uint32_t crc, std::span<const char> bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = t[i] & 1 ? t[i] >> 1 ^ 0x82f63b78 : t[i] >> 1;
    }
    return t;
  }();
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return crc;
}

// Calls visit(type, value) for each; false if they do not fill `bytes` exactly.
template <class Visit>
bool for_each_tlv(std::span<const char> bytes, Visit visit) {
  while (!bytes.empty()) {
    if (bytes.size() < 3) return false;
    const std::size_t length = u16_at(bytes, 1);
    if (bytes.size() - 3 < length) return false;
    visit(static_cast<std::uint8_t>(bytes[0]), bytes.subspan(3, length));
    bytes = bytes.subspan(3 + length);
  }
  return true;
}

// The checksum is that of the whole header with its own four bytes zero.
bool checksum_holds(std::span<const char> header, std::span<const char> value) {
  if (value.size() != 4) return false;
  const std::size_t at = static_cast<std::size_t>(value.data() - header.data());
  constexpr char zero[4] = {};
  std::uint32_t crc = crc32c(~0u, header.first(at));
  crc = crc32c(crc, zero);
  crc = ~crc32c(crc, header.subspan(at + 4));
  const std::uint32_t said = byte_at(value, 0) << 24 | byte_at(value, 1) << 16 | byte_at(value, 2) << 8 | byte_at(value, 3);
  return crc == said;
}

Address v2_ipv4(std::span<const char> at, std::uint16_t port) {
  return Address::ipv4(std::uint32_t{u16_at(at, 0)} << 16 | u16_at(at, 2), port);
}
Address v2_ipv6(std::span<const char> at, std::uint16_t port) {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), at.data(), 16);
  return Address::ipv6(bytes, port);
}

Parsed parse_v2(std::span<const char> bytes) {
  if (bytes.size() < v2_fixed) return more_needed;
  const unsigned version = byte_at(bytes, 12) >> 4, command = byte_at(bytes, 12) & 15;
  const unsigned family = byte_at(bytes, 13) >> 4, transport = byte_at(bytes, 13) & 15;
  if (version != 2) return fail(Kind::bad_message);
  if (command > 1 || family > 3 || transport > 2) return fail(invalid);
  const std::size_t length = u16_at(bytes, 14);
  if (v2_fixed + length > longest_proxy_header) return fail(Kind::too_large);
  if (bytes.size() < v2_fixed + length) return more_needed;
  const std::span<const char> whole = bytes.first(v2_fixed + length);
  const std::span<const char> body = whole.subspan(v2_fixed);

  ProxyHeader header;
  header.size = whole.size();
  header.local = command == 0;
  header.stream = transport != 2;
  std::size_t addresses = 0;
  if (family == 1) {
    addresses = 12;
    if (body.size() < addresses) return fail(invalid);
    header.source = v2_ipv4(body, u16_at(body, 8));
    header.destination = v2_ipv4(body.subspan(4), u16_at(body, 10));
  } else if (family == 2) {
    addresses = 36;
    if (body.size() < addresses) return fail(invalid);
    header.source = v2_ipv6(body, u16_at(body, 32));
    header.destination = v2_ipv6(body.subspan(16), u16_at(body, 34));
  } else if (family == 3) {
    addresses = 216;
    if (body.size() < addresses) return fail(invalid);
    header.source = header.destination = Address::unix_path({});  // names of the other host mean nothing here
  } else if (header.local) {
    return header;  // whatever follows is to be ignored
  }
  if (family == 0) header.local = true;
  header.tlvs = body.subspan(addresses);
  bool sound = true;
  const bool fits = for_each_tlv(header.tlvs, [&](std::uint8_t type, std::span<const char> value) {
    if (type == static_cast<std::uint8_t>(Tlv::crc32c)) sound = sound && checksum_holds(whole, value);
  });
  if (!fits || !sound) return fail(invalid);
  return header;
}

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}
void append_tlv(std::string& out, std::uint8_t type, std::string_view value) {
  value = value.substr(0, 0xffff);
  out += static_cast<char>(type);
  append_u16(out, value.size());
  out += value;
}
void append_bytes(std::string& out, std::span<const std::uint8_t> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
Address as_ipv6(const Address& a) {
  if (a.family() != Family::ipv4) return a;
  std::array<std::uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::ranges::copy(a.bytes(), bytes.begin() + 12);
  return Address::ipv6(bytes, a.port());
}

}  // namespace

Result<std::optional<ProxyHeader>> parse_proxy_header(std::span<const char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  const auto begins = [&](std::string_view start) { return text.substr(0, start.size()) == start.substr(0, text.size()); };
  if (begins(v1_start)) return text.size() < v1_start.size() ? more_needed : parse_v1(text);
  if (begins(v2_start)) return text.size() < v2_start.size() ? more_needed : parse_v2(bytes);
  return fail(Kind::bad_message);
}

namespace {

// The addresses of an IP header and the ports of the TCP header behind it.
Parsed parse_packet(std::span<const char> packet, std::size_t size) {
  ProxyHeader header;
  header.size = size;
  const unsigned version = packet.empty() ? 0 : byte_at(packet, 0) >> 4;
  const std::size_t ip_size = version == 4 ? (byte_at(packet, 0) & 15) * 4 : 40;
  const std::size_t least = version == 4 ? 20 : 40, tcp_least = 20;
  if ((version != 4 && version != 6) || ip_size < least || packet.size() < ip_size + tcp_least) return fail(unhandled);
  constexpr unsigned tcp = 6;
  if (byte_at(packet, version == 4 ? 9 : 6) != tcp) return fail(unhandled);
  const std::uint16_t from = u16_at(packet, ip_size), to = u16_at(packet, ip_size + 2);
  header.source = version == 4 ? v2_ipv4(packet.subspan(12), from) : v2_ipv6(packet.subspan(8), from);
  header.destination = version == 4 ? v2_ipv4(packet.subspan(16), to) : v2_ipv6(packet.subspan(24), to);
  return header;
}

std::uint32_t u32_at(std::span<const char> bytes, std::size_t at) {
  return std::uint32_t{u16_at(bytes, at)} << 16 | u16_at(bytes, at + 2);
}

}  // namespace

Result<std::optional<ProxyHeader>> parse_cip_header(std::span<const char> bytes, std::uint32_t magic) {
  constexpr std::size_t legacy_head = 8, standard_head = 12;
  if (bytes.size() < 4) return more_needed;
  if (u32_at(bytes, 0) != magic) return fail(Kind::bad_message);
  if (bytes.size() < standard_head) return more_needed;
  const std::uint32_t length = u32_at(bytes, 4);
  if (length > longest_proxy_header) return fail(Kind::too_large);
  // The older form goes on with the IP header, whose first byte is not 0; the newer one with a type (1, which nobody
  // looks at) and the length again.
  if (byte_at(bytes, legacy_head) != 0) {
    const std::size_t size = legacy_head + length;
    return bytes.size() < size ? more_needed : parse_packet(bytes.subspan(legacy_head, length), size);
  }
  const std::size_t inner = u16_at(bytes, legacy_head + 2), size = standard_head + inner;
  return bytes.size() < size ? more_needed : parse_packet(bytes.subspan(standard_head, inner), size);
}

std::optional<std::string_view> ProxyHeader::tlv(Tlv type) const {
  std::optional<std::string_view> found;
  for_each_tlv(tlvs, [&](std::uint8_t t, std::span<const char> value) {
    if (!found && t == static_cast<std::uint8_t>(type)) found.emplace(value.data(), value.size());
  });
  return found;
}

std::string proxy_header_v1(const Address& source, const Address& destination) {
  const bool known = source.is_ip() && source.family() == destination.family();
  if (!known) return "PROXY UNKNOWN\r\n";
  std::string line = source.family() == Family::ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ";
  line += source.host_text() + ' ' + destination.host_text() + ' ';
  return line + std::to_string(source.port()) + ' ' + std::to_string(destination.port()) + "\r\n";
}

std::string proxy_header_v2(const Address& source, const Address& destination, const ProxyV2Options& options) {
  std::string out(v2_start);
  const bool ip = source.is_ip() && destination.is_ip() && !options.local;
  const bool v4 = ip && source.family() == Family::ipv4 && destination.family() == Family::ipv4;
  out += ip ? '\x21' : '\x20';  // of a client without an IP address there is nothing to say: LOCAL
  out += v4 ? '\x11' : ip ? '\x21' : '\x00';
  append_u16(out, 0);  // the length, filled in below
  if (ip) {
    const Address from = v4 ? source : as_ipv6(source), to = v4 ? destination : as_ipv6(destination);
    append_bytes(out, from.bytes());
    append_bytes(out, to.bytes());
    append_u16(out, from.port());
    append_u16(out, to.port());
  }
  std::size_t checksum_at = 0;
  if (options.crc32c) {
    checksum_at = out.size() + 3;
    append_tlv(out, static_cast<std::uint8_t>(Tlv::crc32c), std::string_view("\0\0\0\0", 4));
  }
  if (!options.alpn.empty()) append_tlv(out, static_cast<std::uint8_t>(Tlv::alpn), options.alpn);
  if (!options.authority.empty()) append_tlv(out, static_cast<std::uint8_t>(Tlv::authority), options.authority);
  if (!options.unique_id.empty()) append_tlv(out, static_cast<std::uint8_t>(Tlv::unique_id), options.unique_id.substr(0, 128));
  if (!options.ssl.empty()) append_tlv(out, static_cast<std::uint8_t>(Tlv::ssl), options.ssl);
  for (const auto& [type, value] : options.extra) append_tlv(out, type, value);
  const std::size_t length = out.size() - v2_fixed;
  out[14] = static_cast<char>(length >> 8);
  out[15] = static_cast<char>(length);
  if (checksum_at) {
    const std::uint32_t crc = ~crc32c(~0u, out);
    for (std::size_t i = 0; i < 4; ++i) out[checksum_at + i] = static_cast<char>(crc >> (24 - 8 * i));
  }
  return out;
}

}  // namespace sluice::net
