// Cookies (manual 7.3.6). Without a name any cookie is meant. A single value is the last one; ACLs look at all.
#include "base/text.hpp"
#include "expr/entries.hpp"
#include "expr/fetch/value.hpp"
#include "http/cookie.hpp"
#include "http/message.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using http::Request;
using http::Response;
using Name = std::optional<std::string_view>;

// Whether `cookie` of `field` is meant. As HAProxy names that begin with '$' are attributes of the cookie before them
// (RFC 2965), and a last "name=" (before a comma, too) without a blank around is not found by its name.
bool is_meant(const http::Cookie& cookie, const http::Field& field, Name name) {
  if (cookie.name.starts_with('$')) return false;
  if (!name) return true;
  if (cookie.name != *name) return false;
  if (cookie.text.size() != name->size() + 1) return true;
  const auto begin = static_cast<std::size_t>(cookie.text.data() - field.value().data());
  const std::string_view before = field.value().substr(0, begin), behind = trim(field.value().substr(begin + cookie.text.size()));
  const bool last = behind.empty() || behind.front() == ',';
  const bool first = trim(before).empty() || trim(before).back() == ',';
  return !last || !(first || before.back() == ';');
}

// Calls visit(cookie) for each that is meant, until it says true.
template <class Visitor>
bool walk(const Request& request, Name name, Visitor visit) {
  const http::HeaderName header(http::HeaderId::cookie);
  for (std::size_t i = 0; const http::Field* field = request.fields.find(header, i);
       i = static_cast<std::size_t>(field - request.fields.begin()) + 1) {
    http::Cookies cookies(field->value());
    while (const auto cookie = cookies.next())
      if (is_meant(*cookie, *field, name) && visit(*cookie)) return true;
  }
  return false;
}
template <class Visitor>
bool walk(const Response& response, Name name, Visitor visit) {
  const http::HeaderName header(http::HeaderId::set_cookie);
  for (std::size_t i = 0; const http::Field* field = response.fields.find(header, i);
       i = static_cast<std::size_t>(field - response.fields.begin()) + 1) {
    const auto cookie = http::set_cookie(field->value());
    if (cookie && is_meant(*cookie, *field, name) && visit(*cookie)) return true;
  }
  return false;
}

template <class Message>
struct Of {
  static std::optional<std::string_view> one(const Message& message, Name name) {
    std::optional<std::string_view> found;
    walk(message, name, [&](const http::Cookie& cookie) {
      found = cookie.value;
      return !name;  // of unnamed ones the first
    });
    return found;
  }
  static bool all(Visit visit, const Message& message, Name name) {
    return walk(message, name, [&](const http::Cookie& cookie) { return visit(Sample::text(cookie.value)); });
  }
  static Int count(const Message& message, Name name) {
    Int found = 0;
    walk(message, name, [&](const http::Cookie&) {
      ++found;
      return false;
    });
    return found;
  }
  static Sample value(const Message& message, Name name, Arena& arena) {
    const auto text = one(message, name);
    return text ? value_of(*text, arena) : Sample{};
  }
  static std::string_view names(const Message& message, Name delimiter, Arena& arena) {
    const std::string_view between = delimiter.value_or(",").substr(0, 1);
    std::size_t size = 1;
    walk(message, std::nullopt, [&](const http::Cookie& cookie) {
      size += cookie.name.size() + 1;
      return false;
    });
    char* const start = arena.allocate(size);
    char* at = start;
    walk(message, std::nullopt, [&](const http::Cookie& cookie) {
      if (at != start && !between.empty()) *at++ = between[0];
      if (!cookie.name.empty()) std::memcpy(at, cookie.name.data(), cookie.name.size());
      at += cookie.name.size();
      return false;
    });
    return {start, static_cast<std::size_t>(at - start)};
  }
};
using Req = Of<Request>;
using Res = Of<Response>;
std::optional<std::string_view> cookie(const Scope& scope, Name name) {
  if (scope.direction == Direction::response) return scope.response ? Res::one(*scope.response, name) : std::nullopt;
  return scope.request ? Req::one(*scope.request, name) : std::nullopt;
}
bool cookie_all(Visit visit, const Scope& scope, Name name) {
  if (scope.direction == Direction::response) return scope.response && Res::all(visit, *scope.response, name);
  return scope.request && Req::all(visit, *scope.request, name);
}

const catalog::Add a{Fetch{.name = "req.cook", .args = {"name"}, .run = all_of<Req::one, Req::all>,
                           .doc = "The value of cookie {name}.", .examples = {{"req.cook(b)", "2"}, {"req.cook(a)", "3"}, {"req.cook(x)", undefined}}}};
const catalog::Add b{Fetch{.name = "cook", .args = {"name"}, .run = all_of<Req::one, Req::all>, .doc = "Old name of req.cook.",
                           .examples = {{"cook(b)", "2"}}}};
const catalog::Add c{Fetch{.name = "cookie", .args = {"name"}, .run = all_of<cookie, cookie_all>, .origin = Origin::either,
                           .doc = "req.cook in rules for requests, res.cook in rules for responses.", .examples = {{"cookie(b)", "2"}}}};
const catalog::Add d{Fetch{.name = "req.cook_cnt", .args = {"name"}, .run = typed<Req::count>, .doc = "How many cookies {name} there are.",
                           .examples = {{"req.cook_cnt(a)", "2"}, {"req.cook_cnt", "3"}}}};
const catalog::Add e{Fetch{.name = "cook_cnt", .args = {"name"}, .run = typed<Req::count>, .doc = "Old name of req.cook_cnt.",
                           .examples = {{"cook_cnt(a)", "2"}}}};
const catalog::Add f{Fetch{.name = "req.cook_val", .args = {"name"}, .run = typed<Req::value>, .out = Type::sint,
                           .doc = "The value of cookie {name} as an integer.", .examples = {{"req.cook_val(b),add(1)", "3"}}}};
const catalog::Add g{Fetch{.name = "cook_val", .args = {"name"}, .run = typed<Req::value>, .out = Type::sint,
                           .doc = "Old name of req.cook_val.", .examples = {{"cook_val(b)", "2"}}}};
const catalog::Add h{Fetch{.name = "req.cook_names", .args = {"delim"}, .run = typed<Req::names>,
                           .doc = "The names of all cookies with {delim} (a comma) between.", .examples = {{"req.cook_names(:)", "a:b:a"}}}};
const catalog::Add i{Fetch{.name = "res.cook", .args = {"name"}, .run = all_of<Res::one, Res::all>,
                           .doc = "The value the response gives cookie {name}.", .examples = {{"res.cook(s)", "1"}}}};
const catalog::Add j{Fetch{.name = "scook", .args = {"name"}, .run = all_of<Res::one, Res::all>, .doc = "Old name of res.cook.",
                           .examples = {{"scook(s)", "1"}}}};
const catalog::Add k{Fetch{.name = "res.cook_cnt", .args = {"name"}, .run = typed<Res::count>, .doc = "How many cookies {name} the response sets.",
                           .examples = {{"res.cook_cnt(s)", "1"}}}};
const catalog::Add l{Fetch{.name = "scook_cnt", .args = {"name"}, .run = typed<Res::count>, .doc = "Old name of res.cook_cnt.",
                           .examples = {{"scook_cnt(s)", "1"}}}};
const catalog::Add m{Fetch{.name = "res.cook_val", .args = {"name"}, .run = typed<Res::value>, .out = Type::sint,
                           .doc = "The value the response gives cookie {name}, as an integer.", .examples = {{"res.cook_val(s)", "1"}}}};
const catalog::Add n{Fetch{.name = "scook_val", .args = {"name"}, .run = typed<Res::value>, .out = Type::sint,
                           .doc = "Old name of res.cook_val.", .examples = {{"scook_val(s)", "1"}}}};
const catalog::Add o{Fetch{.name = "res.cook_names", .args = {"delim"}, .run = typed<Res::names>,
                           .doc = "The names of the cookies the response sets.", .examples = {{"res.cook_names", "s"}}}};
}  // namespace
}  // namespace sluice::expr
