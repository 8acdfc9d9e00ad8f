// When one more look for an answer is worth it.
#include "backend/quick_answers.hpp"

#include <gtest/gtest.h>

namespace sluice::backend {
namespace {

// How many of so many connections were looked at, `came` saying how their answers come.
int looks(QuickAnswers& quick, int connections, bool came) {
  int count = 0;
  for (int i = 0; i < connections; ++i) {
    if (!quick.worth_a_look()) continue;
    quick.learn(came);
    ++count;
  }
  return count;
}

TEST(QuickAnswers, findsOutNowAndThen) {
  QuickAnswers quick;
  EXPECT_EQ(looks(quick, 1600, false), 100) << "a far server costs one look in sixteen";
  EXPECT_EQ(looks(quick, 64, true), 4);
  EXPECT_EQ(looks(quick, 100, true), 100);
}

TEST(QuickAnswers, forgetsAServerThatHasBecomeSlow) {
  QuickAnswers quick;
  looks(quick, 200, true);
  EXPECT_LE(looks(quick, 160, false), 7 + 10);
  EXPECT_EQ(looks(quick, 160, false), 10);
}

}  // namespace
}  // namespace sluice::backend
