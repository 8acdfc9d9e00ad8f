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
constexpr std::string_view resolvers[] = {"resolvers"};
constexpr std::string_view quic[] = {"quic-cc-algo", "quic-force-retry", "quic-socket"};

// Keywords of whole families, by their beginning.
struct Family {
  std::string_view beginning, what;
};
constexpr Family families[] = {
    {"ssl-", "TLS is not there yet"},       {"tune.ssl.", "TLS is not there yet"},  {"ca-base", "TLS is not there yet"},
    {"crt-base", "TLS is not there yet"},   {"key-base", "TLS is not there yet"},   {"acme", "TLS is not there yet"},
    {"issuers-chain", "TLS is not there yet"},
    {"lua-", "Lua is not there yet"},       {"tune.lua.", "Lua is not there yet"},
    {"compression", "compression is not there yet"},
    {"tune.comp.", "compression is not there yet"},
    {"tune.h2.", "HTTP/2 is not there yet"}, {"h2-", "HTTP/2 is not there yet"},
    {"tune.quic.", "HTTP/3 is not there yet"}, {"quic-", "HTTP/3 is not there yet"},
    {"tune.peers.", "peers are not there yet"},
    {"tune.stick-counters", "stick counters are not there yet"},
    {"51degrees-", "device detection is not there"}, {"deviceatlas-", "device detection is not there"},
    {"wurfl-", "device detection is not there"},
};

}  // namespace

std::string_view waits_for(std::string_view word) {
  const auto is_in = [word](const auto& list) { return std::ranges::find(list, word) != std::end(list); };
  if (is_in(tls)) return "TLS is not there yet";
  if (is_in(resolvers)) return "resolvers sections are not there yet";
  if (is_in(quic)) return "HTTP/3 is not there yet";
  if (word == "shard") return "peers are not there yet";
  return {};
}

std::string_view keyword_waits_for(std::string_view keyword) {
  for (const Family& family : families)
    if (keyword.starts_with(family.beginning)) return family.what;
  return {};
}

}  // namespace sluice::config
