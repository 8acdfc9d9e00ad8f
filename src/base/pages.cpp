#include "base/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace sluice {

void release_pages(std::span<char> unused) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(unused.data());
  const std::uintptr_t first = (begin + page - 1) / page * page, last = (begin + unused.size()) / page * page;
  if (first < last) ::madvise(unused.data() + (first - begin), last - first, MADV_DONTNEED);
}

}  // namespace sluice
