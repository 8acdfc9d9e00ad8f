#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <set>

#include "base/check.hpp"
#include "base/text.hpp"

namespace sluice::net {

namespace {
// Names of UNIX sockets live as long as the process; there are as many as configurations mention.
const std::string* intern(std::string_view name) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>>* const names = new std::set<std::string, std::less<>>;
  const std::lock_guard lock(mutex);
  const auto at = names->find(name);
  return &*(at != names->end() ? at : names->emplace(name).first);
}
}  // namespace

Address Address::ipv4(std::uint32_t host_order, std::uint16_t port) {
  Address a;
  a.family_ = Family::ipv4;
  a.port_ = port;
  for (int i = 0; i < 4; ++i) a.ip_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return a;
}

Address Address::ipv6(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port, std::uint32_t scope) {
  Address a;
  a.family_ = Family::ipv6;
  a.port_ = port;
  a.scope_ = scope;
  std::ranges::copy(bytes, a.ip_);
  return a;
}

Address Address::any(Family family, std::uint16_t port) {
  return family == Family::ipv6 ? ipv6({}, port) : ipv4(0, port);
}

Address Address::unix_path(std::string_view path) {
  Address a;
  a.family_ = Family::unix_path;
  a.name_ = intern(path);
  return a;
}

Address Address::abstract(std::string_view name, Family family) {
  Address a;
  a.family_ = family;
  a.name_ = intern(name);
  return a;
}

// UNIX peers are shown without a name: theirs is chosen by the other side, and interning it would grow for ever.
Address Address::from(const sockaddr* address, socklen_t size) {
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    return ipv4(ntohl(in.sin_addr.s_addr), ntohs(in.sin_port));
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, 16);
    return ipv6(bytes, ntohs(in.sin6_port), in.sin6_scope_id);
  }
  if (address->sa_family == AF_UNIX) return unix_path({});
  return {};
}

std::optional<Address> Address::parse_ip(std::string_view text, std::uint16_t port) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof copy || text.find('\0') != text.npos) return std::nullopt;  // inet_pton would stop there
  *std::ranges::copy(text, copy).out = '\0';
  in_addr four;
  if (::inet_pton(AF_INET, copy, &four) == 1) return ipv4(ntohl(four.s_addr), port);
  std::array<std::uint8_t, 16> bytes;
  if (::inet_pton(AF_INET6, copy, bytes.data()) == 1) return ipv6(bytes, port);
  return std::nullopt;
}

bool Address::is_any() const {
  const auto all = bytes();
  return !all.empty() && std::ranges::all_of(all, [](std::uint8_t b) { return b == 0; });
}

Address Address::with_port(std::uint16_t port) const {
  Address a = *this;
  if (is_ip()) a.port_ = port;
  return a;
}

std::uint32_t Address::ipv4_value() const {
  if (family_ != Family::ipv4) return 0;
  return std::uint32_t{ip_[0]} << 24 | std::uint32_t{ip_[1]} << 16 | std::uint32_t{ip_[2]} << 8 | ip_[3];
}

std::span<const std::uint8_t> Address::bytes() const {
  if (family_ == Family::ipv4) return {ip_, 4};
  if (family_ == Family::ipv6) return {ip_, 16};
  return {};
}

std::string_view Address::path() const { return is_unix() ? std::string_view(*name_) : std::string_view(); }

Address Address::unmapped() const {
  static constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (family_ != Family::ipv6 || std::memcmp(ip_, prefix, sizeof prefix) != 0) return *this;
  Address a;
  a.family_ = Family::ipv4;
  a.port_ = port_;
  std::memcpy(a.ip_, ip_ + 12, 4);
  return a;
}

int Address::domain() const {
  switch (family_) {
    case Family::ipv4: return AF_INET;
    case Family::ipv6: return AF_INET6;
    case Family::none: return AF_UNSPEC;
    default: return AF_UNIX;
  }
}

Address::Raw Address::raw() const {
  Raw raw;
  raw.size = 0;
  if (family_ == Family::ipv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port_);
    std::memcpy(&in.sin_addr, ip_, 4);
    std::memcpy(&raw.storage, &in, raw.size = sizeof in);
  } else if (family_ == Family::ipv6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port_);
    in.sin6_scope_id = scope_;
    std::memcpy(&in.sin6_addr, ip_, 16);
    std::memcpy(&raw.storage, &in, raw.size = sizeof in);
  } else if (is_unix()) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    const std::size_t offset = family_ == Family::unix_path ? 0 : 1;  // abstract names begin with a zero byte
    const std::size_t length = std::min(name_->size(), sizeof un.sun_path - 1);
    std::memcpy(un.sun_path + offset, name_->data(), length);
    raw.size = family_ == Family::abstract_z
                   ? static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length)
                   : static_cast<socklen_t>(sizeof un);
    std::memcpy(&raw.storage, &un, sizeof un);
  }
  return raw;
}

std::string_view Address::write_host(std::span<char> into) const {
  if (!is_ip()) return {};
  char text[INET6_ADDRSTRLEN];
  if (!::inet_ntop(domain(), ip_, text, sizeof text)) return {};
  const std::size_t length = std::min(std::strlen(text), into.size());
  std::memcpy(into.data(), text, length);
  return {into.data(), length};
}

std::string Address::host_text() const {
  if (is_unix()) return *name_;
  char text[INET6_ADDRSTRLEN];
  return std::string(write_host(text));
}

std::string Address::text() const {
  switch (family_) {
    case Family::none: return {};
    case Family::ipv4: return host_text() + ":" + std::to_string(port_);
    case Family::ipv6: return "[" + host_text() + "]:" + std::to_string(port_);
    case Family::unix_path: return *name_;
    case Family::abstract: return "abns@" + *name_;
    case Family::abstract_z: return "abnsz@" + *name_;
  }
  return {};
}

bool Address::operator==(const Address& other) const {
  if (family_ != other.family_ || port_ != other.port_ || scope_ != other.scope_) return false;
  if (is_unix()) return name_ == other.name_;
  return std::ranges::equal(bytes(), other.bytes());
}

std::size_t Address::hash() const {
  std::uint64_t words[2] = {};
  if (is_unix()) {
    words[0] = reinterpret_cast<std::uintptr_t>(name_);
  } else {
    std::memcpy(words, ip_, bytes().size());
  }
  std::uint64_t h = words[0] * 0x9e3779b97f4a7c15 ^ (words[1] + port_) * 0xc2b2ae3d27d4eb4f ^ static_cast<std::uint64_t>(family_);
  h ^= h >> 32;
  return h * 0x9fb21c651e98df25;
}

}  // namespace sluice::net
