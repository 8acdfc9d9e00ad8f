#include "async/task.hpp"

#include <gtest/gtest.h>

#include <string>

#include "async/kernel_io.hpp"
#include "async/nursery.hpp"
#include "async/wait_queue.hpp"

namespace sluice::async {
namespace {

// Counts how many are alive: what a coroutine holds must die with it.
struct Probe {
  static inline int alive = 0;
  Probe() { ++alive; }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() { --alive; }
};

struct Engine {
  KernelIo io;
  Loop loop{io};
  Nursery tasks{loop};
  std::int64_t frames_before = frame_pool.live();
  // Runs until all tasks have ended, but not for ever.
  void run() {
    const Instant limit = io.now() + seconds(10);
    while (!tasks.empty() && io.now() < limit) loop.turn(limit);
    EXPECT_TRUE(tasks.empty());
    EXPECT_EQ(frame_pool.live(), frames_before);
    EXPECT_EQ(Probe::alive, 0);
  }
};

Task<int> answer(int n) {
  const Probe probe;
  co_return n;
}
Task<int> answer_later(Loop& loop, int n) {
  const Probe probe;
  co_await yield(loop);
  co_return n;
}
Task<int> failing(Loop& loop, int depth, bool later) {
  const Probe probe;
  std::string held(100, 'x');
  if (depth == 0) {
    if (later) co_await yield(loop);
    co_await fail(Kind::refused, Side::server);
    co_return depth;  // never: clang sees an endless recursion without it
  }
  const int n = co_await failing(loop, depth - 1, later);
  ADD_FAILURE() << "went on after an error";
  co_return n + static_cast<int>(held.size());
}

Task<> sums(Loop& loop, int& sum) {
  const int a = co_await answer(1);
  const int b = co_await answer_later(loop, 20);
  Task<int> held = answer_later(loop, 300);
  const int c = co_await std::move(held);
  sum = a + b + c;
}
TEST(Task, yieldsValues) {
  Engine e;
  int sum = 0;
  e.tasks.start(sums(e.loop, sum));
  EXPECT_EQ(sum, 0);  // it waits
  e.run();
  EXPECT_EQ(sum, 321);
}

Task<> keeps(Loop& loop, bool later, Error& error, Result<int>& value) {
  const Result<int> r = co_await attempt(failing(loop, 10, later));
  if (!r) error = r.error();
  value = co_await attempt(answer_later(loop, 7));
}
TEST(Task, errorsLeaveThroughAllAwaitsUpToAttempt) {
  for (const bool later : {false, true}) {
    Engine e;
    Error error;
    Result<int> value = fail(Kind::internal);
    e.tasks.start(keeps(e.loop, later, error, value));
    e.run();
    EXPECT_EQ(error, Error(Kind::refused, Side::server));
    EXPECT_EQ(value, 7);
  }
}

Result<int> plain(bool good) { return good ? Result<int>(5) : fail(Kind::denied); }
Task<int> of_result(bool good) {
  const int n = co_await plain(good);
  co_return n;
}
Task<int> returns_error() { co_return fail(Kind::too_large); }
Task<> results(std::string& log) {
  const Result<int> good = co_await attempt(of_result(true));
  log += std::to_string(good.value_or(-1));
  const Result<int> bad = co_await attempt(of_result(false));
  log += name_of(bad.error().kind);
  const Result<int> returned = co_await attempt(returns_error());
  log += name_of(returned.error().kind);
}
TEST(Task, resultsOfPlainFunctionsFailTheSameWay) {
  Engine e;
  std::string log;
  e.tasks.start(results(log));
  e.run();
  EXPECT_EQ(log, "5deniedtoo_large");
}

Task<int> deep(Loop& loop, int depth) {
  if (depth == 0) co_return co_await answer_later(loop, 1);
  const int n = co_await deep(loop, depth - 1);
  co_return n + 1;
}
Task<> long_loop(Loop& loop, std::int64_t& total) {
  for (int i = 0; i < 200'000; ++i) total += co_await answer(1);
  total += co_await deep(loop, 1000);
}
TEST(Task, neitherLongLoopsNorDeepNestingNeedStack) {
  Engine e;
  std::int64_t total = 0;
  e.tasks.start(long_loop(e.loop, total));
  e.run();
  EXPECT_EQ(total, 201'001);
}

Task<> sleeper(Loop& loop, int& steps) {
  const Probe probe;
  for (;;) {
    co_await sleep_for(loop, milliseconds(1));
    ++steps;
  }
}
Task<> outer(Loop& loop, int& steps) {
  const Probe probe;
  co_await sleeper(loop, steps);
}
TEST(Task, destroyingCancelsAtAnyDepth) {
  Engine e;
  int steps = 0;
  {
    Nursery nursery(e.loop);
    nursery.start(outer(e.loop, steps));
    while (steps < 3) e.loop.turn();
    EXPECT_EQ(Probe::alive, 2);
  }
  EXPECT_EQ(Probe::alive, 0);
  const int before = steps;
  e.loop.turn(e.loop.now() + milliseconds(5));
  EXPECT_EQ(steps, before);
  e.run();
}

Task<> after(Loop& loop, Duration d, std::string& log, char mark) {
  const Probe probe;
  co_await sleep_for(loop, d);
  log += mark;
}
Task<> fails_after(Loop& loop, Duration d) {
  const Probe probe;
  co_await sleep_for(loop, d);
  co_await fail(Kind::reset);
}

Task<> joins(Loop& loop, std::string& log) {
  Task<> a = after(loop, milliseconds(3), log, 'a');
  Task<> b = after(loop, milliseconds(1), log, 'b');
  co_await both(std::move(a), std::move(b));
  log += '|';
  Task<> c = after(loop, milliseconds(1), log, 'c');
  Task<> d = after(loop, seconds(100), log, 'd');
  const std::size_t winner = co_await race(std::move(d), std::move(c));
  log += winner == 1 ? "1|" : "0|";
  Task<> f = fails_after(loop, milliseconds(1));
  Task<> g = after(loop, seconds(100), log, 'g');
  const Result<void> r = co_await attempt(both(std::move(g), std::move(f)));
  log += name_of(r.error().kind);
  Task<> h = after(loop, seconds(100), log, 'h');
  const Result<void> late = co_await attempt(within(loop, loop.after(milliseconds(2)), std::move(h)));
  log += name_of(late.error().kind);
  const int n = co_await within(loop, loop.after(seconds(5)), answer_later(loop, 4));
  log += std::to_string(n);
  const int m = co_await within(loop, loop.now(), answer(6));  // ends at once: the deadline does not matter
  log += std::to_string(m);
  Task<> now = fails_after(loop, Duration{});
  Task<> never_started = after(loop, Duration{}, log, 'n');
  co_await race(std::move(now), std::move(never_started));  // fails us
  log += "not reached";
}
TEST(Joins, bothRaceWithin) {
  Engine e;
  std::string log;
  e.tasks.start(joins(e.loop, log));
  e.run();
  EXPECT_EQ(log, "ba|c1|resettimeout46");
}

Task<> nurse(Loop& loop, std::string& log) {
  Nursery nursery(loop);
  nursery.start(after(loop, milliseconds(1), log, 'x'));
  nursery.start(fails_after(loop, Duration{}));  // fails at once: its own affair
  nursery.start(after(loop, milliseconds(2), log, 'y'));
  co_await nursery.close();
  log += 'z';
  nursery.start(after(loop, seconds(100), log, '!'));
  nursery.cancel();
  co_await nursery.close();
  log += nursery.empty() ? 'e' : '?';
  nursery.start(after(loop, seconds(100), log, '!'));  // dies with the nursery
}
TEST(Nursery, closesCancelsAndDiesWithItsScope) {
  Engine e;
  std::string log;
  e.tasks.start(nurse(e.loop, log));
  e.run();
  EXPECT_EQ(log, "xyze");
}

Task<> cancels_its_own(Nursery& nursery, Loop& loop, bool& reached) {
  const Probe probe;
  co_await yield(loop);
  nursery.cancel();
  co_await sleep_for(loop, seconds(100));
  reached = true;
}
TEST(Nursery, aChildMayCancelAllIncludingItself) {
  Engine e;
  bool reached = false;
  e.tasks.start(cancels_its_own(e.tasks, e.loop, reached));
  e.run();
  EXPECT_FALSE(reached);
}

Task<> waits(WaitQueue& queue, Instant deadline, std::string& log, char mark) {
  const Result<void> r = co_await attempt(queue.wait(deadline));
  log += r ? mark : '-';
}
TEST(WaitQueue, wakesInOrderAndTimesOut) {
  Engine e;
  WaitQueue queue(e.loop);
  std::string log;
  e.tasks.start(waits(queue, never, log, 'a'));
  e.tasks.start(waits(queue, e.loop.after(milliseconds(1)), log, 'b'));
  e.tasks.start(waits(queue, never, log, 'c'));
  EXPECT_EQ(queue.size(), 3u);
  {
    Nursery gone(e.loop);
    gone.start(waits(queue, never, log, 'd'));
    EXPECT_EQ(queue.size(), 4u);
  }
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_TRUE(queue.wake_one());
  while (log.size() < 2) e.loop.turn();
  EXPECT_EQ(log, "a-");
  queue.wake_all();
  e.run();
  EXPECT_EQ(log, "a-c");
  EXPECT_FALSE(queue.wake_one());
}

Task<> spins(Loop& loop, bool& stop) {
  while (!stop) co_await yield(loop);
}
TEST(Loop, knowsHowIdleItIs) {
  KernelIo io;
  Loop loop(io);
  const Instant start = loop.now();
  while (loop.now() < start + milliseconds(1010)) loop.turn(loop.now() + milliseconds(100));
  EXPECT_GE(loop.idle_percent(), 1u);
  EXPECT_LE(loop.idle_percent(), 100u);
}

TEST(Loop, aTaskThatAlwaysYieldsDoesNotStarveTimers) {
  Engine e;
  bool stop = false;
  std::string log;
  e.tasks.start(spins(e.loop, stop));
  e.tasks.start(after(e.loop, milliseconds(2), log, 't'));
  while (log.empty()) e.loop.turn();
  stop = true;
  e.run();
}

}  // namespace
}  // namespace sluice::async
