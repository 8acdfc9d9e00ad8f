#include "http/cookie.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sluice::http {

std::size_t cookie_end(std::string_view text, std::string_view separators) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"')
      quoted = !quoted;
    else if (quoted && c == '\\')
      ++i;
    else if (!quoted && separators.find(c) != separators.npos)
      return i;
  }
  return text.size();
}

namespace {

// Takes the first cookie, up to one of `separators`, from `rest`; nothing if it has no '='. Quotes mean something in
// values only.
std::optional<Cookie> take_cookie(std::string_view& rest, std::string_view separators) {
  std::size_t at = 0;
  while (at < rest.size() && rest[at] != '=' && separators.find(rest[at]) == separators.npos) ++at;
  const bool has_value = at < rest.size() && rest[at] == '=';
  const std::size_t end = has_value ? at + 1 + cookie_end(rest.substr(at + 1), separators) : at;
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!has_value) return std::nullopt;
  return Cookie{.name = trim(text.substr(0, at)), .value = trim(text.substr(at + 1)), .text = trim(text)};
}

}  // namespace

std::string_view text_of(const Cookie& cookie, Arena& arena) {
  const std::size_t size = cookie.name.size() + 1 + cookie.value.size();
  char* const to = arena.allocate(size);
  char* const end = std::ranges::copy(cookie.name, to).out;
  *end = '=';
  std::ranges::copy(cookie.value, end + 1);
  return {to, size};
}

std::optional<Cookie> Cookies::next() {
  while (!rest_.empty())
    if (const auto cookie = take_cookie(rest_, ";,")) return cookie;
  return std::nullopt;
}

std::optional<Cookie> set_cookie(std::string_view value) { return take_cookie(value, ";"); }

std::optional<std::string_view> cookie_attribute(std::string_view value, std::string_view attribute) {
  value.remove_prefix(std::min(cookie_end(value, ";") + 1, value.size()));
  while (!value.empty()) {
    const std::size_t end = cookie_end(value, ";");
    const std::string_view item = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    const std::size_t equals = item.find('=');
    if (equal_nocase(trim(item.substr(0, equals)), attribute))
      return equals == item.npos ? std::string_view{} : trim(item.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace sluice::http
