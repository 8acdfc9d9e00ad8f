// Text helpers without allocation. ASCII only, as HTTP and the configuration language are.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
// 0..15, or -1.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool equal_nocase(std::string_view a, std::string_view b);
bool starts_nocase(std::string_view text, std::string_view prefix);
int compare_nocase(std::string_view a, std::string_view b);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string_view trim(std::string_view text);  // spaces and tabs at both ends

// The whole text as a decimal number (a sign for signed types), or nothing; never wraps.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<std::uint64_t> parse_uint(std::string_view text);

// What stands before `separator` is returned and removed from `rest` together with it; all of it if there is none.
std::string_view take_until(std::string_view& rest, char separator);

// Optimal string alignment distance (insert, delete, replace, swap neighbours), for "did you mean".
unsigned edit_distance(std::string_view a, std::string_view b);
// The candidate nearest to `word` if it is near enough to be meant, else empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace sluice
