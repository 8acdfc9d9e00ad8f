// Address: where a socket is or shall be: IPv4, IPv6, UNIX path or abstract name, or nothing. 24 bytes, trivially
// copyable. Names of UNIX sockets are interned for the life of the process (they come from configurations).
// Endpoint: what the address forms of the configuration language mean (manual, section 11 of 3.x: "Address formats").
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

enum class Family : std::uint8_t { none, ipv4, ipv6, unix_path, abstract, abstract_z };

class Address {
 public:
  constexpr Address() = default;
  static Address ipv4(std::uint32_t host_order, std::uint16_t port);
  static Address ipv6(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port, std::uint32_t scope = 0);
  static Address any(Family family, std::uint16_t port);  // 0.0.0.0 or ::
  static Address unix_path(std::string_view path);        // "" is an unnamed socket
  // abstract: name padded with zeros to the full length (abns@); abstract_z: exact length (abnsz@).
  static Address abstract(std::string_view name, Family family = Family::abstract);
  // From the kernel. Unnamed, too long or unknown: Family::unix_path without a name, or none.
  static Address from(const sockaddr* address, socklen_t size);
  // "192.0.2.1", "2001:db8::1", "::ffff:1.2.3.4", without port; not a name, not a shortened IPv4.
  static std::optional<Address> parse_ip(std::string_view text, std::uint16_t port = 0);

  Family family() const { return family_; }
  explicit operator bool() const { return family_ != Family::none; }
  bool is_ip() const { return family_ == Family::ipv4 || family_ == Family::ipv6; }
  bool is_unix() const { return family_ >= Family::unix_path; }
  bool is_any() const;  // 0.0.0.0 or ::
  std::uint16_t port() const { return port_; }
  Address with_port(std::uint16_t port) const;
  std::uint32_t ipv4_value() const;                  // host order; 0 if it is not IPv4
  std::span<const std::uint8_t> bytes() const;       // 4 or 16, network order; empty for others
  std::uint32_t scope() const { return scope_; }
  std::string_view path() const;                     // of UNIX and abstract ones
  // An IPv4-mapped IPv6 address as IPv4, anything else as it is.
  Address unmapped() const;

  // For the system calls; `size` is what they want to know.
  struct Raw {
    sockaddr_storage storage;
    socklen_t size;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  };
  Raw raw() const;
  int domain() const;  // AF_INET, ...

  // "192.0.2.1", "2001:db8::1", "unix:1"-like forms are the log's business: UNIX gives its path.
  std::string host_text() const;
  // "192.0.2.1:80", "[2001:db8::1]:80", "/run/x.sock", "abns@name".
  std::string text() const;
  // host_text of an IP address without allocation; writes at most 46 bytes and returns what was written.
  std::string_view write_host(std::span<char> into) const;

  bool operator==(const Address& other) const;
  std::size_t hash() const;

 private:
  Family family_ = Family::none;
  std::uint16_t port_ = 0;
  std::uint32_t scope_ = 0;
  union {
    std::uint8_t ip_[16] = {};
    const std::string* name_;
  };
};
static_assert(sizeof(Address) == 24);

// What was written where an address is expected.
struct Endpoint {
  enum class Form : std::uint8_t { address, descriptor, socketpair };
  enum class Transport : std::uint8_t { stream, datagram };
  Form form = Form::address;
  Transport transport = Transport::stream;
  bool multipath = false;       // mptcp@: MPTCP (RFC 8684) instead of TCP
  Address address;              // without the port if it is a range; host not resolved: none
  std::string host;             // the name to resolve, if it is one
  Family wanted = Family::none; // ipv4 or ipv6 for names with such a prefix
  int descriptor = -1;          // fd@<n>, sockpair@<n>
  std::uint16_t port_first = 0; // 0 and port_given false: none was written
  std::uint16_t port_last = 0;
  bool port_given = false;
  // ":+port" / ":-port" of a server line: added to the client's destination port.
  std::optional<int> port_offset;

  std::size_t count() const { return std::size_t{port_last} - port_first + 1; }
};

struct EndpointRules {
  bool resolve = true;            // look names up now (blocking); if not, Endpoint::host keeps the name
  bool port_required = false;
  bool port_allowed = true;
  bool range_allowed = false;     // 80-90
  bool offset_allowed = false;    // :+1
  bool multipath_allowed = false; // mptcp@
  Family preferred = Family::none;  // of several answers; none: the first
};

// Parses one form: [ip@|ipv4@|ipv6@|unix@|abns@|abnsz@|uxst@|uxdg@|udp@|udp4@|udp6@|tcp@|tcp4@|tcp6@|mptcp@|mptcp4@|mptcp6@|
// fd@|sockpair@|stream+...|dgram+...]address. A host part that is "" or "*" is 0.0.0.0 (:: after ipv6@). The error is a phrase for people.
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text, const EndpointRules& rules = {});
// A comma-separated list of them.
std::expected<std::vector<Endpoint>, std::string> parse_endpoints(std::string_view text, const EndpointRules& rules = {});

// Blocking lookup for use at start: all addresses of a host with the given port.
std::expected<std::vector<Address>, std::string> resolve(std::string_view host, Family wanted = Family::none,
                                                         std::uint16_t port = 0);

}  // namespace sluice::net

template <>
struct std::hash<sluice::net::Address> {
  std::size_t operator()(const sluice::net::Address& a) const { return a.hash(); }
};
