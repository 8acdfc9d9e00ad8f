#include "http/message.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/status.hpp"

namespace sluice::http {
namespace {

Target target_of(const Request& request) {
  return request.method == Method::connect ? Target::of_connect : Target::of_others;
}

// What stands before the path: "http://host" of an absolute target.
std::string_view before_path(const Uri& uri) {
  if (uri.form != UriForm::absolute) return {};
  return uri.text.substr(0, static_cast<std::size_t>(uri.authority.data() + uri.authority.size() - uri.text.data()));
}

std::string_view concatenate(Arena& arena, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  char* const to = arena.allocate(size);
  char* at = to;
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {to, size};
}

// `text` with every byte that no target may hold as "%XX" (RFC 3986 section 2.1).
std::string_view encoded(Arena& arena, std::string_view text) {
  const auto odd = [](char c) { return !is_in(c, chars::uri); };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(text, odd));
  if (count == 0) return text;
  char* const to = arena.allocate(text.size() + 2 * count);
  char* at = to;
  for (const char c : text) {
    if (!odd(c)) {
      *at++ = c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    *at++ = '%';
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  return {to, at};
}

}  // namespace

std::string_view Request::host() const {
  if (const Field* const field = fields.find(HeaderId::host)) return field->value();
  return uri.authority;
}

void Request::set_method(std::string_view text) {
  received = {};
  method_text = fields.arena().copy(text);
  method = method_of(method_text);
}

void Request::put_target(std::initializer_list<std::string_view> parts) {
  received = {};
  std::string_view text = concatenate(fields.arena(), parts);
  if ((text.empty() || text[0] == '?') && target_of(*this) != Target::of_connect) text = fields.arena().join("/", text);
  uri = split_uri(encoded(fields.arena(), text), target_of(*this));
}

void Request::set_uri(std::string_view text) { put_target({text}); }
void Request::set_path(std::string_view path) { put_target({before_path(uri), path, uri.has_query ? "?" : "", uri.query}); }
void Request::set_path_and_query(std::string_view text) { put_target({before_path(uri), text}); }
void Request::set_query(std::string_view query) { put_target({before_path(uri), uri.path, query.empty() ? "" : "?", query}); }

void Request::clear() {
  method = Method::other;
  method_text = received = {};
  uri = {};
  version = {};
  framing = {};
  fields.clear();
}

void Response::set_status(std::uint16_t code, std::string_view reason_text) {
  received = {};
  status = code;
  reason = reason_text.empty() ? reason_of(code) : fields.arena().copy(reason_text);
}

void Response::clear() {
  status = 0;
  reason = received = {};
  version = {};
  framing = {};
  fields.clear();
}

}  // namespace sluice::http
