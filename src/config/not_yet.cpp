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
    {"httpclient.", "Lua is not there yet"},
    {"ocsp-update.", "TLS is not there yet"}, {"noktls", "TLS is not there yet"}, {"crt", "TLS is not there yet"},
    {"limited-quic", "HTTP/3 is not there yet"}, {"cluster-secret", "HTTP/3 is not there yet"},
    {"harden.reject-privileged-ports.quic", "HTTP/3 is not there yet"},
    {"tune.zlib.", "compression is not there yet"},
    {"master-worker", "there is no master process yet"}, {"mworker-", "there is no master process yet"},
    {"localpeer", "peers are not there yet"},
    {"cpu-set", "processors are not chosen by their topology yet; cpu-map and taskset choose them by number"},
    {"dns-accept-family", "resolvers sections are not there yet"},
    {"stats-file", "counters are not kept over restarts yet"}, {"shm-stats-file", "counters are not kept over restarts yet"},
    {"http-err-codes", "stick counters are not there yet"}, {"http-fail-codes", "stick counters are not there yet"},
    {"use-fcgi-app", "FastCGI is not there yet"},
    {"option grpc-check", "HTTP/2 is not there yet"},
    {"51degrees-", "device detection is not there"}, {"deviceatlas-", "device detection is not there"},
    {"wurfl-", "device detection is not there"},
};

// Fetches and converters. `ssl_` and the like are families; the few of them that are there are found before anybody asks.
constexpr Family samples[] = {
    {"sc_", "stick counters are not there yet"}, {"sc0_", "stick counters are not there yet"}, {"sc1_", "stick counters are not there yet"},
    {"sc2_", "stick counters are not there yet"}, {"src_clr_", "stick counters are not there yet"},
    {"src_inc_", "stick counters are not there yet"}, {"src_get_", "stick counters are not there yet"},
    {"src_updt_", "stick counters are not there yet"}, {"src_conn_", "stick counters are not there yet"},
    {"src_sess_", "stick counters are not there yet"}, {"src_http_", "stick counters are not there yet"},
    {"src_bytes_", "stick counters are not there yet"}, {"src_kbytes_", "stick counters are not there yet"},
    {"src_gpc", "stick counters are not there yet"}, {"src_glitch_", "stick counters are not there yet"},
    {"table_", "stick counters are not there yet"},
    {"ssl_", "TLS is not there yet"}, {"res.cache_", "the cache is not there yet"}, {"res.comp", "compression is not there yet"},
    {"fcgi.", "FastCGI is not there yet"}, {"spoe.", "SPOE is not there yet"}, {"internal.", "it shows the inside of HAProxy"},
    {"51d.", "device detection is not there"}, {"da-csv-", "device detection is not there"}, {"wurfl-", "device detection is not there"},
};

}  // namespace

std::string_view sample_waits_for(std::string_view name) {
  for (const Family& family : samples)
    if (name.starts_with(family.beginning)) return family.what;
  return {};
}

std::string_view waits_for(std::string_view word) {
  const auto is_in = [word](const auto& list) { return std::ranges::find(list, word) != std::end(list); };
  if (is_in(tls)) return "TLS is not there yet";
  if (is_in(resolvers)) return "resolvers sections are not there yet";
  if (is_in(quic)) return "HTTP/3 is not there yet";
  if (word == "shard") return "peers are not there yet";
  if (word == "healthcheck") return "healthcheck sections are not there yet";
  if (word == "strict-maxconn") return "maxconn counts requests, and idle connections come on top of it";
  if (word == "ech") return "TLS is not there yet";
  if (word == "nbconn") return "connections are not opened backwards yet";
  return {};
}

std::string_view keyword_waits_for(std::string_view keyword) {
  for (const Family& family : families)
    if (keyword.starts_with(family.beginning)) return family.what;
  return {};
}

}  // namespace sluice::config
