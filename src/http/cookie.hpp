// Cookie and Set-Cookie taken apart (RFC 6265 4, read as leniently as browsers and HAProxy do).
#pragma once
#include <optional>
#include <string_view>

#include "base/arena.hpp"

namespace sluice::http {

struct Cookie {
  std::string_view name;
  std::string_view value;  // with quotes, if it has any
  std::string_view text;   // name through value, to cut it out of the header
};

// name=value in the arena, without blanks between them.
std::string_view text_of(const Cookie& cookie, Arena& arena);

// The cookies of one Cookie header value: `while (auto c = cookies.next())`. Separated by ';' (or ','); what has no
// '=' is skipped.
class Cookies {
 public:
  explicit Cookies(std::string_view value) : rest_(value) {}
  std::optional<Cookie> next();

 private:
  std::string_view rest_;
};

// The end of one cookie in `text`: at one of `separators` outside of double quotes, or its size.
std::size_t cookie_end(std::string_view text, std::string_view separators);

// The cookie of one Set-Cookie value; attributes (";Path=/") are what follows `text`.
std::optional<Cookie> set_cookie(std::string_view value);
// "Path=/; Secure" -> value of `attribute` without regard to case; "" if it stands alone; nullopt if absent.
std::optional<std::string_view> cookie_attribute(std::string_view set_cookie_value, std::string_view attribute);

}  // namespace sluice::http
