// Signed TCP segments (RFC 2385; manual "tcp-md5sig").
#pragma once
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <string_view>

namespace sluice::net {

inline constexpr std::size_t longest_md5_password = TCP_MD5SIG_MAXKEYLEN;

// For connections with anybody, by TCP_MD5SIG_EXT; with an address and no flags for one other side, by TCP_MD5SIG.
inline tcp_md5sig md5_signature(int domain, std::string_view password) {
  tcp_md5sig signature{};
  signature.tcpm_addr.ss_family = static_cast<sa_family_t>(domain);
  signature.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
  signature.tcpm_keylen = static_cast<std::uint16_t>(std::min(password.size(), longest_md5_password));
  std::copy_n(password.data(), signature.tcpm_keylen, signature.tcpm_key);
  return signature;
}

}  // namespace sluice::net
