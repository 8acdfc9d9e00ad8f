// What the twin tests cannot show: dates to the second, and the values of dynamic cookies.
#include "backend/cookie.hpp"

#include "farm.hpp"

namespace sluice::backend {
namespace {

std::string encoded(CookieDate date) {
  char text[5];
  encode_cookie_date(date, text);
  return {text, sizeof text};
}

TEST(CookieDate, CountsFourSecondsRoundedUp) {
  EXPECT_EQ(encoded(0), "AAAAA");
  EXPECT_EQ(encoded(4), "AAAAB");
  EXPECT_EQ(encoded(5), "AAAAC");
  EXPECT_EQ(decode_cookie_date("AAAAC"), 8U);
  EXPECT_EQ(decode_cookie_date("AAAAC and more"), 8U);
  EXPECT_EQ(decode_cookie_date("AAAA"), 0U);
  EXPECT_EQ(decode_cookie_date("AA!AA"), 0U);
  EXPECT_EQ(decode_cookie_date(encoded(1'795'000'000)), 1'795'000'000U);
}

BackendSettings with_cookie(CookiePlan plan) {
  BackendSettings settings;
  settings.cookie = std::move(plan);
  return settings;
}

// As Debian's haproxy 2.6 made it for this address and key.
TEST(DynamicCookie, IsThatOfHaproxy) {
  CookiePlan plan;
  plan.name = "SRV";
  plan.dynamic = true;
  BackendSettings settings = with_cookie(plan);
  settings.dynamic_cookie_key = "secret";
  std::vector<ServerSettings> servers = Farm::weighted({1, 1});
  servers[0].address = *net::Address::parse_ip("127.0.0.1", 21002);
  servers[1].address = servers[0].address;
  servers[1].cookie = "said";
  Farm farm(settings, servers);
  EXPECT_EQ(farm.server(0).cookie(), "0a9af251bd1475ce");
  EXPECT_EQ(farm.server(1).cookie(), "said");
  ASSERT_EQ(farm.backend->servers_of_cookie("said").size(), 1U);
  EXPECT_EQ(farm.backend->servers_of_cookie("said").front(), &farm.server(1));
  EXPECT_TRUE(farm.backend->servers_of_cookie("other").empty());
}

class Ages : public testing::Test {
 protected:
  static constexpr std::int64_t now = 1'795'000'000;
  CookieIn judge(const std::string& cookie) {
    request_.clear();
    request_.fields.append("cookie", cookie, http::HeaderId::cookie);
    found_ = read_cookies(*farm_.backend, request_, Persistence::normal, WallTime{now * 1'000'000});
    return found_.in;
  }
  static CookiePlan plan() {
    CookiePlan plan;
    plan.name = "SRV";
    plan.mode = CookiePlan::Mode::insert;
    plan.max_idle = seconds(60);
    plan.max_life = seconds(600);
    return plan;
  }
  static std::vector<ServerSettings> servers() {
    auto servers = Farm::weighted({1, 1});
    servers[0].cookie = "s1";
    servers[1].cookie = "s2";
    return servers;
  }
  Farm farm_{with_cookie(plan()), servers()};
  Arena arena_;
  http::Request request_{arena_};
  CookieFinding found_;
};

TEST_F(Ages, TheLimitItselfIsYoungEnough) {
  EXPECT_EQ(judge("SRV=s1|" + encoded(now - 60) + "|" + encoded(now - 600)), CookieIn::valid);
  EXPECT_EQ(found_.server, &farm_.server(0));
  EXPECT_EQ(judge("SRV=s1|" + encoded(now - 64) + "|" + encoded(now - 600)), CookieIn::expired);
  EXPECT_EQ(judge("SRV=s1|" + encoded(now - 60) + "|" + encoded(now - 604)), CookieIn::old);
  EXPECT_EQ(found_.server, nullptr);
}

TEST_F(Ages, OneDayAheadIsTheMost) {
  EXPECT_EQ(judge("SRV=s1|" + encoded(now) + "|" + encoded(now + 86400)), CookieIn::valid);
  EXPECT_EQ(judge("SRV=s1|" + encoded(now) + "|" + encoded(now + 86404)), CookieIn::old);
}

TEST_F(Ages, AServerInMaintenanceIsDown) {
  farm_.server(1).state().admin = Admin::maint;
  EXPECT_EQ(judge("SRV=s2"), CookieIn::down);
  EXPECT_EQ(found_.server, nullptr);
  farm_.server(1).state().admin = Admin::drain;
  EXPECT_EQ(judge("SRV=s2"), CookieIn::valid);
}

}  // namespace
}  // namespace sluice::backend
