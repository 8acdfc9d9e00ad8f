// Well-known header names as small numbers, found while parsing, so that the rest of the program never compares
// "content-length" again. Fewer than 64, so that a set of them is one word (Fields keeps such a set).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

// Same order as header_names below (checked at compile time).
enum class HeaderId : std::uint8_t {
  other,
  accept, accept_encoding, accept_language, access_control_allow_origin, age, allow, authorization, cache_control,
  connection, content_encoding, content_length, content_range, content_type, cookie, date, etag, expect, expires,
  forwarded, host, http2_settings, if_match, if_modified_since, if_none_match, if_range, if_unmodified_since,
  keep_alive, last_modified, link, location, origin, pragma, proxy_authenticate, proxy_authorization,
  proxy_connection, range, referer, retry_after, sec_websocket_accept, sec_websocket_key, server, set_cookie,
  strict_transport_security, te, trailer, transfer_encoding, upgrade, user_agent, vary, via, www_authenticate,
  x_forwarded_for, x_forwarded_host, x_forwarded_port, x_forwarded_proto, x_original_to, x_real_ip, x_request_id,
  count_,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(HeaderId::count_)> header_names = {
    "", "accept", "accept-encoding", "accept-language", "access-control-allow-origin", "age", "allow",
    "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-range",
    "content-type", "cookie", "date", "etag", "expect", "expires", "forwarded", "host", "http2-settings", "if-match",
    "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "last-modified", "link",
    "location", "origin", "pragma", "proxy-authenticate", "proxy-authorization", "proxy-connection", "range",
    "referer", "retry-after", "sec-websocket-accept", "sec-websocket-key", "server", "set-cookie",
    "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via",
    "www-authenticate", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto",
    "x-original-to", "x-real-ip", "x-request-id"};
static_assert(static_cast<std::size_t>(HeaderId::count_) <= 64 && !header_names.back().empty());
static_assert(header_names[static_cast<std::size_t>(HeaderId::host)] == "host" &&
              header_names[static_cast<std::size_t>(HeaderId::te)] == "te" &&
              header_names[static_cast<std::size_t>(HeaderId::x_request_id)] == "x-request-id");

constexpr std::string_view name_of(HeaderId id) { return header_names[static_cast<std::size_t>(id)]; }

// Any case. HeaderId::other if the name is not one of ours.
HeaderId header_id(std::string_view name);
// The same for a name known to be lower case (the parser's): one hash, one comparison.
HeaderId header_id_of_lower(std::string_view lower_name);

// The same for a name of at most 15 bytes: eight of them and the rest, the first in the lowest bits, zeros behind the last.
HeaderId header_id_of_words(std::uint64_t first, std::uint64_t second);

// A name with its number, made once at configuration time. The text must outlive it.
struct HeaderName {
  std::string_view text;
  HeaderId id = HeaderId::other;
  HeaderName() = default;
  HeaderName(std::string_view name) : text(name), id(header_id(name)) {}  // NOLINT: a name is what is meant
  HeaderName(const char* name) : HeaderName(std::string_view(name)) {}     // NOLINT
  HeaderName(const std::string& name) : HeaderName(std::string_view(name)) {}  // NOLINT
  constexpr HeaderName(HeaderId known) : text(name_of(known)), id(known) {}  // NOLINT
};

}  // namespace sluice::http
