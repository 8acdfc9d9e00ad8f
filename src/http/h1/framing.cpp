#include "http/h1/framing.hpp"

#include <charconv>

#include "base/text.hpp"

namespace sluice::http::h1 {
namespace {

bool ends_here(std::string_view token, Upgrade upgrade) {
  if (equal_nocase(token, "close") || equal_nocase(token, "keep-alive")) return true;
  return upgrade == Upgrade::drop && equal_nocase(token, "upgrade");
}

// One Connection value without the tokens that end here and last commas; the same view if all stays. As HAProxy writes
// it: what stands before the first of them is left as it is, what follows is joined by commas without blanks.
std::string_view filtered_connection(Arena& arena, std::string_view value, Upgrade upgrade) {
  const auto goes = [&](std::string_view token, const ElementList& list) {
    const bool last = list.with_blanks().data() + list.with_blanks().size() == value.data() + value.size();
    return ends_here(token, upgrade) || (last && token.empty());
  };
  bool all_stay = true;
  ElementList tokens(value);
  while (const auto token = tokens.next()) all_stay &= !goes(*token, tokens);
  if (all_stay) return value;
  char* const to = arena.allocate(value.size());
  std::size_t size = 0;
  const auto put = [&](std::string_view text) {
    if (!text.empty()) std::memcpy(to + size, text.data(), text.size());
    size += text.size();
  };
  bool before = true;  // the first one that goes
  ElementList again(value);
  while (const auto token = again.next()) {
    const std::string_view whole = again.with_blanks();
    if (goes(*token, again)) {
      before = false;
    } else if (before) {
      put(value.substr(size, static_cast<std::size_t>(whole.data() + whole.size() - value.data()) - size));
    } else {
      if (size) put(",");
      put(*token);
    }
  }
  while (size && (to[size - 1] == ',' || to[size - 1] == ' ' || to[size - 1] == '\t')) --size;
  arena.shrink(to, value.size(), size);
  return {to, size};
}

void filter_connection(Fields& fields, Upgrade upgrade) {
  bool some_empty = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id() != HeaderId::connection) continue;
    const std::string_view value = filtered_connection(fields.arena(), fields[i].value(), upgrade);
    if (value.size() != fields[i].value().size()) fields.refer_value(i, value);
    some_empty |= value.empty();
  }
  if (some_empty)
    fields.remove_if([](const Field& f) { return f.id() == HeaderId::connection && f.value().empty(); });
}

}  // namespace

Body body_of(const Request& request) {
  if (request.method == Method::connect) return {BodyKind::tunnel, 0};
  if (request.framing.chunked) return {BodyKind::chunked, 0};
  if (const std::uint64_t length = request.framing.content_length.value_or(0)) return {BodyKind::length, length};
  return {BodyKind::none, 0};
}

Body body_of(const Response& response, Method asked) {
  const unsigned status = response.status;
  if (status == 101) return {BodyKind::tunnel, 0};
  if (asked == Method::head || status < 200 || status == 204 || status == 304) return {BodyKind::none, 0};
  if (asked == Method::connect && status < 300) return {BodyKind::tunnel, 0};
  if (response.framing.chunked) return {BodyKind::chunked, 0};
  if (!response.framing.content_length) return {BodyKind::until_close, 0};
  if (const std::uint64_t length = *response.framing.content_length) return {BodyKind::length, length};
  return {BodyKind::none, 0};
}

bool wants_keep_alive(const Request& request) {
  if (request.framing.close) return false;
  return request.version >= http_1_1 || request.framing.keep_alive;
}

bool wants_keep_alive(const Response& response, const Body& body) {
  if (response.framing.close || body.kind == BodyKind::until_close || body.kind == BodyKind::tunnel) return false;
  return response.version >= http_1_1 || response.framing.keep_alive;
}

void drop_persistence(Fields& fields) { filter_connection(fields, Upgrade::forward); }

void remove_hop_by_hop(Fields& fields, Upgrade upgrade) {
  if (fields.has(HeaderId::connection)) filter_connection(fields, upgrade);
  if (upgrade == Upgrade::drop && fields.has(HeaderId::upgrade)) fields.remove(HeaderId::upgrade);
  if (fields.has(HeaderId::te)) {
    const bool trailers = fields.has_token(HeaderId::te, "trailers");
    const Field* const te = fields.find(HeaderId::te);
    if (trailers && fields.count(HeaderId::te) == 1)
      fields.refer_value(static_cast<std::size_t>(te - fields.begin()), "trailers");
    else if (trailers)
      fields.set(HeaderId::te, "trailers");
    else
      fields.remove(HeaderId::te);
  }
}

void set_framing(Fields& fields, const Body& body) {
  if (body.kind != BodyKind::chunked && fields.has(HeaderId::transfer_encoding))
    fields.remove(HeaderId::transfer_encoding);
  if (body.kind == BodyKind::length) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), body.length).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    if (const Field* const field = fields.find(HeaderId::content_length); field && field->value() == text) return;
    fields.set(HeaderId::content_length, text);
    return;
  }
  if (fields.has(HeaderId::content_length)) fields.remove(HeaderId::content_length);
  if (body.kind == BodyKind::chunked && !fields.has(HeaderId::transfer_encoding))
    fields.append(name_of(HeaderId::transfer_encoding), "chunked", HeaderId::transfer_encoding);
}

void set_framing(Response& response, const Body& body, Method asked) {
  if (body.kind == BodyKind::tunnel || asked == Method::head || response.status == 304) return;
  Fields& fields = response.fields;
  if (body.kind != BodyKind::none || response.status == 204) {
    set_framing(fields, body);
    return;
  }
  if (fields.has(HeaderId::transfer_encoding)) fields.remove(HeaderId::transfer_encoding);
  if (const Field* const field = fields.find(HeaderId::content_length); field && field->value() == "0") return;
  fields.set(HeaderId::content_length, "0");
}

}  // namespace sluice::http::h1
