// The hash functions of the configuration language: converters, base32, url32 and hash-type share them. Pure.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice::expr {

std::uint32_t crc32(std::string_view bytes);
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t djb2(std::string_view bytes);
std::uint32_t sdbm(std::string_view bytes, std::uint32_t start = 0);
// Every input bit changes about half of the output bits.
std::uint32_t avalanche(std::uint32_t hash);

}  // namespace sluice::expr
