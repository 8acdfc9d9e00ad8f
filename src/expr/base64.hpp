// Base64 (RFC 4648) for converters; results are in the arena. No state.
#pragma once
#include <optional>
#include <string_view>

#include "base/arena.hpp"

namespace sluice::expr {

std::string_view encode_base64(std::string_view bytes, Arena& arena);                    // section 4, with padding
std::optional<std::string_view> decode_base64(std::string_view text, Arena& arena);      // section 4
std::string_view encode_base64_url(std::string_view bytes, Arena& arena);                // section 5, without padding
std::optional<std::string_view> decode_base64_url(std::string_view text, Arena& arena);  // section 5

}  // namespace sluice::expr
