#include "http/message.hpp"

#include "base/text.hpp"
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

void Request::set_uri(std::string_view text) {
  received = {};
  uri = split_uri(fields.arena().copy(text), target_of(*this));
}

void Request::set_path(std::string_view path) {
  received = {};
  const std::string_view mark = uri.has_query ? "?" : "";
  uri = split_uri(concatenate(fields.arena(), {before_path(uri), path, mark, uri.query}), target_of(*this));
}

void Request::set_path_and_query(std::string_view text) {
  received = {};
  uri = split_uri(concatenate(fields.arena(), {before_path(uri), text}), target_of(*this));
}

void Request::set_query(std::string_view query) {
  received = {};
  const std::string_view mark = query.empty() ? "" : "?";
  uri = split_uri(concatenate(fields.arena(), {before_path(uri), uri.path, mark, query}), target_of(*this));
}

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
