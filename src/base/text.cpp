#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace sluice {

bool equal_nocase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool starts_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_nocase(text.substr(0, prefix.size()), prefix);
}

int compare_nocase(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const int difference = static_cast<unsigned char>(to_lower(a[i])) - static_cast<unsigned char>(to_lower(b[i]));
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_upper);
  return out;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

namespace {
template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}
}  // namespace

std::optional<std::int64_t> parse_int(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && is_digit(text[1])) text.remove_prefix(1);
  return parse_whole<std::int64_t>(text);
}
std::optional<std::uint64_t> parse_uint(std::string_view text) { return parse_whole<std::uint64_t>(text); }

std::string_view take_until(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

namespace {
// The distance, or `limit` if it is no less: most words are far from each other after a few letters.
unsigned distance_below(std::string_view a, std::string_view b, unsigned limit) {
  const std::size_t width = b.size() + 1;
  std::vector<unsigned> rows(3 * width);
  unsigned *before = rows.data(), *above = before + width, *row = above + width;
  for (std::size_t j = 0; j < width; ++j) above[j] = static_cast<unsigned>(j);
  unsigned least_above = 0;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    unsigned least = row[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j < width; ++j) {
      const unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min(std::min(above[j], row[j - 1]) + 1, above[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least >= limit && least_above >= limit) return limit;  // a swap looks back two rows
    least_above = least;
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit);
}
}  // namespace

unsigned edit_distance(std::string_view a, std::string_view b) { return distance_below(a, b, std::numeric_limits<unsigned>::max()); }

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  unsigned best_distance = static_cast<unsigned>(word.size() / 3 + 1) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best_distance) continue;  // at least as far as that
    const unsigned distance = distance_below(word, candidate, best_distance);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace sluice
