// Normal forms of request targets (RFC 3986 section 6.2.2; manual "http-request normalize-uri"). Pure functions: the result
// is the input itself if nothing had to be changed, else a text in the arena. Nothing: the input is broken and the caller
// was strict. `path` is without query; a target is path and query.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.hpp"

namespace sluice::http {

enum class Broken : std::uint8_t { kept, refused };       // percent signs without two digits behind them
enum class LeadingParents : std::uint8_t { kept, removed };  // "../" that leads out of the root

std::string_view encode_fragment(std::string_view target, Arena& arena);   // "#" -> "%23"
std::string_view strip_fragment(std::string_view target);
std::string_view merge_slashes(std::string_view path, Arena& arena);
std::string_view strip_dot_segments(std::string_view path, Arena& arena);  // "/./" -> "/"
std::string_view strip_dotdot_segments(std::string_view path, LeadingParents leading, Arena& arena);
// Letters, digits, "-._~" that are written as %XX.
std::optional<std::string_view> decode_unreserved(std::string_view target, Broken broken, Arena& arena);
// %6f -> %6F
std::optional<std::string_view> uppercase_escapes(std::string_view target, Broken broken, Arena& arena);
// By name, shorter ones first; those of one name keep their order. A delimiter at the end goes.
std::string_view sort_query(std::string_view query, Arena& arena);

}  // namespace sluice::http
