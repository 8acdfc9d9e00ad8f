// Health as a state machine, and the words in which changes are told (as observed of Debian's haproxy 2.6).
#include "backend/control.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "unit/backend/farm.hpp"

namespace sluice::backend {
namespace {

using Verdict = CheckResult::Verdict;

TEST(Health, fallsAndRisesByResultsInARow) {
  Health health(2, 3);
  EXPECT_TRUE(health.up());
  EXPECT_EQ(health.record(false), Health::Change::down);  // barely up at start: one failure is enough
  EXPECT_EQ(health.value(), 0u);
  EXPECT_EQ(health.record(false), Health::Change::none);
  EXPECT_EQ(health.record(true), Health::Change::progress);
  EXPECT_TRUE(health.in_transition());
  EXPECT_EQ(health.record(false), Health::Change::progress);  // starts over
  EXPECT_EQ(health.value(), 0u);
  EXPECT_EQ(health.record(true), Health::Change::progress);
  EXPECT_EQ(health.record(true), Health::Change::up);
  EXPECT_EQ(health.value(), 4u);
  EXPECT_FALSE(health.in_transition());
  EXPECT_EQ(health.record(false), Health::Change::progress);
  EXPECT_EQ(health.record(false), Health::Change::progress);
  EXPECT_TRUE(health.up());
  EXPECT_EQ(health.record(true), Health::Change::progress);  // all credit is back
  EXPECT_EQ(health.value(), 4u);
  EXPECT_EQ(health.record(true), Health::Change::none);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(health.record(false), Health::Change::progress);
  EXPECT_EQ(health.record(false), Health::Change::down);
}

TEST(Health, riseAndFallOfOne) {
  Health health(1, 1);
  EXPECT_EQ(health.record(true), Health::Change::none);
  EXPECT_EQ(health.record(false), Health::Change::down);
  EXPECT_EQ(health.record(true), Health::Change::up);
}

std::vector<ServerSettings> checked(std::size_t n) {
  std::vector<ServerSettings> servers = Farm::weighted(std::vector<unsigned>(n, 1));
  for (ServerSettings& server : servers) server.check.enabled = true;
  return servers;
}

CheckResult failed(CheckCode code, std::string info, int status = -1) {
  return CheckResult{.verdict = Verdict::failed, .code = code, .status = status, .duration = milliseconds(1), .info = std::move(info)};
}
CheckResult passed(CheckCode code, int status = -1) {
  return CheckResult{.verdict = Verdict::passed, .code = code, .status = status, .duration = milliseconds(0), .info = {}};
}

class Control : public testing::Test {
 protected:
  struct Told {
    Console console;
    Level level;
    std::string text, console_text;
  };
  void build(BackendSettings settings, std::vector<ServerSettings> servers) {
    farm = std::make_unique<Farm>(std::move(settings), std::move(servers));
  }
  Server& server(std::size_t i) { return farm->server(i); }
  Scene scene() { return Scene{nullptr, Instant{now_us}, sink}; }
  void record(std::size_t i, const CheckResult& result, int times = 1) {
    for (int k = 0; k < times; ++k) record_check(scene(), server(i), result);
  }
  std::string last() { return told.empty() ? "" : told.back().text; }

  std::unique_ptr<Farm> farm;
  std::int64_t now_us = 1'000'000;
  std::vector<Told> told;
  NoticeSink sink = [this](const Notice& n) { told.push_back({n.console, n.level, std::string(n.text), std::string(n.console_text)}); };
};

TEST_F(Control, tellsOfServersGoingDownAndUp) {
  build(Farm::balanced("roundrobin"), checked(2));
  record(0, passed(CheckCode::L4OK), 2);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(server(0).state().status(), "UP");
  EXPECT_EQ(server(1).state().status(), "UP 1/3");
  record(0, failed(CheckCode::L4CON, "Connection refused"), 2);
  EXPECT_EQ(server(0).state().status(), "UP 1/3");
  record(0, failed(CheckCode::L4CON, "Connection refused"));
  EXPECT_EQ(last(), "Server b/s1 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 1ms. "
                    "1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.");
  EXPECT_EQ(told.back().level, Level::alert);
  EXPECT_EQ(server(0).state().status(), "DOWN");
  EXPECT_EQ(farm->sequence(3), (std::vector<unsigned>{2, 2, 2}));
  record(1, failed(CheckCode::L7STS, "Nope", 503));
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[1].text, "Server b/s2 is DOWN, reason: Layer7 wrong status, code: 503, info: \"Nope\", check duration: 1ms. "
                          "0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.");
  EXPECT_EQ(told[2].text, "backend b has no server available!");
  EXPECT_EQ(told[2].console_text, "backend 'b' has no server available!");
  EXPECT_EQ(told[2].level, Level::emerg);
  EXPECT_EQ(told[2].console, Console::alert);
  now_us += 3'000'000;
  record(0, passed(CheckCode::L4OK));
  EXPECT_EQ(server(0).state().status(), "DOWN 1/2");
  record(0, passed(CheckCode::L4OK));
  EXPECT_EQ(last(), "Server b/s1 is UP, reason: Layer4 check passed, check duration: 0ms. 1 active and 0 backup servers online. "
                    "0 sessions requeued, 0 total in queue.");
  EXPECT_EQ(told.back().level, Level::notice);
  EXPECT_EQ(server(0).state().failed_checks.load(), 3u);
  EXPECT_EQ(server(0).state().times_down.load(), 1u);
  EXPECT_EQ(server(0).state().downtime({now_us}).seconds(), 3);
  EXPECT_EQ(farm->backend->state().times_down.load(), 1u);
}

// Checks and observers of traffic are on several workers.
TEST_F(Control, countsResultsOfSeveralThreadsOnce) {
  auto servers = checked(1);
  servers[0].check.fall = 3000;
  servers[0].check.rise = 1;
  build(Farm::balanced("roundrobin"), std::move(servers));
  record(0, passed(CheckCode::L4OK));
  const std::uint32_t full = server(0).state().check.health.load();
  EXPECT_EQ(full, 3000u);
  const auto fail_often = [this](int times) {
    const NoticeSink nobody;
    for (int i = 0; i < times; ++i) record_check({nullptr, Instant{now_us}, nobody}, server(0), failed(CheckCode::L4CON, "x"));
  };
  const auto four_threads = [&fail_often](int times) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(fail_often, times);
    for (std::thread& thread : threads) thread.join();
  };
  four_threads(500);
  EXPECT_EQ(server(0).state().check.health.load(), full - 2000);
  EXPECT_EQ(server(0).state().failed_checks.load(), 2000u);
  EXPECT_EQ(server(0).state().times_down.load(), 0u);
  four_threads(500);  // one of them takes it down
  EXPECT_EQ(server(0).state().status(), "DOWN");
  EXPECT_EQ(server(0).state().failed_checks.load(), 3000u);
  EXPECT_EQ(server(0).state().times_down.load(), 1u);
}

TEST_F(Control, tellsWhenBackupsTakeOver) {
  std::vector<ServerSettings> servers = checked(2);
  servers[1].backup = true;
  build(Farm::balanced("roundrobin"), std::move(servers));
  record(0, failed(CheckCode::L4TOUT, ""));
  EXPECT_EQ(last(), "Server b/s1 is DOWN, reason: Layer4 timeout, check duration: 1ms. 0 active and 1 backup servers left. "
                    "Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.");
  set_admin(scene(), server(1), Admin::drain);
  EXPECT_EQ(told[told.size() - 2].text, "Backup Server b/s2 enters drain state. 0 active and 0 backup servers online. "
                                        "0 sessions requeued, 0 total in queue.");
  EXPECT_EQ(last(), "backend b has no server available!");
  set_admin(scene(), server(1), Admin::ready);
  EXPECT_EQ(last(), "Backup Server b/s2 is UP (leaving forced drain).");
}

TEST_F(Control, stopsAndResumesOn404) {
  build(Farm::balanced("roundrobin"), checked(1));
  CheckResult conditional{.verdict = Verdict::conditional, .code = CheckCode::L7OKC, .status = 404, .duration = {}, .info = {}};
  record(0, conditional);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].text, "Server b/s1 is stopping, reason: Layer7 check conditionally passed, code: 404, check duration: 0ms. "
                          "0 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.");
  EXPECT_EQ(server(0).state().status(), "NOLB");
  EXPECT_TRUE(server(0).state().usable_by_persistence());
  record(0, passed(CheckCode::L7OK, 200));
  EXPECT_EQ(last(), "Server b/s1 is UP, reason: Layer7 check passed, code: 200, check duration: 0ms. 1 active and 0 backup servers "
                    "online. 0 sessions requeued, 0 total in queue.");
  record(0, conditional);
  record(0, failed(CheckCode::L7STS, "Nope", 503), 3);
  EXPECT_EQ(told.back().level, Level::notice);  // it was on its way out anyway
  EXPECT_EQ(server(0).state().status(), "DOWN");
  record(0, conditional, 5);
  EXPECT_EQ(server(0).state().status(), "DOWN");
}

TEST_F(Control, logsEveryCheckThatChangesSomethingIfAsked) {
  BackendSettings settings = Farm::balanced("roundrobin");
  settings.log_health_checks = true;
  build(settings, checked(1));
  record(0, passed(CheckCode::L4OK));
  EXPECT_EQ(last(), "Health check for server b/s1 succeeded, reason: Layer4 check passed, check duration: 0ms, status: 3/3 UP.");
  record(0, passed(CheckCode::L4OK));
  EXPECT_EQ(told.size(), 1u);
  record(0, failed(CheckCode::L4CON, "Connection refused"));
  EXPECT_EQ(last(), "Health check for server b/s1 failed, reason: Layer4 connection problem, info: \"Connection refused\", "
                    "check duration: 1ms, status: 2/3 UP.");
  record(0, failed(CheckCode::L4CON, "Connection refused"), 2);
  EXPECT_EQ(told[3].text, "Health check for server b/s1 failed, reason: Layer4 connection problem, info: \"Connection refused\", "
                          "check duration: 1ms, status: 0/2 DOWN.");
  EXPECT_EQ(told[4].text, "Server b/s1 is DOWN. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.");
}

TEST_F(Control, takesServersInAndOutByHand) {
  build(Farm::balanced("roundrobin"), checked(2));
  set_admin(scene(), server(0), Admin::maint);
  EXPECT_EQ(last(), "Server b/s1 is going DOWN for maintenance. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, "
                    "0 remaining in queue.");
  EXPECT_EQ(told.back().level, Level::alert);
  EXPECT_EQ(server(0).state().status(), "MAINT");
  EXPECT_EQ(server(0).state().times_down.load(), 1u);
  EXPECT_FALSE(server(0).state().usable_by_persistence());
  set_admin(scene(), server(0), Admin::maint);
  EXPECT_EQ(told.size(), 1u);
  set_admin(scene(), server(0), Admin::drain);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[1].text, "Server b/s1 is UP/DRAIN (leaving forced maintenance).");
  EXPECT_EQ(told[2].text, "Server b/s1 remains in forced drain mode.");
  set_admin(scene(), server(0), Admin::ready);
  EXPECT_EQ(last(), "Server b/s1 is UP (leaving forced drain).");
  set_admin(scene(), server(0), Admin::maint);
  set_admin(scene(), server(0), Admin::ready);
  EXPECT_EQ(last(), "Server b/s1 is UP/READY (leaving forced maintenance).");
}

TEST_F(Control, changesWeights) {
  build(Farm::balanced("roundrobin"), Farm::weighted({10, 10}));
  const auto answer = [this](std::string_view text) {
    const auto done = set_weight(scene(), server(0), text);
    return done ? std::to_string(server(0).state().effective_weight.load()) : done.error();
  };
  EXPECT_EQ(answer("3"), "3");
  EXPECT_EQ(answer("50%"), "5");
  EXPECT_EQ(answer("200%"), "20");
  EXPECT_EQ(answer("50000%"), "256");
  EXPECT_EQ(answer("300"), "Absolute weight can only be between 0 and 256 inclusive.\n");
  EXPECT_EQ(answer("-1"), "Absolute weight can only be between 0 and 256 inclusive.\n");
  EXPECT_EQ(answer("-5%"), "Relative weight must be positive.\n");
  EXPECT_EQ(answer("abc"), "Empty weight string empty or preceded by garbage");
  EXPECT_EQ(answer("12abc"), "Trailing garbage in weight string");
  EXPECT_EQ(answer("0"), "0");
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(set_weight(scene(), server(1), "0%"));
  EXPECT_EQ(last(), "backend b has no server available!");
}

TEST_F(Control, keepsWeightsOfStaticAlgorithms) {
  build(Farm::balanced("static-rr"), Farm::weighted({10}));
  EXPECT_EQ(set_weight(scene(), server(0), "50%").error(),
            "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n");
  EXPECT_TRUE(set_weight(scene(), server(0), "0"));
  EXPECT_TRUE(set_weight(scene(), server(0), "100%"));
}

}  // namespace
}  // namespace sluice::backend
