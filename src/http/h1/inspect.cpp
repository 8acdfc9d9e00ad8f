#include "http/h1/inspect.hpp"

#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/h1/framing.hpp"

namespace sluice::http::h1 {
namespace {

std::size_t index_of(const Fields& fields, const Field* field) { return static_cast<std::size_t>(field - fields.begin()); }

void keep_first(Fields& fields, HeaderId id) {
  bool seen = false;
  fields.remove_if([&](const Field& field) { return field.id() == id && std::exchange(seen, true); });
}

// 1*DIGIT below 2^63 (RFC 9110 8.6).
std::optional<std::uint64_t> length_value(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c) || value > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

// Repetitions of the same length, as several fields or as a list, become one; anything else is refused.
Refusal fold_content_length(Fields& fields, Framing& framing) {
  const Field* const only = fields.find(HeaderId::content_length);
  if (!fields.find(HeaderId::content_length, index_of(fields, only) + 1)) {
    framing.content_length = length_value(only->value());
    if (framing.content_length) return {};
  }
  std::string_view first;
  bool several = false;
  Elements elements(fields, HeaderId::content_length);
  while (const auto text = elements.next()) {
    const auto value = length_value(*text);
    if (!value || (framing.content_length && *framing.content_length != *value))
      return {Fault::content_length, 400,
              text->empty() ? fields.find(HeaderId::content_length)->value().data() : text->data()};
    if (framing.content_length)
      several = true;
    else
      first = *text;
    framing.content_length = value;
  }
  if (several) {
    fields.refer_value(index_of(fields, fields.find(HeaderId::content_length)), first);
    keep_first(fields, HeaderId::content_length);
  }
  return {};
}

// RFC 9112 6.1, 6.3: with Transfer-Encoding the length is unknown unless chunked comes last and only there. We
// cannot undo other codings, and as HAProxy we do not pass them on.
enum class Repeats : std::uint8_t { refuse, fold };
Refusal fold_transfer_encoding(Fields& fields, Framing& framing, Repeats repeats) {
  framing.transfer_encoding = true;
  bool others = false;
  const char* where = nullptr;
  Elements elements(fields, HeaderId::transfer_encoding);
  while (const auto coding = elements.next()) {
    if (coding->empty()) continue;
    where = coding->data();
    const bool is_chunked = equal_nocase(*coding, "chunked");
    if (framing.chunked && !(is_chunked && repeats == Repeats::fold)) return {Fault::transfer_encoding, 400, where};
    framing.chunked = is_chunked;
    others |= !is_chunked;
  }
  if (!framing.chunked) return {Fault::transfer_encoding, 400, where};
  if (others) return {Fault::transfer_encoding, 422, where};
  fields.refer_value(index_of(fields, fields.find(HeaderId::transfer_encoding)), "chunked");
  keep_first(fields, HeaderId::transfer_encoding);
  return {};
}

Refusal inspect_framing(Fields& fields, Framing& framing, Version version, Repeats repeats, const Options& options) {
  if (fields.has(HeaderId::content_length))
    if (const Refusal refusal = fold_content_length(fields, framing); refusal.fault != Fault::none) return refusal;
  if (!fields.has(HeaderId::transfer_encoding)) return {};
  if (const Refusal refusal = fold_transfer_encoding(fields, framing, repeats); refusal.fault != Fault::none)
    return refusal;
  // Both: Transfer-Encoding wins, the length must not be forwarded, and the connection ends after this message, for
  // whoever is behind might have understood it the other way. The same for chunked in HTTP/1.0.
  if (framing.content_length) {
    fields.remove(HeaderId::content_length);
    framing.content_length.reset();
    framing.close = !options.keep_both;
  }
  if (version < http_1_1) framing.close = true;
  return {};
}

// As in HAProxy rules do not see what a message says of its connection's persistence, only what else it names.
void inspect_connection(Fields& fields, Framing& framing) {
  if (!fields.has(HeaderId::connection)) return;
  bool upgrade = false;
  Elements elements(fields, HeaderId::connection);
  while (const auto token = elements.next()) {
    if (equal_nocase(*token, "close"))
      framing.close = true;
    else if (equal_nocase(*token, "keep-alive"))
      framing.keep_alive = true;
    else if (equal_nocase(*token, "upgrade"))
      upgrade = true;
  }
  drop_persistence(fields);
  framing.upgrade = upgrade && fields.has(HeaderId::upgrade);
  framing.websocket = framing.upgrade && fields.has_token(HeaderId::upgrade, "websocket");
}

// A Host value or the authority of a target without user information: reg-name or IP literal, then maybe a port.
// Comma is allowed by RFC 3986, but two hosts in a list look the same, so it is not allowed here.
bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || end < 3) return false;
    for (const char c : text.substr(1, end - 1))
      if (hex_digit(c) < 0 && c != ':' && c != '.' && !is_in(c, chars::unreserved) && c != '%') return false;
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':') return false;
  }
  std::size_t i = 0;
  while (i < text.size() && is_in(text[i], chars::host_name)) ++i;
  if (i == text.size()) return true;
  return text[i] == ':' && (i + 1 == text.size() || parse_port(text.substr(i + 1)).has_value());
}

// RFC 9112 3.2: at most one Host that is valid.
Refusal inspect_host(Fields& fields) {
  const Field* const host = fields.find(HeaderId::host);
  if (!host) return {};
  if (!is_host(host->value())) return {Fault::host, 400, host->value().data()};
  bool several = false;
  for (const Field* next = host; (next = fields.find(HeaderId::host, index_of(fields, next) + 1)) != nullptr;) {
    if (next->value() != host->value()) return {Fault::host, 400, next->value().data()};
    several = true;
  }
  if (several) keep_first(fields, HeaderId::host);
  return {};
}

bool is_target_authority(const Uri& uri) {
  std::string_view authority = uri.authority;
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) {
    for (const char c : authority.substr(0, at))
      if (!is_in(c, chars::authority) || c == '@' || c == '[' || c == ']') return false;
    authority.remove_prefix(at + 1);
  }
  const HostPort place = split_authority(authority);
  if (place.host.empty() || !is_host(authority)) return false;
  return uri.form != UriForm::authority || !place.port.empty();
}

// As HAProxy: a default port is taken out of an absolute target and out of a Host that says the same as the target.
void drop_default_port(Request& request, std::span<char> target) {
  Uri& uri = request.uri;
  const HostPort place = split_authority(uri.authority);
  if (!place.has_port || place.port.starts_with('0')) return;
  const std::uint16_t port = port_of(place, 0);
  const bool absolute = uri.form == UriForm::absolute;
  if (absolute ? port != default_port(uri.scheme) && !place.port.empty() : port != 80 && port != 443) return;
  const std::size_t cut = place.port.size() + 1;
  if (const Field* const host = request.fields.find(HeaderId::host); host && equal_nocase(host->value(), uri.authority)) {
    std::string_view shorter = host->value();
    shorter.remove_suffix(cut);
    request.fields.refer_value(index_of(request.fields, host), shorter);
  }
  if (!absolute) return;
  const auto before = static_cast<std::size_t>(place.port.data() - 1 - target.data());
  std::memmove(target.data() + cut, target.data(), before);
  uri = split_uri({target.data() + cut, target.size() - cut});
}

Refusal inspect_target(Request& request, std::span<char> target, const Options& options) {
  const Uri& uri = request.uri;
  const bool has_authority = uri.form == UriForm::absolute || uri.form == UriForm::authority;
  if (uri.form == UriForm::other && !options.relax) return {Fault::target, 400, target.data()};
  if (!has_authority) return {};
  if (!options.relax) {
    if (!is_target_authority(uri)) return {Fault::target, 400, uri.authority.data()};
    const Field* const host = request.fields.find(HeaderId::host);
    if (host && !same_place(uri, host->value())) return {Fault::host, 400, host->value().data()};
  }
  drop_default_port(request, target);
  return {};
}

// Old servers look for no body behind these, and would take it for another request (manual 3.1,
// "h1-accept-payload-with-any-method").
bool smuggles_payload(const Request& request) {
  const bool without = request.method == Method::get || request.method == Method::head || request.method == Method::delete_;
  const Framing& framing = request.framing;
  return without && request.version < http_1_1 && (framing.chunked || framing.content_length.value_or(0) != 0);
}

}  // namespace

Refusal inspect(Request& request, std::span<char> target, const Options& options) {
  request.uri = split_uri({target.data(), target.size()},
                          request.method == Method::connect ? Target::of_connect : Target::of_others);
  Framing& framing = request.framing;
  Fields& fields = request.fields;
  if (const Refusal refusal = inspect_framing(fields, framing, request.version, Repeats::refuse, options);
      refusal.fault != Fault::none)
    return refusal;
  if (smuggles_payload(request) && !options.any_payload) return {Fault::payload, 413, nullptr};
  if (const Refusal refusal = inspect_host(fields); refusal.fault != Fault::none) return refusal;
  if (const Refusal refusal = inspect_target(request, target, options); refusal.fault != Fault::none) return refusal;
  inspect_connection(fields, framing);
  constexpr std::size_t key_size = 24;  // 16 bytes in base64 (RFC 6455 section 4.1)
  if (framing.websocket && !options.relax &&
      (!fields.has(HeaderId::sec_websocket_key) || fields.value(HeaderId::sec_websocket_key, 1)->size() != key_size))
    return {Fault::websocket, 400, nullptr};
  // RFC 9110 7.8: no upgrade from HTTP/1.0; as HAProxy none of a request with a body, whose end we would lose.
  const bool has_body = framing.chunked || framing.content_length.value_or(0) != 0;
  if (has_body && framing.upgrade) fields.remove(HeaderId::upgrade);
  if (request.version < http_1_1 || has_body) framing.upgrade = framing.websocket = false;
  if (fields.has(HeaderId::expect) && request.version >= http_1_1)
    framing.expect_continue = equal_nocase(*fields.value(HeaderId::expect, 1), "100-continue");
  if (request.method == Method::connect) {  // RFC 9110 9.3.6: a CONNECT request has no body
    fields.remove(HeaderId::content_length);
    fields.remove(HeaderId::transfer_encoding);
    framing.content_length.reset();
    framing.chunked = framing.transfer_encoding = false;
  }
  return {};
}

Refusal inspect(Response& response, const Options& options) {
  Framing& framing = response.framing;
  Fields& fields = response.fields;
  if (const Refusal refusal = inspect_framing(fields, framing, response.version,
                                              options.relax ? Repeats::fold : Repeats::refuse, options);
      refusal.fault != Fault::none)
    return {refusal.fault, 502, refusal.where};
  inspect_connection(fields, framing);
  if (response.status < 200 || response.status == 204) {  // RFC 9110 8.6, RFC 9112 6.1: no length may be said
    fields.remove(HeaderId::content_length);
    fields.remove(HeaderId::transfer_encoding);
    framing.content_length.reset();
    framing.chunked = framing.transfer_encoding = false;
  }
  return {};
}

void drop_forbidden_trailers(Fields& trailers) {
  trailers.remove_if([](const Field& field) {
    switch (field.id()) {
      case HeaderId::content_length:
      case HeaderId::transfer_encoding:
      case HeaderId::content_encoding:
      case HeaderId::content_type:
      case HeaderId::content_range:
      case HeaderId::trailer:
      case HeaderId::host:
      case HeaderId::connection:
      case HeaderId::keep_alive:
      case HeaderId::proxy_connection:
      case HeaderId::te:
      case HeaderId::upgrade:
      case HeaderId::expect:
      case HeaderId::authorization:
      case HeaderId::proxy_authorization:
      case HeaderId::cookie:
      case HeaderId::set_cookie: return true;
      default: return false;
    }
  });
}

}  // namespace sluice::http::h1
