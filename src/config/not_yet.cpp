#include "config/not_yet.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::config {
namespace {

constexpr std::string_view tls[] = {
    "allow-0rtt", "alpn", "ca-file", "ca-ignore-err", "ca-sign-file", "ca-sign-pass", "ca-verify-file", "check-alpn", "check-sni", "check-ssl",
    "ciphers", "ciphersuites", "client-sigalgs", "crl-file", "crt", "crt-ignore-err", "crt-list", "curves", "default-crt", "ecdhe",
    "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "generate-certificates", "ktls", "no-alpn", "no-ca-names",
    "no-check-ssl", "no-ssl", "no-ssl-reuse", "no-sslv3", "no-tls-tickets", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "npn",
    "ocsp-update", "prefer-client-ciphers", "renegotiate", "sigalgs", "sni", "sni-auto", "check-sni-auto", "ssl", "ssl-max-ver", "ssl-min-ver",
    "strict-sni", "tls-ticket-keys", "tls-tickets", "verify", "verifyhost", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn",
};
constexpr std::string_view resolvers[] = {"resolvers", "resolve-net", "resolve-opts", "resolve-prefer"};
constexpr std::string_view quic[] = {"quic-cc-algo", "quic-force-retry", "quic-socket"};

}  // namespace

std::string_view waits_for(std::string_view word) {
  const auto is_in = [word](const auto& list) { return std::ranges::find(list, word) != std::end(list); };
  if (is_in(tls)) return "TLS is not there yet";
  if (is_in(resolvers)) return "resolvers sections are not there yet";
  if (is_in(quic)) return "HTTP/3 is not there yet";
  return {};
}

}  // namespace sluice::config
