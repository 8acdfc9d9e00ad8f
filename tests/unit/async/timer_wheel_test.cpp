#include "async/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace sluice::async {
namespace {

std::int64_t due_tick(Instant due) { return (due.us + 999) / 1000; }

// Random starts, stops and steps of time against a multimap: every timer expires in the first advance that reaches it.
TEST(TimerWheel, behavesAsASortedListDoes) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    std::mt19937_64 random(seed);
    Instant now{static_cast<std::int64_t>(random() % 1'000'000'000'000)};
    TimerWheel wheel(now);
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < 200; ++i) timers.push_back(std::make_unique<Timer>());
    std::multimap<std::int64_t, Timer*> model;
    const auto forget = [&](Timer* timer) {
      for (auto at = model.begin(); at != model.end(); ++at)
        if (at->second == timer) return void(model.erase(at));
    };
    std::size_t expired = 0;
    for (int step = 0; step < 100'000; ++step) {
      Timer& timer = *timers[random() % timers.size()];
      const unsigned what = static_cast<unsigned>(random() % 8);
      if (what < 4) {
        timer.unlink();
        forget(&timer);
        const std::uint64_t magnitude = random() % 43;  // up to 100 days
        timer.due = Instant{now.us + static_cast<std::int64_t>(random() % (std::uint64_t{1} << magnitude))};
        wheel.insert(timer);
        model.emplace(due_tick(timer.due), &timer);
      } else if (what == 4) {
        timer.unlink();
        forget(&timer);
      } else {
        const Instant next = wheel.next();
        if (model.empty()) {
          ASSERT_EQ(next, never);
        } else {
          ASSERT_LE(next.us / 1000, std::max(model.begin()->first, now.us / 1000));
        }
        const std::uint64_t magnitude = random() % 38;
        now.us += static_cast<std::int64_t>(random() % (std::uint64_t{1} << magnitude));
        if (what == 7 && next != never && next > now) now = next;
        List<Waiter> ready;
        wheel.advance(now, ready);
        std::size_t moved = 0;
        while (ready.pop_front()) ++moved;
        std::size_t due = 0;
        while (!model.empty() && model.begin()->first <= now.us / 1000) {
          ASSERT_FALSE(model.begin()->second->linked());
          model.erase(model.begin());
          ++due;
        }
        ASSERT_EQ(moved, due);
        expired += due;
      }
    }
    EXPECT_GT(expired, 1000u);
  }
}

// Waiting from next() to next() gets to every timer in a bounded number of steps, at its millisecond.
TEST(TimerWheel, nextLeadsToTheTimer) {
  TimerWheel wheel(Instant{5'000'123});
  Timer timer;
  timer.due = Instant{5'000'123 + seconds(3'000'000).us};
  wheel.insert(timer);
  List<Waiter> ready;
  int steps = 0;
  while (ready.empty() && ++steps < 20) wheel.advance(wheel.next(), ready);
  EXPECT_FALSE(ready.empty());
  EXPECT_EQ(wheel.next(), never);
}

}  // namespace
}  // namespace sluice::async
