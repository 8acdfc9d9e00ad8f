#include "base/text.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Text, comparesWithoutCase) {
  EXPECT_TRUE(equal_nocase("Content-Length", "content-length"));
  EXPECT_FALSE(equal_nocase("a", "ab"));
  EXPECT_TRUE(starts_nocase("/IMAGES/x", "/images"));
  EXPECT_LT(compare_nocase("abc", "ABD"), 0);
  EXPECT_EQ(compare_nocase("abc", "ABC"), 0);
}

TEST(Text, parsesWholeNumbersOnly) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("+12"), 12);
  EXPECT_EQ(parse_int("12x"), std::nullopt);
  EXPECT_EQ(parse_int(""), std::nullopt);
  EXPECT_EQ(parse_int("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_uint("18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(parse_uint("-1"), std::nullopt);
}

TEST(Text, takesUntilSeparator) {
  std::string_view rest = "a,b";
  EXPECT_EQ(take_until(rest, ','), "a");
  EXPECT_EQ(take_until(rest, ','), "b");
  EXPECT_TRUE(rest.empty());
}

TEST(Text, findsTheWordThatWasMeant) {
  const std::string_view words[] = {"balance", "backlog", "bind", "timeout"};
  EXPECT_EQ(nearest("balnace", words), "balance");
  EXPECT_EQ(nearest("timeuot", words), "timeout");
  EXPECT_EQ(nearest("xyzzy", words), "");
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
}

TEST(Text, nearestLeavesOutWhatIsFarOnly) {
  std::uint32_t state = 1;
  const auto word = [&] {
    std::string out;
    for (std::uint32_t n = (state = state * 1664525 + 1013904223) >> 28; out.size() <= n;)
      out += static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 24) % 3);
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string asked = word();
    std::vector<std::string> all;
    for (int i = 0; i < 10; ++i) all.push_back(word());
    std::string_view best;
    unsigned least = static_cast<unsigned>(asked.size() / 3 + 1) + 1;
    for (const std::string& one : all)
      if (const unsigned d = edit_distance(asked, one); d < least && d < one.size()) best = one, least = d;
    EXPECT_EQ(nearest(asked, std::vector<std::string_view>(all.begin(), all.end())), best) << asked;
  }
}

}  // namespace
}  // namespace sluice
