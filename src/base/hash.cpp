#include "base/hash.hpp"

#include <array>

namespace sluice {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table(std::uint32_t reflected_polynomial) {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) ? reflected_polynomial : 0);
    table[i] = crc;
  }
  return table;
}
constexpr auto crc32_table = crc_table(0xEDB88320U);
constexpr auto crc32c_table = crc_table(0x82F63B78U);

std::uint32_t crc(std::string_view bytes, const std::array<std::uint32_t, 256>& table) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

}  // namespace

std::uint32_t hash_sdbm(std::string_view bytes, std::uint32_t start) {
  std::uint32_t hash = start;
  for (const char c : bytes) hash = static_cast<unsigned char>(c) + (hash << 6) + (hash << 16) - hash;
  return hash;
}

std::uint32_t hash_djb2(std::string_view bytes) {
  std::uint32_t hash = 5381;
  for (const char c : bytes) hash = (hash << 5) + hash + static_cast<unsigned char>(c);
  return hash;
}

std::uint32_t hash_crc32(std::string_view bytes) { return crc(bytes, crc32_table); }
std::uint32_t hash_crc32c(std::string_view bytes) { return crc(bytes, crc32c_table); }

}  // namespace sluice
