#include "catalog/add.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice::catalog {

void an_entry_needs_a_name() {}
void an_entry_needs_a_doc() {}

void duplicate_entry(std::string_view name, std::source_location a, std::source_location b) {
  std::fprintf(stderr, "sluice: two catalog entries named '%.*s': %s:%u and %s:%u\n", static_cast<int>(name.size()),
               name.data(), a.file_name(), static_cast<unsigned>(a.line()), b.file_name(),
               static_cast<unsigned>(b.line()));
  std::abort();
}

}  // namespace sluice::catalog
