// The 32-bit hashes of `hash-type` and of the converters of the same names: one implementation, so that a choice made
// by balancing can be predicted by an expression. None is for security.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice {

// `start`: the hash of what stands before.
std::uint32_t hash_sdbm(std::string_view bytes, std::uint32_t start = 0);
std::uint32_t hash_djb2(std::string_view bytes);
std::uint32_t hash_crc32(std::string_view bytes);   // Ethernet, gzip (reflected 0x04C11DB7)
std::uint32_t hash_crc32c(std::string_view bytes);  // RFC 4960 appendix B (Castagnoli)

// Bob Jenkins' 32-bit integer mix: every input bit may change every output bit.
constexpr std::uint32_t avalanche(std::uint32_t a) {
  a = (a + 0x7ed55d16U) + (a << 12);
  a = (a ^ 0xc761c23cU) ^ (a >> 19);
  a = (a + 0x165667b1U) + (a << 5);
  a = (a + 0xd3a2646cU) ^ (a << 9);
  a = (a + 0xfd7046c5U) + (a << 3);
  a = (a ^ 0xb55a4f09U) ^ (a >> 16);
  return a * 3221225473U;  // what Debian's haproxy 2.6 answers was compared: its lowest bits reach the highest, too
}

}  // namespace sluice
