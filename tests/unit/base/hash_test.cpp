#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

// What Debian's haproxy 2.6 gives for str(hello).
TEST(Hash, equalsHaproxys) {
  EXPECT_EQ(hash_djb2("hello"), 261238937u);
  EXPECT_EQ(avalanche(hash_djb2("hello")), 1119739105u);
  EXPECT_EQ(hash_sdbm("hello"), 684824882u);
  EXPECT_EQ(avalanche(hash_sdbm("hello")), 2061535398u);
  EXPECT_EQ(hash_crc32("hello"), 907060870u);
  EXPECT_EQ(avalanche(hash_crc32("hello")), 3902247103u);
  EXPECT_EQ(hash_crc32c("hello"), 2591144780u);
}

}  // namespace
}  // namespace sluice
