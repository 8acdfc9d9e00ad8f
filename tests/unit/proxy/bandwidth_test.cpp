#include "proxy/bandwidth.hpp"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

struct Filtered {
  explicit Filtered(std::uint64_t limit, Duration period, std::uint64_t least = 0) {
    filter.least = least;
    pace.filter = &filter;
    pace.limit = limit;
    pace.period = period;
  }
  BandwidthFilter filter;
  Pace pace;
};
constexpr Instant at(std::int64_t ms) { return Instant{1'000'000'000} + milliseconds(ms); }

TEST(Bandwidth, aWindowGivesItsLimitAndNoMore) {
  Filtered one(1000, milliseconds(100));
  EXPECT_EQ(ask(&one.pace, at(0), 600).bytes, 600u);
  spend(&one.pace, 600);
  EXPECT_EQ(ask(&one.pace, at(10), 600).bytes, 400u);
  spend(&one.pace, 400);
  const Turn turn = ask(&one.pace, at(20), 600);
  EXPECT_EQ(turn.bytes, 0u);
  EXPECT_EQ(turn.when, at(100));
  EXPECT_EQ(ask(&one.pace, at(100), 600).bytes, 600u);
}

TEST(Bandwidth, smallPiecesWaitForTheNextWindow) {
  Filtered one(1000, milliseconds(100), 500);
  ask(&one.pace, at(0), 5000);
  spend(&one.pace, 700);
  EXPECT_EQ(ask(&one.pace, at(10), 5000).bytes, 0u);
  EXPECT_EQ(ask(&one.pace, at(10), 200).bytes, 200u) << "all there is may be small";
  EXPECT_EQ(ask(&one.pace, at(100), 5000).bytes, 1000u);
}

TEST(Bandwidth, theTightestOfSeveralDecides) {
  Filtered one(1000, milliseconds(100)), other(300, milliseconds(1000));
  one.pace.next = &other.pace;
  EXPECT_EQ(ask(&one.pace, at(0), 600).bytes, 300u);
  spend(&one.pace, 300);
  const Turn turn = ask(&one.pace, at(150), 600);
  EXPECT_EQ(turn.bytes, 0u);
  EXPECT_EQ(turn.when, at(1000));
}

TEST(Bandwidth, noFilterLimitsNothing) {
  EXPECT_EQ(ask(nullptr, at(0), 600).bytes, 600u);
  spend(nullptr, 600);
}

}  // namespace
}  // namespace sluice::proxy
