// TlsHello: what a TLS hello tells in clear, read without a TLS library (RFC 8446, section 4.1.2 and 4.2; RFC 6066; RFC 7301).
// For routing by server name without decrypting (req.ssl_*). Views into the bytes; no state.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::expr {

struct TlsHello {
  std::uint16_t version = 0;          // legacy_version: 0x0301 is TLS 1.0
  std::string_view ciphers;           // two bytes each
  std::optional<std::string_view> server_name;
  std::string_view protocols;         // of ALPN: each with its length before it
  std::optional<std::string_view> session_ticket;
  std::string_view signature_algorithms, supported_groups;  // two bytes each
  std::string_view key_shares;        // client shares: group, length, key
  bool has_groups = false;
};

enum class HelloKind : std::uint8_t { client = 1, server = 2 };
enum class HelloState : std::uint8_t { incomplete, wrong, complete };

// A whole hello message in one or several records; only the fields of client hellos are filled.
HelloState read_tls_hello(std::string_view bytes, HelloKind kind, TlsHello& hello);
// Of the first record or SSLv2 hello: what req.ssl_ver says.
std::optional<std::uint16_t> tls_version(std::string_view bytes);

}  // namespace sluice::expr
