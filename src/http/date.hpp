// HTTP dates (RFC 9110 5.6.7): written as IMF-fixdate, read in all three forms. No locale, no time zone database.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

struct HttpDate {
  std::array<char, 29> text;  // "Sun, 06 Nov 1994 08:49:37 GMT"
  std::string_view view() const { return {text.data(), text.size()}; }
};
HttpDate http_date(std::int64_t unix_seconds);
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace sluice::http
