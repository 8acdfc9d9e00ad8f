#include "http/uri.hpp"

#include "base/text.hpp"
#include "http/chars.hpp"

namespace sluice::http {
namespace {

std::string_view from(std::string_view text, std::size_t at) { return text.substr(std::min(at, text.size())); }

void split_path(Uri& uri, std::string_view text) {
  uri.path_and_query = text;
  const std::size_t question = text.find('?');
  uri.path = text.substr(0, question);
  uri.has_query = question != text.npos;
  if (uri.has_query) uri.query = text.substr(question + 1);
}

// "scheme://"; 0 if the text does not begin so.
std::size_t scheme_size(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  std::size_t i = 1;
  while (i < text.size() && is_in(text[i], chars::scheme)) ++i;
  return text.substr(i, 3) == "://" ? i : 0;
}

}  // namespace

Uri split_uri(std::string_view text, Target target) {
  Uri uri;
  uri.text = text;
  if (target == Target::of_connect) {
    uri.form = UriForm::authority;
    uri.authority = text;
    return uri;
  }
  if (text.starts_with('/')) {
    uri.form = UriForm::origin;
    split_path(uri, text);
    return uri;
  }
  if (text == "*") {
    uri.form = UriForm::asterisk;
    return uri;
  }
  if (const std::size_t size = scheme_size(text)) {
    uri.form = UriForm::absolute;
    uri.scheme = text.substr(0, size);
    const std::size_t begin = size + 3;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    uri.authority = text.substr(begin, end - begin);
    split_path(uri, from(text, end));
    return uri;
  }
  uri.form = UriForm::other;
  const std::size_t slash = text.find('/');  // HAProxy's path begins at the first slash whatever stands before it
  if (slash != text.npos) split_path(uri, text.substr(slash));
  return uri;
}

HostPort split_authority(std::string_view authority) {
  HostPort result;
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) authority.remove_prefix(at + 1);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  result.host = authority.substr(0, colon);
  result.has_port = colon != authority.npos;
  if (result.has_port) result.port = authority.substr(colon + 1);
  return result;
}

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name, char delimiter) {
  for (;;) {
    const std::size_t end = query.find(delimiter);
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name))
      return pair.substr(name.size() + 1);
    if (end == query.npos) return std::nullopt;
    query.remove_prefix(end + 1);
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::uint16_t default_port(std::string_view scheme) {
  if (equal_nocase(scheme, "http") || equal_nocase(scheme, "ws")) return 80;
  if (equal_nocase(scheme, "https") || equal_nocase(scheme, "wss")) return 443;
  return 0;
}

std::uint16_t port_of(const HostPort& place, std::uint16_t fallback) {
  return place.has_port && !place.port.empty() ? parse_port(place.port).value_or(0) : fallback;
}

bool same_place(const Uri& uri, std::string_view host_value) {
  const HostPort target = split_authority(uri.authority);
  const HostPort host = split_authority(host_value);
  if (!equal_nocase(target.host, host.host)) return false;
  if (uri.form == UriForm::absolute) {
    const std::uint16_t fallback = default_port(uri.scheme);
    return port_of(target, fallback) == port_of(host, fallback);
  }
  const std::uint16_t port = port_of(target, 0);
  return host.has_port ? port_of(host, 0) == port : port == 80 || port == 443;
}

}  // namespace sluice::http
