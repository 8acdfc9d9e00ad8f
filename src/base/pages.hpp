// Memory that is kept for later without holding what it is made of.
#pragma once
#include <span>

namespace sluice {

// The whole pages within `unused` go back to the system until they are written to again. Its content is lost.
void release_pages(std::span<char> unused);

}  // namespace sluice
