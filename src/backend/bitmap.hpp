// A set of small integers with O(1) "smallest member from here on": three levels of 64-bit words, up to 262,144.
#pragma once
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/check.hpp"

namespace sluice::backend {

class Bitmap {
 public:
  explicit Bitmap(std::size_t size) {
    check(size <= 64 * 64 * 64, "bitmap size");
    for (auto& level : levels_) {
      size = (size + 63) / 64;
      level.resize(size == 0 ? 1 : size);
    }
  }
  void add(std::size_t i) {
    for (auto& level : levels_) {
      level[i / 64] |= std::uint64_t{1} << (i % 64);
      i /= 64;
    }
  }
  void remove(std::size_t i) {
    for (auto& level : levels_) {
      level[i / 64] &= ~(std::uint64_t{1} << (i % 64));
      if (level[i / 64] != 0) return;
      i /= 64;
    }
  }
  bool has(std::size_t i) const { return levels_[0][i / 64] >> (i % 64) & 1; }
  bool empty() const { return levels_[2][0] == 0; }
  // The smallest member >= i.
  std::optional<std::size_t> from(std::size_t i) const {
    for (std::size_t level = 0; level < 3; ++level) {
      if (i / 64 >= levels_[level].size()) return std::nullopt;
      const std::uint64_t word = levels_[level][i / 64] & (~std::uint64_t{0} << (i % 64));
      if (word != 0) {
        std::size_t found = i / 64 * 64 + static_cast<std::size_t>(std::countr_zero(word));
        while (level-- > 0) found = found * 64 + static_cast<std::size_t>(std::countr_zero(levels_[level][found]));
        return found;
      }
      i = i / 64 + 1;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::uint64_t> levels_[3];
};

}  // namespace sluice::backend
