#include "proxy/errors.hpp"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

std::string shown(Kind kind, Side side, Phase phase) {
  const Outcome out = outcome_of(Error{kind, side}, phase);
  return fmt::format("{} {}{}", out.status, out.cause, out.phase);
}

// Manual 8.5, "the most common termination flags combinations".
TEST(a_errors, say_what_the_manual_says) {
  EXPECT_EQ(shown(Kind::end, Side::client, Phase::connect), "0 CC");
  EXPECT_EQ(shown(Kind::reset, Side::client, Phase::data), "0 CD");
  EXPECT_EQ(shown(Kind::timeout, Side::client, Phase::data), "0 cD");
  EXPECT_EQ(shown(Kind::end, Side::client, Phase::headers), "0 CH");
  EXPECT_EQ(shown(Kind::timeout, Side::client, Phase::headers), "408 cH");
  EXPECT_EQ(shown(Kind::end, Side::client, Phase::queue), "0 CQ");
  EXPECT_EQ(shown(Kind::end, Side::client, Phase::request), "400 CR");
  EXPECT_EQ(shown(Kind::timeout, Side::client, Phase::request), "408 cR");
  EXPECT_EQ(shown(Kind::end, Side::client, Phase::tarpit), "0 CT");
  EXPECT_EQ(shown(Kind::refused, Side::server, Phase::connect), "503 SC");
  EXPECT_EQ(shown(Kind::timeout, Side::server, Phase::connect), "503 sC");
  EXPECT_EQ(shown(Kind::reset, Side::server, Phase::data), "0 SD");
  EXPECT_EQ(shown(Kind::timeout, Side::server, Phase::data), "0 sD");
  EXPECT_EQ(shown(Kind::end, Side::server, Phase::headers), "502 SH");
  EXPECT_EQ(shown(Kind::timeout, Side::server, Phase::headers), "504 sH");
  EXPECT_EQ(shown(Kind::timeout, Side::us, Phase::queue), "503 sQ");
  EXPECT_EQ(shown(Kind::timeout, Side::server, Phase::queue), "503 sQ");
  EXPECT_EQ(shown(Kind::queue_full, Side::server, Phase::queue), "503 SQ");
  EXPECT_EQ(shown(Kind::bad_message, Side::server, Phase::headers), "502 PH");
  EXPECT_EQ(shown(Kind::bad_message, Side::client, Phase::data), "0 PD");
  EXPECT_EQ(shown(Kind::bad_message, Side::client, Phase::request), "400 PR");
  EXPECT_EQ(shown(Kind::denied, Side::us, Phase::request), "403 PR");
  EXPECT_EQ(shown(Kind::denied, Side::us, Phase::tarpit), "500 PT");
  EXPECT_EQ(shown(Kind::no_resource, Side::us, Phase::connect), "503 RC");
  EXPECT_EQ(shown(Kind::no_server, Side::us, Phase::queue), "503 SC");
}

TEST(a_errors, every_combination_has_an_outcome) {
  for (int kind = 0; kind <= static_cast<int>(Kind::cancelled); ++kind)
    for (const Side side : {Side::us, Side::client, Side::server})
      for (int phase = 0; phase <= static_cast<int>(Phase::last); ++phase) {
        const Outcome out = outcome_of(Error{static_cast<Kind>(kind), side}, static_cast<Phase>(phase));
        EXPECT_NE(out.cause, '-');
        EXPECT_TRUE(out.status == 0 || default_page(out.status)) << out.status;
        if (phase >= static_cast<int>(Phase::data)) { EXPECT_EQ(out.status, 0) << "the response head is gone"; }
      }
}

TEST(a_errors, pages_are_sorted_and_found) {
  for (const int status : {200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504})
    EXPECT_TRUE(default_page(status)) << status;
  EXPECT_FALSE(default_page(302));
  EXPECT_EQ(default_page(403)->body,
            "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n");
}

}  // namespace
}  // namespace sluice::proxy
