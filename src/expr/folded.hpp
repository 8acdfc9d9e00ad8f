// A text in small letters or backwards, on the stack unless it is very long.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace sluice::expr {

// Calls use(copy) with `size` bytes that fill(char*) has written.
template <class Fill, class Use>
auto with_copy(std::size_t size, Fill fill, Use use) {
  constexpr std::size_t usual = 1024;
  if (size <= usual) {
    char buffer[usual];
    fill(buffer);
    return use(std::string_view(buffer, size));
  }
  std::string longer(size, '\0');
  fill(longer.data());
  return use(std::string_view(longer));
}
template <class Use>
auto with_small_letters(std::string_view text, Use use) {
  return with_copy(text.size(), [text](char* to) { std::ranges::transform(text, to, to_lower); }, use);
}
template <class Use>
auto backwards(std::string_view text, Use use) {
  return with_copy(text.size(), [text](char* to) { std::ranges::reverse_copy(text, to); }, use);
}

}  // namespace sluice::expr
