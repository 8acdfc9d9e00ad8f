#include "admin/cli_line.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

using Words = std::vector<std::string>;

TEST(CliLine, separatesCommandsAndWords) {
  const auto commands = parse_cli_line("show info ; show  stat;");
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[0].words, (Words{"show", "info"}));
  EXPECT_EQ(commands[1].words, (Words{"show", "stat"}));
}

TEST(CliLine, backslashTakesTheMeaningAway) {
  const auto commands = parse_cli_line(R"(add map x a\;b c\ d \\)");
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands[0].words, (Words{"add", "map", "x", "a;b", "c d", "\\"}));
}

TEST(CliLine, findsThePayload) {
  const auto plain = parse_cli_line("set ssl cert f <<");
  EXPECT_TRUE(plain[0].takes_payload);
  EXPECT_EQ(plain[0].words.size(), 4u);
  EXPECT_EQ(plain[0].payload_end, "");
  EXPECT_EQ(parse_cli_line("add map x <<EOF")[0].payload_end, "EOF");
  EXPECT_FALSE(parse_cli_line("show info")[0].takes_payload);
}

}  // namespace
}  // namespace sluice::admin
