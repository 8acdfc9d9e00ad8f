// Large sets of patterns: what they find is what comparing in turn finds, and finding costs no more because there are more.
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "expr/pattern_store.hpp"
#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

const Match& match(std::string_view name) { return *catalog::entries<Match>().find(name); }

struct Set {
  Set(std::string_view how, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) list.add(text);
    list.freeze();
    PatternError error;
    matcher = match(how).make(list.patterns(), {Letters::exact, Pick::best}, error);
    EXPECT_TRUE(matcher) << error.text;
  }
  std::uint32_t find(const Sample& sample) { return matcher->find(sample, world.scope).index; }
  World world;
  PatternList list;
  std::unique_ptr<Matcher> matcher;
};

// More than one thread compiles these, and more than one database is read.
TEST(BigSets, regularExpressionsAgreeWithTryingThemInTurn) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a", "b", "[ab]", ".", "a*", "(b|c)", "c+", "\\d", "x?", "^", "$", "(?=a)", "\\b", "ab{1,2}"};
  std::vector<std::string> texts;
  std::vector<Regex> alone;
  while (texts.size() < 700) {
    std::string text = "k" + std::to_string(random() % 40);
    for (auto n = random() % 4; n > 0; --n) text += pieces[random() % pieces.size()];
    auto regex = Regex::compile(text, Letters::exact);
    if (!regex) continue;
    texts.push_back(text);
    alone.push_back(std::move(*regex));
  }
  Set set("reg", texts);
  unsigned found = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (auto n = random() % 6; n > 0; --n) text += "abck0123456789"[random() % 14];
    text += "k" + std::to_string(random() % 50);
    for (auto n = random() % 4; n > 0; --n) text += "abc1"[random() % 4];
    std::uint32_t expected = no_pattern;
    for (std::uint32_t i = 0; i < alone.size() && expected == no_pattern; ++i)
      if (alone[i].matches(text)) expected = i;
    EXPECT_EQ(set.find(Sample::text(text)), expected) << text;
    found += expected != no_pattern;
  }
  EXPECT_GT(found, 50u);
}

// Of this thread, so that others do not count; but they may take its caches.
double nanoseconds_used() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}
// Nanoseconds of a look-up, the best of several rounds.
template <class Probe>
double cost(Set& set, Probe probe) {
  double best = 1e18;
  for (int round = 0; round < 7; ++round) {
    const double begin = nanoseconds_used();
    for (unsigned i = 0; i < 2000; ++i) set.find(probe(i));
    best = std::min(best, (nanoseconds_used() - begin) / 2000);
  }
  return best;
}

// A hundred times as many entries: comparing in turn would take a hundred times as long. What is left are caches.
TEST(BigSets, lookingUpCostsNoMoreInAHundredThousandEntries) {
  std::vector<std::string> paths, networks;
  for (unsigned i = 0; i < 100'000; ++i) {
    const unsigned mixed = i * 2654435761u;
    paths.push_back("/p" + std::to_string(mixed % 997) + "/" + std::to_string(mixed) + "/" + std::to_string(i));
    networks.push_back(fmt::format("{}.{}.{}.0/24", 1 + i / 65536, i / 256 % 256, i % 256));
  }
  const auto first = [](const std::vector<std::string>& all, std::size_t count) { return std::vector<std::string>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)); };
  for (const std::string_view how : {"str", "beg", "sub"}) {
    Set small(how, first(paths, 1000)), big(how, paths);
    const auto probe = [&](unsigned i) { return Sample::text(paths[i % 1000]); };
    for (unsigned i = 0; i < 1000; ++i) ASSERT_EQ(small.find(probe(i)), i) << how;
    for (unsigned i = 0; i < 1000; ++i) ASSERT_EQ(big.find(probe(i)), i) << how;
    EXPECT_LT(cost(big, probe), 60 * cost(small, probe)) << how;
  }
  Set small("ip", first(networks, 1000)), big("ip", networks);
  const auto probe = [](unsigned i) { return Sample::address(Ipv4{1u << 24 | (i % 1000) << 8 | 7}); };
  for (unsigned i = 0; i < 1000; ++i) ASSERT_EQ(big.find(probe(i)), i);
  EXPECT_LT(cost(big, probe), 60 * cost(small, probe));
}

}  // namespace
}  // namespace sluice::expr
