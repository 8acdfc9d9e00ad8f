#include "proxy/admission.hpp"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

Instant at(double seconds) { return Instant{static_cast<std::int64_t>(seconds * 1e6)}; }

TEST(SharedRate, aSecondHoldsNoMoreThanItsShare) {
  SharedRate rate;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rate.take(at(10.0), 5)) << i;
  EXPECT_FALSE(rate.take(at(10.9), 5));
  EXPECT_FALSE(rate.has_room(at(10.9), 5));
  EXPECT_FALSE(rate.take(at(11.0), 5)) << "the second before still counts in full";
  EXPECT_TRUE(rate.take(at(11.5), 5)) << "half of it is over";
}

TEST(SharedRate, whatDidNotHappenGivesItsPlaceBack) {
  SharedRate rate;
  EXPECT_TRUE(rate.take(at(1.0), 1));
  EXPECT_FALSE(rate.take(at(1.1), 1));
  rate.give_back();
  EXPECT_TRUE(rate.take(at(1.2), 1));
}

TEST(SharedRate, isForgottenAfterAQuietSecond) {
  SharedRate rate;
  EXPECT_TRUE(rate.take(at(1.0), 1));
  EXPECT_TRUE(rate.take(at(3.0), 1));
}

TEST(SharedRate, aClockAMomentBehindDoesNoHarm) {
  SharedRate rate;
  EXPECT_TRUE(rate.take(at(2.0), 2));
  EXPECT_TRUE(rate.take(at(1.9), 2));
  EXPECT_FALSE(rate.take(at(2.1), 2));
}

}  // namespace
}  // namespace sluice::proxy
