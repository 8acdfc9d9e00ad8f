#include "proxy/rules/prefix_index.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/text.hpp"

namespace sluice::proxy {
namespace {

using Where = TextIndex::Where;
using Case = TextIndex::Case;

TEST(a_prefix_index, finds_the_lowest_number_of_all_prefixes) {
  PrefixIndex index;
  index.add("/api/v2", 3);
  index.add("/api", 5);
  index.add("/", 9);
  index.add("/api/v2", 7);
  index.freeze();
  EXPECT_EQ(index.find("/api/v2/x"), 3u);
  EXPECT_EQ(index.find("/api/v1"), 5u);
  EXPECT_EQ(index.find("/other"), 9u);
  EXPECT_EQ(index.find("other"), PrefixIndex::none);
  EXPECT_EQ(index.find(""), PrefixIndex::none);
}

TEST(a_prefix_index, an_empty_pattern_matches_everything) {
  PrefixIndex index;
  index.add("", 4);
  index.add("a", 2);
  index.freeze();
  EXPECT_EQ(index.find(""), 4u);
  EXPECT_EQ(index.find("b"), 4u);
  EXPECT_EQ(index.find("ab"), 2u);
}

TEST(a_prefix_index, without_patterns_finds_nothing) {
  TextIndex index;
  index.freeze();
  EXPECT_EQ(index.find("x"), TextIndex::none);
}

// The whole point: the same answer as trying one rule after the other.
TEST(b_text_index, agrees_with_trying_them_in_turn) {
  std::mt19937 random(7);
  const auto word = [&](std::size_t most) {
    std::string text;
    const std::size_t size = random() % (most + 1);
    for (std::size_t i = 0; i < size; ++i) text += "abAB\xff"[random() % 5];
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    struct Plain {
      Where where;
      Case letters;
      std::string text;
    };
    std::vector<Plain> rules;
    TextIndex index;
    const std::size_t count = random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      const auto where = static_cast<Where>(random() % 3);
      const auto letters = static_cast<Case>(random() % 2);
      rules.push_back({where, letters, word(5)});
      index.add(where, letters, rules.back().text, static_cast<std::uint32_t>(i));
    }
    index.freeze();
    for (int probe = 0; probe < 50; ++probe) {
      const std::string text = word(8);
      std::uint32_t expected = TextIndex::none;
      for (std::uint32_t i = 0; i < rules.size() && expected == TextIndex::none; ++i) {
        const std::string a = rules[i].letters == Case::ignored ? lower(text) : text;
        const std::string b = rules[i].letters == Case::ignored ? lower(rules[i].text) : rules[i].text;
        if (rules[i].where == Where::begins ? a.starts_with(b) : rules[i].where == Where::ends ? a.ends_with(b) : a == b)
          expected = i;
      }
      EXPECT_EQ(index.find(text), expected);
    }
  }
}

}  // namespace
}  // namespace sluice::proxy
