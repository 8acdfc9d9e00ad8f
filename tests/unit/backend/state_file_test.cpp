#include "backend/state_file.hpp"

#include <gtest/gtest.h>

namespace sluice::backend {
namespace {

constexpr std::string_view text =
    "1\n"
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ...\n"
    "3 b 1 s1 192.0.2.1 2 8 5 10 77 6 3 4 6 0 0 0 name.example 8080 - 0 0 - - 0\n"
    "3 b 2 s2 - 0 1 10 10 5 1 0 0 2 0 0 0 - 80 - 0 0 - - 0\n"
    "3 b 3 broken 192.0.2.1 2 0 many 10 77 6 3 4 6 0 0 0 - 8080 - 0 0 - - 0\n"
    "3 b 4 short\n";

TEST(StateFile, isReadLineByLine) {
  StateFile file;
  ASSERT_TRUE(file.read(text));
  EXPECT_EQ(file.size(), 2U);
  const StateFile::Entry* const s1 = file.find("b", "s1");
  ASSERT_TRUE(s1);
  EXPECT_EQ(s1->address, "192.0.2.1");
  EXPECT_EQ(s1->host, "name.example");
  EXPECT_EQ(s1->port, 8080);
  EXPECT_EQ(s1->operational, 2);
  EXPECT_EQ(s1->admin, 8U);
  EXPECT_EQ(s1->weight, 5U);
  EXPECT_EQ(s1->initial_weight, 10U);
  EXPECT_EQ(s1->seconds_since_change, 77);
  EXPECT_EQ(s1->health, 4U);
  EXPECT_EQ(file.find("b", "s2")->address, "");
  EXPECT_FALSE(file.find("b", "broken"));
  EXPECT_FALSE(file.find("c", "s1"));
}

TEST(StateFile, ofAnotherVersionIsRefused) {
  for (const std::string_view other : {"", "2\n", "x", "# no version\n3 b 1 s1\n"}) EXPECT_FALSE(StateFile().read(other)) << other;
}

}  // namespace
}  // namespace sluice::backend
