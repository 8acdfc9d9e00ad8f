// What a fuzzer demands.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sluice::fuzz {

inline void require(bool holds, std::string_view what, std::string_view about = {}) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(about.size()),
               about.data());
  std::abort();
}

}  // namespace sluice::fuzz
