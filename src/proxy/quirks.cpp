#include "proxy/quirks.hpp"

#include "base/text.hpp"

namespace sluice::proxy {

bool has_plain_name(const http::Field& field) {
  return std::ranges::all_of(field.name(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void adjust_case(http::Fields& fields, const HeaderCases& cases) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (const auto found = cases.find(fields[i].name()); found != cases.end()) fields.respell(i, found->second);
}

bool may_cache_cookie(const http::Request& request, const http::Response& response) {
  const http::Fields& fields = response.fields;
  const http::HeaderName cookie("set-cookie"), control("cache-control"), pragma("pragma");
  if (fields.count(cookie) == 0) return false;
  constexpr std::array cacheable{200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501};
  const bool by_default = std::ranges::find(cacheable, response.status) != cacheable.end() &&
                          (request.method == http::Method::get || request.method == http::Method::head ||
                           request.method == http::Method::options || request.method == http::Method::trace);
  bool is_public = false;
  for (const http::Field* field = fields.find(control); field; field = fields.find(control, static_cast<std::size_t>(field - fields.begin()) + 1)) {
    http::ElementList list(field->value());
    while (const auto element = list.next()) {
      const std::string_view word = *element;
      for (const std::string_view safe : {"private", "no-store", "no-cache", "max-age=0", "s-maxage=0"})
        if (equal_nocase(word, safe)) return false;
      constexpr std::string_view listed = "no-cache=\"set-cookie";
      if (word.size() > listed.size() && equal_nocase(word.substr(0, listed.size()), listed) &&
          (word[listed.size()] == '"' || word[listed.size()] == ','))
        return false;
      is_public = is_public || equal_nocase(word, "public");
    }
  }
  if (fields.has_token(pragma, "no-cache")) return false;
  return by_default || is_public;
}

}  // namespace sluice::proxy
