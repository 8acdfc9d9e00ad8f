// Numbers with units as the manual's section 2.5 has them. Used by Line and by everything else that reads what people
// type (the runtime API, arguments of converters). No state.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace sluice::config {

// The unit of a number written without one.
enum class Unit : std::uint8_t { us, ms, s, m, h, d };

// Why a text is not a value, and where in it (for the caret).
struct Unreadable {
  std::string why;         // "unexpected character 'z'", to be followed by what it was for
  std::size_t offset = 0;
};
template <class T>
using Reading = std::expected<T, Unreadable>;

inline constexpr Duration longest_timer = milliseconds(2147483647);  // HAProxy's limit, some 24.8 days

Reading<Duration> read_duration(std::string_view text, Unit unit = Unit::ms, Duration most = longest_timer);
// k, m, g are powers of 1024, in either case.
Reading<std::uint64_t> read_size(std::string_view text);
Reading<std::int64_t> read_integer(std::string_view text);
// on or off (also true, yes, 1, enabled and their opposites, in any case).
Reading<bool> read_switch(std::string_view text);

// The shortest exact text: 5s, 1500ms, 0.
std::string written(Duration duration);

}  // namespace sluice::config
