// Well-known names of at most 15 bytes, found by the bytes as they stand in memory: what the parser does with most lines.
#pragma once
#include <cstdint>

#include "http/header_id.hpp"

namespace sluice::http {

// Eight bytes of a name in lower case and the rest of it, the first in the lowest bits, zeros behind the last.
HeaderId header_id_of_words(std::uint64_t first, std::uint64_t second);

}  // namespace sluice::http
