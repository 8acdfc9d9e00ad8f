// Removed: keywords HAProxy once had. They are errors that name the modern form; one entry each, in setting/removed.cpp.
#pragma once
#include <span>
#include <string_view>

#include "catalog/add.hpp"
#include "config/line.hpp"
#include "config/section.hpp"

namespace sluice::config {

struct Removed {
  std::string_view name{};
  Sections sections{};
  std::string_view since{};    // the version without it
  std::string_view instead{};  // "'timeout client'"; may be empty
  std::string_view doc = "Removed keyword.";

  constexpr std::size_t words() const { return 1 + static_cast<std::size_t>(std::ranges::count(name, ' ')); }
};
constexpr bool same_entry(const Removed& a, const Removed& b) {
  return a.name == b.name && static_cast<bool>(a.sections & b.sections);
}

// The one that stands at the beginning of these words, or null.
const Removed* find_removed(std::span<const Word> words, Sections section);

}  // namespace sluice::config
