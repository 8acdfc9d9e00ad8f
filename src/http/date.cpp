#include "http/date.hpp"

#include <chrono>
#include <cstring>

#include "base/text.hpp"

namespace sluice::http {
namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

void two_digits(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

// Reads along a text; any mismatch makes it fail for good.
struct Scanner {
  std::string_view rest;
  bool good = true;

  unsigned number(std::size_t digits) {
    unsigned value = 0;
    if (rest.size() < digits) good = false;
    for (std::size_t i = 0; good && i < digits; ++i) {
      if (!is_digit(rest[i])) good = false;
      value = value * 10 + static_cast<unsigned>(rest[i] - '0');
    }
    if (good) rest.remove_prefix(digits);
    return value;
  }
  void literal(std::string_view text) {
    if (!rest.starts_with(text)) good = false;
    if (good) rest.remove_prefix(text.size());
  }
  unsigned month() {
    const std::size_t at = rest.size() < 3 ? months.npos : months.find(rest.substr(0, 3));
    if (at == months.npos || at % 3) good = false;
    if (good) rest.remove_prefix(3);
    return good ? static_cast<unsigned>(at / 3) + 1 : 0;
  }
};

struct Clock {
  unsigned hour, minute, second;
};
Clock read_clock(Scanner& in) {
  Clock clock{};
  clock.hour = in.number(2);
  in.literal(":");
  clock.minute = in.number(2);
  in.literal(":");
  clock.second = in.number(2);
  return clock;
}

std::optional<std::int64_t> seconds_since_epoch(int year, unsigned month, unsigned day, const Clock& clock) {
  namespace c = std::chrono;
  const c::year_month_day date{c::year{year}, c::month{month}, c::day{day}};
  if (!date.ok() || clock.hour > 23 || clock.minute > 59 || clock.second > 60) return std::nullopt;
  const std::int64_t date_days = c::sys_days{date}.time_since_epoch().count();
  return date_days * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second;
}

}  // namespace

HttpDate http_date(std::int64_t unix_seconds) {
  namespace c = std::chrono;
  const std::int64_t day_number = unix_seconds >= 0 ? unix_seconds / 86400 : (unix_seconds - 86399) / 86400;
  const auto second = static_cast<unsigned>(unix_seconds - day_number * 86400);
  const c::sys_days at{c::days{day_number}};
  const c::year_month_day date{at};
  const unsigned weekday = c::weekday{at}.c_encoding();
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  HttpDate out;
  char* const to = out.text.data();
  std::memcpy(to, "Xxx, 00 Xxx 0000 00:00:00 GMT", out.text.size());
  std::memcpy(to, days.data() + weekday * 3, 3);
  two_digits(to + 5, static_cast<unsigned>(date.day()));
  std::memcpy(to + 8, months.data() + (static_cast<unsigned>(date.month()) - 1) * 3, 3);
  two_digits(to + 12, year / 100);
  two_digits(to + 14, year % 100);
  two_digits(to + 17, second / 3600);
  two_digits(to + 20, second / 60 % 60);
  two_digits(to + 23, second % 60);
  return out;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  const std::size_t comma = text.find(',');
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  Clock clock{};
  Scanner in{text};
  if (comma == 3) {  // Sun, 06 Nov 1994 08:49:37 GMT
    in.rest.remove_prefix(4);
    in.literal(" ");
    day = in.number(2);
    in.literal(" ");
    month = in.month();
    in.literal(" ");
    year = static_cast<int>(in.number(4));
    in.literal(" ");
    clock = read_clock(in);
    in.literal(" GMT");
  } else if (comma != text.npos) {  // Sunday, 06-Nov-94 08:49:37 GMT
    in.rest.remove_prefix(comma + 1);
    in.literal(" ");
    day = in.number(2);
    in.literal("-");
    month = in.month();
    in.literal("-");
    const auto short_year = static_cast<int>(in.number(2));
    year = short_year + (short_year < 70 ? 2000 : 1900);
    in.literal(" ");
    clock = read_clock(in);
    in.literal(" GMT");
  } else {  // Sun Nov  6 08:49:37 1994
    if (text.size() < 4) return std::nullopt;
    in.rest.remove_prefix(3);
    in.literal(" ");
    month = in.month();
    in.literal(" ");
    const bool padded = in.rest.starts_with(' ');
    if (padded) in.literal(" ");
    day = in.number(padded ? 1 : 2);
    in.literal(" ");
    clock = read_clock(in);
    in.literal(" ");
    year = static_cast<int>(in.number(4));
  }
  if (!in.good || !in.rest.empty()) return std::nullopt;
  return seconds_since_epoch(year, month, day, clock);
}

}  // namespace sluice::http
