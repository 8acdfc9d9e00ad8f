// Names of proxies and servers: letters, digits, '-', '_', '.' and ':' (manual 4, "proxy names", and 5.2, "server").
#pragma once
#include <string_view>

#include "config/diagnostics.hpp"
#include "config/line.hpp"

namespace sluice::config {

// Whether the word can be a name; if a character cannot be in one, that is said at it. `of` completes "is not permitted in ".
bool good_name(const Word& word, std::string_view of, Diagnostics& diagnostics);

}  // namespace sluice::config
