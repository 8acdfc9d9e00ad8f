// check(): what must hold unless this program has a bug. Always on, never used on outside input.
#pragma once
#include <source_location>

namespace sluice {

// Prints file, line and function on stderr and aborts.
[[noreturn]] void check_failed(const char* what, std::source_location where);

inline void check(bool holds, const char* what = "check",
                  std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]] check_failed(what, where);
}

}  // namespace sluice
