#include "expr/hashes.hpp"

#include <array>

namespace sluice::expr {

namespace {
constexpr std::array<std::uint32_t, 256> table_of(std::uint32_t polynomial) {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr auto ieee = table_of(0xedb88320);
constexpr auto castagnoli = table_of(0x82f63b78);

std::uint32_t crc(std::string_view bytes, const std::array<std::uint32_t, 256>& table) {
  std::uint32_t value = 0xffffffff;
  for (const char c : bytes) value = value >> 8 ^ table[(value ^ static_cast<unsigned char>(c)) & 255];
  return ~value;
}
}  // namespace

std::uint32_t crc32(std::string_view bytes) { return crc(bytes, ieee); }
std::uint32_t crc32c(std::string_view bytes) { return crc(bytes, castagnoli); }

std::uint32_t djb2(std::string_view bytes) {
  std::uint32_t hash = 5381;
  for (const char c : bytes) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

std::uint32_t sdbm(std::string_view bytes, std::uint32_t start) {
  std::uint32_t hash = start;
  for (const char c : bytes) hash = hash * 65599 + static_cast<unsigned char>(c);
  return hash;
}

// Bob Jenkins' 32-bit integer hash in 6 steps, and a factor that moves the lowest two bits into the highest, too: what
// Debian's haproxy 2.6 answers for crc32(1), djb2(1) and base32 was compared.
std::uint32_t avalanche(std::uint32_t a) {
  a = (a + 0x7ed55d16) + (a << 12);
  a = (a ^ 0xc761c23c) ^ (a >> 19);
  a = (a + 0x165667b1) + (a << 5);
  a = (a + 0xd3a2646c) ^ (a << 9);
  a = (a + 0xfd7046c5) + (a << 3);
  a = (a ^ 0xb55a4f09) ^ (a >> 16);
  return a * 3221225473u;
}

}  // namespace sluice::expr
