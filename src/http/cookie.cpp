#include "http/cookie.hpp"

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

std::optional<Cookie> one_cookie(std::string_view text) {
  text = trim(text);
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return std::nullopt;
  Cookie cookie;
  cookie.text = text;
  cookie.name = trim(text.substr(0, equals));
  cookie.value = trim(text.substr(equals + 1));
  return cookie;
}

}  // namespace

std::optional<Cookie> Cookies::next() {
  while (!rest_.empty()) {
    const std::size_t end = cookie_end(rest_, ";,");
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (const auto cookie = one_cookie(text)) return cookie;
  }
  return std::nullopt;
}

std::optional<Cookie> set_cookie(std::string_view value) {
  return one_cookie(value.substr(0, cookie_end(value, ";")));
}

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
