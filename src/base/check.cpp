#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void check_failed(const char* what, std::source_location where) {
  std::fprintf(stderr, "sluice: bug: %s failed in %s (%s:%u)\n", what, where.function_name(), where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace sluice
