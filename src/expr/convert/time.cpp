// http_date utime ltime and their ms_ and us_ forms.
#include <ctime>

#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;
using std::string_view;

enum class Zone : std::uint8_t { utc, local };

std::optional<string_view> formatted(Int seconds, const char* format, Zone zone, Arena& arena) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  const std::tm* const done = zone == Zone::utc ? ::gmtime_r(&when, &parts) : ::localtime_r(&when, &parts);
  if (!done) return std::nullopt;
  constexpr std::size_t most = 512;
  char* const out = arena.allocate(most);
  const std::size_t size = std::strftime(out, most, format, &parts);
  return string_view(out, size);
}

// {format} with %N as the fraction of the second in nine digits, of which {digits} are known; %3N: the first 3.
string_view with_fraction(string_view format, Int fraction, int digits, Arena& arena) {
  std::size_t at = 0, size = 0;
  for (at = format.find('%'); at != string_view::npos; at = format.find('%', at + 2)) {
    const char next = at + 1 < format.size() ? format[at + 1] : '\0';
    if (next == 'N') size = 2;
    else if (next >= '1' && next <= '9' && at + 2 < format.size() && format[at + 2] == 'N') size = 3;
    if (size) break;
  }
  if (size == 0) return arena.join(format, string_view("\0", 1));
  const auto wanted = static_cast<std::size_t>(size == 3 ? format[at + 1] - '0' : 9);
  char number[16];
  const auto written = fmt::format_to_n(number, sizeof number, "{:0{}}", fraction, digits).size;
  std::fill(number + written, number + sizeof number, '0');
  const string_view front = arena.join(format.substr(0, at), string_view(number, wanted));
  return arena.join(front, arena.join(format.substr(at + size), string_view("\0", 1)));
}

template <Zone zone, Int per_second, int digits>
std::optional<string_view> time_text(Int in, string_view format, Or<0> offset, Arena& arena) {
  const Int moved = in + offset;
  Int seconds = moved / per_second, fraction = moved % per_second;
  if (fraction < 0) {
    --seconds;
    fraction += per_second;
  }
  return formatted(seconds, with_fraction(format, fraction, digits, arena).data(), zone, arena);
}

struct TimeUnit {
  Int per_second = 1;
};
std::optional<string_view> http_date(Int in, Or<0> offset, std::optional<TimeUnit> unit, Arena& arena) {
  const Int per_second = unit.value_or(TimeUnit{}).per_second;
  return formatted((in + offset) / per_second, "%a, %d %b %Y %H:%M:%S GMT", Zone::utc, arena);
}

// The three forms of RFC 9110, section 5.6.7.
std::optional<Int> seconds_of_date(string_view in, Arena& arena) {
  const string_view text = arena.join(in, string_view("\0", 1));
  for (const char* const format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.data(), format, &parts);
    if (end && *end == '\0' && static_cast<std::size_t>(end - text.data()) == in.size()) return static_cast<Int>(::timegm(&parts));
  }
  return std::nullopt;
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::TimeUnit> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::TimeUnit, std::string> read(std::string_view text) {
    if (text == "s") return sluice::expr::TimeUnit{1};
    if (text == "ms") return sluice::expr::TimeUnit{1000};
    if (text == "us") return sluice::expr::TimeUnit{1'000'000};
    return std::unexpected(fmt::format("'{}' is none of s, ms, us", text));
  }
};

namespace sluice::expr {
namespace {

const Add http_date_entry{Converter{.name = "http_date", .args = {"offset", "unit"}, .run = typed<http_date>,
                                    .doc = "A Unix time as an HTTP date; {offset} is added first, {unit} is s, ms or us.",
                                    .examples = {{"int(0),http_date", "Thu, 01 Jan 1970 00:00:00 GMT"},
                                                 {"int(1000),http_date(60000,ms)", "Thu, 01 Jan 1970 00:01:01 GMT"}}}};
const Add date_entry{Converter{.name = "date", .run = typed<seconds_of_date>, .doc = "The Unix time of an HTTP date.",
                               .examples = {{"str('Sun, 06 Nov 1994 08:49:37 GMT'),date", "784111777"}, {"str('Sunday, 06-Nov-94 08:49:37 GMT'),date", "784111777"},
                                            {"str('Sun Nov  6 08:49:37 1994'),date", "784111777"}, {"str(yesterday),date", undefined}}}};
const Add utime_entry{Converter{.name = "utime", .args = {"format", "offset"}, .run = typed<time_text<Zone::utc, 1, 1>>,
                                .doc = "A Unix time in UTC by a strftime format.", .examples = {{"int(0),utime(%Y%m%d)", "19700101"}}}};
const Add ltime_entry{Converter{.name = "ltime", .args = {"format", "offset"}, .run = typed<time_text<Zone::local, 1, 1>>,
                                .doc = "A Unix time in local time by a strftime format.", .examples = {{"int(43200),ltime(%Y)", "1970"}}}};
const Add ms_utime_entry{Converter{.name = "ms_utime", .args = {"format", "offset"}, .run = typed<time_text<Zone::utc, 1000, 3>>,
                                   .doc = "As utime for milliseconds; %N are the nanoseconds of the second, %3N the first three digits.",
                                   .examples = {{"int(1005),ms_utime(%S.%N)", "01.005000000"}, {"int(1234),ms_utime(%1N%%)", "2%"},
                                                {"int(1234),ms_utime(%S,6)", "01"}}}};
const Add ms_ltime_entry{Converter{.name = "ms_ltime", .args = {"format", "offset"}, .run = typed<time_text<Zone::local, 1000, 3>>,
                                   .doc = "As ltime for milliseconds; %N are the nanoseconds of the second, %3N the first three digits.",
                                   .examples = {{"int(1005),ms_ltime(%S.%N)", "01.005000000"}}}};
const Add us_utime_entry{Converter{.name = "us_utime", .args = {"format", "offset"}, .run = typed<time_text<Zone::utc, 1000000, 6>>,
                                   .doc = "As utime for microseconds; %N are the nanoseconds of the second, %6N the first six digits.",
                                   .examples = {{"int(1000005),us_utime(%S.%N)", "01.000005000"}}}};
const Add us_ltime_entry{Converter{.name = "us_ltime", .args = {"format", "offset"}, .run = typed<time_text<Zone::local, 1000000, 6>>,
                                   .doc = "As ltime for microseconds; %N are the nanoseconds of the second, %6N the first six digits.",
                                   .examples = {{"int(1000005),us_ltime(%S.%N)", "01.000005000"}}}};

}  // namespace
}  // namespace sluice::expr
