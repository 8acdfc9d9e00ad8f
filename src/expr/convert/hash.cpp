// djb2 sdbm crc32 crc32c xxh32 xxh64 xxh3: numbers from bytes.
#include "base/hash.hpp"

#include <xxhash.h>

#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;

std::uint32_t sdbm_from_start(std::string_view bytes) { return hash_sdbm(bytes); }
template <std::uint32_t (*hash)(std::string_view)>
Int hashed(Binary in, Or<0> mix) {
  const std::uint32_t value = hash(in.bytes);
  return mix != 0 ? avalanche(value) : value;
}
Int xxh32(Binary in, Or<0> seed) {
  return XXH32(in.bytes.data(), in.size(), static_cast<XXH32_hash_t>(static_cast<Int>(seed)));
}
Int xxh64(Binary in, Or<0> seed) {
  return static_cast<Int>(XXH64(in.bytes.data(), in.size(), static_cast<XXH64_hash_t>(static_cast<Int>(seed))));
}
Int xxh3(Binary in, Or<0> seed) {
  return static_cast<Int>(XXH3_64bits_withSeed(in.bytes.data(), in.size(), static_cast<XXH64_hash_t>(static_cast<Int>(seed))));
}

const Add djb2_entry{Converter{.name = "djb2", .args = {"avalanche"}, .run = typed<hashed<hash_djb2>>,
                               .doc = "32-bit DJB2 hash, mixed once more if the argument is not 0.",
                               .examples = {{"str(hello),djb2", "261238937"}, {"str(hello),djb2(1)", "1119739105"}}}};
const Add sdbm_entry{Converter{.name = "sdbm", .args = {"avalanche"}, .run = typed<hashed<sdbm_from_start>>,
                               .doc = "32-bit SDBM hash, mixed once more if the argument is not 0.",
                               .examples = {{"str(hello),sdbm", "684824882"}, {"str(hello),sdbm(1)", "2061535398"}}}};
const Add crc32_entry{Converter{.name = "crc32", .args = {"avalanche"}, .run = typed<hashed<hash_crc32>>,
                                .doc = "CRC-32 as in Ethernet and gzip, mixed once more if the argument is not 0.",
                                .examples = {{"str(hello),crc32", "907060870"}, {"str(hello),crc32(1)", "3902247103"}}}};
const Add crc32c_entry{Converter{.name = "crc32c", .args = {"avalanche"}, .run = typed<hashed<hash_crc32c>>,
                                 .doc = "CRC-32C (Castagnoli), mixed once more if the argument is not 0.",
                                 .examples = {{"str(hello),crc32c", "2591144780"}}}};
const Add xxh32_entry{Converter{.name = "xxh32", .args = {"seed"}, .run = typed<xxh32>, .doc = "32-bit xxHash.",
                                .examples = {{"str(hello),xxh32", "4211111929"}}}};
const Add xxh64_entry{Converter{.name = "xxh64", .args = {"seed"}, .run = typed<xxh64>, .doc = "64-bit xxHash, signed.",
                                .examples = {{"str(hello),xxh64", "2794345569481354659"}}}};
const Add xxh3_entry{Converter{.name = "xxh3", .args = {"seed"}, .run = typed<xxh3>, .doc = "64-bit XXH3, signed.",
                               .examples = {{"str(hello),xxh3(5)", "-5040988036188159185"}}}};

}  // namespace
}  // namespace sluice::expr
