// Duration and Instant in microseconds: fine enough for every documented unit ("us" is the smallest), 292,000
// years wide. Deadlines are Instants; `never` is the absence of one.
#pragma once
#include <compare>
#include <cstdint>
#include <limits>

namespace sluice {

struct Duration {
  std::int64_t us = 0;
  constexpr std::int64_t ms() const { return us / 1000; }
  constexpr std::int64_t seconds() const { return us / 1'000'000; }
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return {us + o.us}; }
  constexpr Duration operator-(Duration o) const { return {us - o.us}; }
  constexpr Duration operator*(std::int64_t n) const { return {us * n}; }
  constexpr Duration operator/(std::int64_t n) const { return {us / n}; }
};
constexpr Duration microseconds(std::int64_t n) { return {n}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }

// A point on the worker's monotonic clock, frozen during one turn of its loop.
struct Instant {
  std::int64_t us = 0;
  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return {us + d.us}; }
  constexpr Duration operator-(Instant o) const { return {us - o.us}; }
};
inline constexpr Instant never{std::numeric_limits<std::int64_t>::max()};

// A wall-clock time, microseconds since 1970 UTC.
struct WallTime {
  std::int64_t us = 0;
  constexpr auto operator<=>(const WallTime&) const = default;
};

}  // namespace sluice
