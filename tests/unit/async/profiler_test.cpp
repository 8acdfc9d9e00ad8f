#include "async/profiler.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "async/kernel_io.hpp"
#include "async/nursery.hpp"

namespace sluice::async {
namespace {

void work(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {}
}
constexpr std::int64_t ns_of_us(std::int64_t us) { return us * 1000; }

struct Profiling {
  KernelIo io;
  Loop loop{io};
  Nursery tasks{loop};
  explicit Profiling(Profiler::Timing timing) { loop.profile(timing); }
  Profiler& profiler() { return *loop.profiler(); }
  void run() {
    const Instant limit = io.now() + seconds(10);
    while (!tasks.empty() && io.now() < limit) loop.turn(limit);
    EXPECT_TRUE(tasks.empty());
  }
};

Task<> below(Loop& loop, int depth) {
  co_await yield(loop);
  if (depth > 0) co_await below(loop, depth - 1);
  work(std::chrono::microseconds(300));
}
// Waits three times, by way of everything that joins coroutines, and works for 2 * 300 us.
Task<> request(Profiling& on, Account& account) {
  on.profiler().open(account);
  co_await within(on.loop, never, below(on.loop, 1));
  co_await yield(on.loop);
  EXPECT_EQ(account.calls, 4u);
  on.profiler().close(account);
  co_await yield(on.loop);  // nobody's
}

TEST(Profiler, charges_the_task_a_coroutine_belongs_to) {
  Profiling on(Profiler::Timing::on);
  Account account;
  on.tasks.start(request(on, account));
  on.run();
  EXPECT_EQ(account.calls, 4u);
  EXPECT_GE(account.cpu_ns, ns_of_us(600));
  EXPECT_GE(account.late_ns, 0);
}

TEST(Profiler, counts_without_timing) {
  Profiling on(Profiler::Timing::off);
  Account account;
  on.tasks.start(request(on, account));
  on.run();
  EXPECT_EQ(account.calls, 4u);
  EXPECT_EQ(account.cpu_ns, 0);
  EXPECT_EQ(account.late_ns, 0);
}

Task<> busy(Profiling& on, Account& account) {
  on.profiler().open(account);
  co_await yield(on.loop);
  work(std::chrono::microseconds(2000));
  on.profiler().close(account);
}

TEST(Profiler, neighbours_make_late) {
  Profiling on(Profiler::Timing::on);
  Account first, second;
  on.tasks.start(busy(on, first));
  on.tasks.start(busy(on, second));
  on.run();
  EXPECT_GE(second.late_ns, ns_of_us(2000));
  EXPECT_LT(first.late_ns, second.late_ns);
  EXPECT_GE(first.cpu_ns, ns_of_us(2000));
  EXPECT_GE(second.cpu_ns, ns_of_us(2000));
}

Task<> starter(Profiling& on, Account& own, Account& child) {
  on.profiler().open(own);
  co_await yield(on.loop);
  on.tasks.start(busy(on, child));
  on.profiler().close(own);
}

TEST(Profiler, a_started_child_is_not_charged_to_its_starter) {
  Profiling on(Profiler::Timing::on);
  Account own, child;
  on.tasks.start(starter(on, own, child));
  on.run();
  EXPECT_EQ(own.calls, 2u);
  EXPECT_EQ(child.calls, 2u);
  EXPECT_GE(child.cpu_ns, ns_of_us(2000));
}

Task<> one_after_the_other(Profiling& on, Account& first, Account& second) {
  on.profiler().open(first);
  co_await yield(on.loop);
  on.profiler().close(first);
  on.profiler().open(second);
  work(std::chrono::microseconds(2000));
  on.profiler().close(second);
}

TEST(Profiler, a_run_is_shared_by_the_requests_in_it) {
  Profiling on(Profiler::Timing::on);
  Account first, second;
  on.tasks.start(one_after_the_other(on, first, second));
  on.run();
  EXPECT_EQ(first.calls, 2u);
  EXPECT_EQ(second.calls, 1u);
  EXPECT_GE(second.cpu_ns, ns_of_us(2000));
}

TEST(Profiler, times_by_itself_where_turns_are_long) {
  Profiler profiler(Profiler::Timing::automatic);
  profiler.turn_took(seconds(100));  // the start of the process
  for (int i = 0; i < 10; ++i) profiler.turn_took(Duration{1010});
  EXPECT_FALSE(profiler.times());
  for (int i = 0; i < 20'000; ++i) profiler.turn_took(Duration{1010});
  EXPECT_TRUE(profiler.times());
  for (int i = 0; i < 500; ++i) profiler.turn_took(Duration{995});
  EXPECT_TRUE(profiler.times());
  for (int i = 0; i < 20'000; ++i) profiler.turn_took(Duration{500});
  EXPECT_FALSE(profiler.times());
}

}  // namespace
}  // namespace sluice::async
