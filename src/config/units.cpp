#include "config/units.hpp"

#include <array>
#include <limits>

#include "base/text.hpp"

namespace sluice::config {
namespace {

struct UnitName {
  std::string_view name;
  std::int64_t us;
};
constexpr std::array<UnitName, 6> units{{{"us", 1},
                                         {"ms", 1000},
                                         {"s", 1'000'000},
                                         {"m", 60'000'000},
                                         {"h", 3'600'000'000},
                                         {"d", 86'400'000'000}}};

std::unexpected<Unreadable> unreadable(std::string why, std::size_t offset) {
  return std::unexpected(Unreadable{std::move(why), offset});
}
std::unexpected<Unreadable> unexpected_character(std::string_view text, std::size_t at) {
  return unreadable(fmt::format("unexpected character '{}'", text.substr(at, 1)), at);
}

// The digits at the beginning as a number; saturates, so the range check after it speaks.
std::uint64_t leading_number(std::string_view text, std::size_t& length) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (length = 0; length < text.size() && is_digit(text[length]); ++length) {
    const auto digit = static_cast<std::uint64_t>(text[length] - '0');
    value = value > (most - digit) / 10 ? most : value * 10 + digit;
  }
  return value;
}

}  // namespace

Reading<Duration> read_duration(std::string_view text, Unit unit, Duration most) {
  std::size_t length = 0;
  const std::uint64_t number = leading_number(text, length);
  if (length == 0) {
    if (text.empty()) return unreadable("nothing there", 0);
    return unexpected_character(text, 0);
  }
  std::int64_t scale = units[static_cast<std::size_t>(unit)].us;
  if (length < text.size()) {
    scale = 0;
    for (const UnitName& known : units)
      if (text.substr(length) == known.name) scale = known.us;
    if (scale == 0) {
      // The caret goes to the first character that fits no unit.
      std::size_t at = length;
      if (text.size() > length + 1 && std::string_view("usmhd").contains(text[length])) at = length + 1;
      return unexpected_character(text, at);
    }
  }
  if (number > static_cast<std::uint64_t>(most.us / scale))
    return unreadable(most == longest_timer ? "timer overflow (maximum value is 2147483647 ms or ~24.8 days)"
                                            : fmt::format("time too long (maximum value is {})", written(most)),
                      0);
  const Duration duration{static_cast<std::int64_t>(number) * scale};
  if (number > 0 && duration.us < 1000 && unit != Unit::us)
    return unreadable("timer underflow (minimum non-null value is 1 ms)", 0);
  return duration;
}

Reading<std::uint64_t> read_size(std::string_view text) {
  std::size_t length = 0;
  const std::uint64_t number = leading_number(text, length);
  if (length == 0) {
    if (text.empty()) return unreadable("nothing there", 0);
    return unexpected_character(text, 0);
  }
  unsigned shift = 0;
  if (length < text.size()) {
    const char suffix = to_lower(text[length]);
    shift = suffix == 'k' ? 10 : suffix == 'm' ? 20 : suffix == 'g' ? 30 : 0;
    if (shift == 0) return unexpected_character(text, length);
    if (length + 1 < text.size()) return unexpected_character(text, length + 1);
  }
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> shift) return unreadable("size too large", 0);
  return number << shift;
}

Reading<std::int64_t> read_integer(std::string_view text) {
  if (text.empty()) return unreadable("nothing there", 0);
  const std::size_t sign = text[0] == '-' || text[0] == '+' ? 1 : 0;
  std::size_t length = 0;
  leading_number(text.substr(sign), length);
  if (length == 0) return unexpected_character(text, text.size() > sign ? sign : 0);
  if (sign + length < text.size()) return unexpected_character(text, sign + length);
  const auto value = parse_int(text);
  if (!value) return unreadable("number too large", 0);
  return *value;
}

Reading<bool> read_switch(std::string_view text) {
  for (const std::string_view yes : {"on", "true", "yes", "1", "enabled"})
    if (equal_nocase(text, yes)) return true;
  for (const std::string_view no : {"off", "false", "no", "0", "disabled"})
    if (equal_nocase(text, no)) return false;
  return unreadable("neither 'on' nor 'off'", 0);
}

std::string written(Duration duration) {
  if (duration.us == 0) return "0";
  for (std::size_t i = units.size(); i-- > 0;)
    if (duration.us % units[i].us == 0) return fmt::format("{}{}", duration.us / units[i].us, units[i].name);
  return {};
}

}  // namespace sluice::config
