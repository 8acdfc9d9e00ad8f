// A request target taken apart. All parts are views into the target.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

// RFC 9112 3.2. `other`: something relaxed parsing let through.
enum class UriForm : std::uint8_t { origin, absolute, authority, asterisk, other };

struct Uri {
  UriForm form = UriForm::other;
  std::string_view text;       // all of it, as received
  std::string_view scheme;     // "http" of absolute form
  std::string_view authority;  // "host:port" of absolute and authority form, with user information if there is any
  std::string_view path_and_query;  // from the first '/' of the path on; empty for "*" and "http://host"
  std::string_view path;       // without '?' and what follows
  std::string_view query;      // what follows the first '?'
  bool has_query = false;      // "/?" has an empty query, "/" has none
};

// Never fails; what the parser accepted always splits. Only CONNECT has authority form, hence `is_connect`.
enum class Target : std::uint8_t { of_connect, of_others };
Uri split_uri(std::string_view text, Target target = Target::of_others);

// "user@host:80" -> host and port text; brackets of an IPv6 literal stay with the host.
struct HostPort {
  std::string_view host;
  std::string_view port;  // without the colon
  bool has_port = false;
};
HostPort split_authority(std::string_view authority);

// The value of `name` in "a=1&b=2" (also with other delimiters); nullopt if it is not there. Case sensitive unless
// asked otherwise. Nothing is decoded.
std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name, char delimiter = '&');

// A port number 0..65535 without sign or other characters.
std::optional<std::uint16_t> parse_port(std::string_view text);

// The default port of a scheme ("http" 80, "https" 443, "ws"/"wss" likewise), 0 if unknown.
std::uint16_t default_port(std::string_view scheme);

// The port in it, or else `fallback`; 0 if that is no port.
std::uint16_t port_of(const HostPort& place, std::uint16_t fallback);
// RFC 9112 3.2.2 and 3.2.3: does Host name what the target names? A port that is the scheme's own may be left out;
// for CONNECT, which has no scheme, 80 and 443 both count as such (as HAProxy).
bool same_place(const Uri& uri, std::string_view host);

}  // namespace sluice::http
