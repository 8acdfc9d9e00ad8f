// The PROXY protocol (versions 1 and 2; haproxy.org's proxy-protocol.txt), sans I/O: who the client of a connection
// really is, said in its first bytes. Never trusts a length it has not checked.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/address.hpp"

namespace sluice::net {

// Type-length-value fields of version 2.
enum class Tlv : std::uint8_t {
  alpn = 0x01, authority = 0x02, crc32c = 0x03, noop = 0x04, unique_id = 0x05,
  ssl = 0x20, ssl_version = 0x21, ssl_cn = 0x22, ssl_cipher = 0x23, ssl_sig_alg = 0x24, ssl_key_alg = 0x25,
  netns = 0x30,
};

struct ProxyHeader {
  std::size_t size = 0;            // bytes it takes
  bool local = false;              // LOCAL / UNKNOWN: keep the connection's own addresses
  bool stream = true;
  Address source, destination;
  std::span<const char> tlvs;      // checked to be well-formed; in the bytes that were parsed

  // The value of the first TLV of this type (also inside nothing else: ssl's sub-fields are in its value).
  std::optional<std::string_view> tlv(Tlv type) const;
};

// nullopt: so far so good, but more bytes are needed (never more than 107 for version 1, 16 + length for version 2).
// Error bad_message: this is not a PROXY header, or a broken one (also a wrong checksum).
Result<std::optional<ProxyHeader>> parse_proxy_header(std::span<const char> bytes);
// A version 2 header longer than this is refused (too_large).
inline constexpr std::size_t longest_proxy_header = 16 + 4096;

// NetScaler's Client IP header (netscaler-client-ip-insertion-protocol.txt), which begins with a number both sides have
// agreed on; the same results.
Result<std::optional<ProxyHeader>> parse_cip_header(std::span<const char> bytes, std::uint32_t magic);

std::string proxy_header_v1(const Address& source, const Address& destination);

struct ProxyV2Options {
  bool local = false;                       // our own connection, a health check for instance
  bool crc32c = false;
  std::string_view authority, unique_id, alpn;
  std::span<const std::pair<std::uint8_t, std::string>> extra;  // set-proxy-v2-tlv-fmt
  std::string_view ssl;                     // value of the ssl TLV, already built
};
std::string proxy_header_v2(const Address& source, const Address& destination, const ProxyV2Options& options = {});

}  // namespace sluice::net
