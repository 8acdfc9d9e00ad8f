// Slots and queues: who gets in, in which order, what happens when time is up, a server goes, or the waiting side does;
// and two workers that compete for the slots of one server.
#include <gtest/gtest.h>

#include <thread>

#include "async/kernel_io.hpp"
#include "backend/control.hpp"
#include "expr/scope.hpp"
#include "sim/sim_io.hpp"
#include "unit/backend/farm.hpp"

namespace sluice::backend {
namespace {

using async::Task;

// What became of one request.
struct Trace {
  unsigned server = 0;  // 0: none
  Kind error = Kind::none;
  std::int64_t ms = 0;
  std::uint32_t in_server_queue = 0, in_backend_queue = 0;
};

struct Scene1 {
  explicit Scene1(Farm& f) : farm(f), world(1) {}
  Farm& farm;
  sim::World world;
  std::vector<std::unique_ptr<Trace>> traces;
  NoticeSink nobody;

  // Asks now, keeps the slot for `hold`.
  Task<> request(Wish wish, Duration hold, Duration patience, Trace& trace) {
    async::Loop& loop = world.worker.loop;
    const Instant begun = loop.now();
    QueuePlace place;
    wish.place = &place;
    Result<Slot> slot = co_await attempt(farm.backend->acquire(world.worker, wish, loop.after(patience)));
    trace.ms = (loop.now() - begun).ms();
    trace.in_server_queue = place.in_server;
    trace.in_backend_queue = place.in_backend;
    if (!slot) {
      trace.error = slot.error().kind;
      co_return;
    }
    trace.server = slot->server().id();
    co_await async::sleep_for(loop, hold);
  }
  Trace& start(Duration hold, Wish wish = {}, Duration patience = seconds(100)) {
    traces.push_back(std::make_unique<Trace>());
    world.worker.tasks.start(request(wish, hold, patience, *traces.back()));
    return *traces.back();
  }
  void run(Duration limit = seconds(1000)) {
    world.run_until([this] { return world.worker.tasks.empty(); }, limit);
  }
  Scene control() { return Scene{&world.worker, world.worker.loop.now(), nobody}; }
  void nothing_left() {
    for (const auto& server : farm.backend->servers()) {
      EXPECT_EQ(server->state().served.load(), 0u);
      EXPECT_EQ(server->state().queued.load(), 0u);
    }
    EXPECT_EQ(farm.backend->state().queued.load(), 0u);
    EXPECT_EQ(farm.backend->state().queued_in_all.load(), 0u);
  }
};

TEST(Queue, isFirstComeFirstServed) {
  Farm farm("roundrobin", {1}, 1);
  Scene1 scene(farm);
  std::vector<Trace*> traces;
  for (int i = 0; i < 4; ++i) traces.push_back(&scene.start(milliseconds(100)));
  EXPECT_EQ(farm.backend->state().queued.load(), 3u);
  scene.run();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(traces[i]->server, 1u);
    EXPECT_NEAR(static_cast<double>(traces[i]->ms), 100.0 * static_cast<double>(i), 10);
    EXPECT_EQ(traces[i]->in_backend_queue, i);
  }
  EXPECT_EQ(farm.backend->state().queued_peak.value(), 3u);
  EXPECT_EQ(farm.server(0).state().served_peak.value(), 1u);
  EXPECT_EQ(farm.server(0).state().counters.sum(&Counters::stot), 4u);
  EXPECT_EQ(farm.server(0).state().counters.sum(&Counters::lbtot), 1u);  // the others had a place in the queue, nobody chose for them
  scene.nothing_left();
}

TEST(Queue, servesWhoeverHasAFreeSlot) {
  Farm farm("roundrobin", {1, 1}, 1);
  Scene1 scene(farm);
  scene.start(milliseconds(300));
  scene.start(milliseconds(100));
  Trace& third = scene.start(milliseconds(100));
  Trace& fourth = scene.start(milliseconds(100));
  scene.run();
  EXPECT_EQ(third.server, 2u);
  EXPECT_EQ(fourth.server, 2u);
  EXPECT_NEAR(static_cast<double>(fourth.ms), 200, 10);
  scene.nothing_left();
}

TEST(Queue, endsWithItsTimeout) {
  Farm farm("leastconn", {1}, 1);
  Scene1 scene(farm);
  scene.start(seconds(10));
  Trace& late = scene.start(seconds(1), {}, seconds(2));
  scene.run();
  EXPECT_EQ(late.error, Kind::timeout);
  EXPECT_EQ(late.in_backend_queue, 1u);
  EXPECT_EQ(late.in_server_queue, 0u);
  EXPECT_NEAR(static_cast<double>(late.ms), 2000, 10);
  scene.nothing_left();
}

TEST(Queue, obeysPriorities) {
  Farm farm("roundrobin", {1}, 1);
  Scene1 scene(farm);
  scene.start(milliseconds(100));
  Trace& plain = scene.start(milliseconds(100));
  Trace& low = scene.start(milliseconds(100), Wish{.priority = {.priority_class = 5}});
  Trace& high = scene.start(milliseconds(100), Wish{.priority = {.priority_class = -5}});
  Trace& sooner = scene.start(milliseconds(100), Wish{.priority = {.offset_ms = -1000}});
  scene.run();
  EXPECT_LT(high.ms, sooner.ms);
  EXPECT_LT(sooner.ms, plain.ms);
  EXPECT_LT(plain.ms, low.ms);
}

TEST(Queue, ofOneServerIsForThoseWhoWantIt) {
  Farm farm("roundrobin", {1, 1}, 1);
  Scene1 scene(farm);
  const Wish second{.wanted = &farm.server(1)};
  Trace& first = scene.start(milliseconds(100), second);
  Trace& waits = scene.start(milliseconds(100), second);
  EXPECT_EQ(farm.server(1).state().queued.load(), 1u);
  Trace& any = scene.start(milliseconds(100));
  scene.run();
  EXPECT_EQ(first.server, 2u);
  EXPECT_EQ(waits.server, 2u);
  EXPECT_EQ(waits.in_server_queue, 1u);
  EXPECT_EQ(any.server, 1u);
  EXPECT_EQ(any.ms, 0);
  scene.nothing_left();
}

TEST(Queue, hasNoMoreThanMaxqueuePlaces) {
  std::vector<ServerSettings> servers = Farm::weighted({1, 1}, 1);
  servers[1].maxqueue = 1;
  Farm farm(Farm::balanced("roundrobin"), std::move(servers));
  Scene1 scene(farm);
  const Wish second{.wanted = &farm.server(1)};
  scene.start(milliseconds(100), second);
  scene.start(milliseconds(100), second);
  Trace& elsewhere = scene.start(milliseconds(100), second);
  Trace& insists = scene.start(milliseconds(100), Wish{.wanted = &farm.server(1), .insist = Wish::Insist::while_usable});
  scene.run();
  EXPECT_EQ(elsewhere.server, 1u);
  EXPECT_EQ(insists.error, Kind::queue_full);
}

TEST(Queue, ofAServerThatGoesDownMovesOn) {
  Farm farm("roundrobin", {1, 1}, 1);
  Scene1 scene(farm);
  const Wish first{.wanted = &farm.server(0)};
  scene.start(seconds(5), first);
  Trace& moved = scene.start(milliseconds(100), first);
  Trace& insists = scene.start(milliseconds(100), Wish{.wanted = &farm.server(0), .insist = Wish::Insist::while_usable});
  set_admin(scene.control(), farm.server(0), Admin::maint);
  scene.run();
  EXPECT_EQ(moved.server, 2u);
  EXPECT_EQ(insists.error, Kind::no_server);
  scene.nothing_left();
}

TEST(Queue, isServedWhenAServerComesBack) {
  Farm farm("roundrobin", {1, 1}, 1);
  Scene1 scene(farm);
  set_admin(scene.control(), farm.server(1), Admin::maint);
  scene.start(seconds(5));
  Trace& waits = scene.start(milliseconds(100));
  EXPECT_EQ(farm.backend->state().queued.load(), 1u);
  set_admin(scene.control(), farm.server(1), Admin::ready);
  scene.run();
  EXPECT_EQ(waits.server, 2u);
  EXPECT_EQ(waits.ms, 0);
}

TEST(Queue, isLeftByWhoeverIsCancelled) {
  Farm farm("roundrobin", {1}, 1);
  Scene1 scene(farm);
  scene.start(milliseconds(100));
  {
    async::Nursery nursery(scene.world.worker.loop);
    Trace gone;
    nursery.start(scene.request({}, seconds(1), seconds(50), gone));
    EXPECT_EQ(farm.backend->state().queued.load(), 1u);
  }
  EXPECT_EQ(farm.backend->state().queued.load(), 0u);
  Trace& next = scene.start(milliseconds(100));
  scene.run();
  EXPECT_EQ(next.server, 1u);
  scene.nothing_left();
}

TEST(Queue, doesNotKeepWhatACancelledOneWasGranted) {
  Farm farm("roundrobin", {1}, 1);
  Scene1 scene(farm);
  Trace gone;
  async::Nursery nursery(scene.world.worker.loop);
  {
    Result<Slot> held = farm.backend->try_acquire(scene.world.worker, {});
    ASSERT_TRUE(held);
    nursery.start(scene.request({}, seconds(1), seconds(50), gone));
    held->release();  // grants it to the one that waits, which has not run since
  }
  EXPECT_EQ(farm.server(0).state().served.load(), 1u);
  nursery.cancel();
  scene.world.run_until([&] { return nursery.empty(); }, seconds(1));
  scene.nothing_left();
}

// Algorithms that tie a client to a server wait for it, even if another is free.
TEST(Queue, isKeptByHashesForTheirServer) {
  Farm farm("source", {1, 1}, 1);
  Scene1 scene(farm);
  const net::Address address = net::Address::ipv4(0x0a000000, 1);
  expr::Client client;
  client.source = &address;
  Arena arena;
  expr::Scope scope;
  scope.arena = &arena;
  scope.client = &client;
  const Wish wish{.pick = {.scope = &scope}};
  Trace& first = scene.start(milliseconds(100), wish);
  Trace& second = scene.start(milliseconds(100), wish);
  scene.run();
  EXPECT_EQ(first.server, 1u);
  EXPECT_EQ(second.server, 1u);
  EXPECT_NEAR(static_cast<double>(second.ms), 100, 10);
  EXPECT_EQ(farm.server(0).state().counters.sum(&Counters::lbtot), 2u);
  scene.nothing_left();
}

TEST(Queue, endsAtOnceWhenThereIsNoServer) {
  Farm farm("roundrobin", {1});
  Scene1 scene(farm);
  set_admin(scene.control(), farm.server(0), Admin::maint);
  Trace& none = scene.start(milliseconds(1));
  scene.run();
  EXPECT_EQ(none.error, Kind::no_server);
}

// Two threads, one server with three slots: never more than three at a time, and everybody gets in.
TEST(Queue, isSharedByWorkers) {
  constexpr int tasks = 20, rounds = 100;
  Farm farm("leastconn", {1}, 3);
  std::atomic<int> inside{0}, done{0}, too_many{0};
  struct Busy {
    static Task<> loop(async::Worker& worker, Farm& farm, std::atomic<int>& inside, std::atomic<int>& done, std::atomic<int>& too_many) {
      for (int i = 0; i < rounds; ++i) {
        Slot slot = co_await farm.backend->acquire(worker, {}, never);
        if (inside.fetch_add(1) >= 3) too_many.fetch_add(1);
        co_await async::yield(worker.loop);
        inside.fetch_sub(1);
        slot.release();
        if (i % 7 == 0) co_await async::yield(worker.loop);
      }
      done.fetch_add(1);
    }
    static Task<> stop_when_done(async::Worker& worker, std::atomic<int>& done) {
      while (done.load() < 2 * tasks) co_await async::sleep_for(worker.loop, milliseconds(1));
      worker.stop();
    }
  };
  std::vector<std::unique_ptr<async::Worker>> workers;
  for (unsigned id = 0; id < 2; ++id) workers.push_back(std::make_unique<async::Worker>(id, std::make_unique<async::KernelIo>(), async::WorkerOptions{}));
  for (auto& worker : workers) {
    worker->start_thread([&](async::Worker& me) {
      for (int i = 0; i < tasks; ++i) me.tasks.start(Busy::loop(me, farm, inside, done, too_many));
      me.tasks.start(Busy::stop_when_done(me, done));
    });
  }
  for (auto& worker : workers) worker->join();
  EXPECT_EQ(done.load(), 2 * tasks);
  EXPECT_EQ(too_many.load(), 0);
  EXPECT_EQ(farm.server(0).state().served.load(), 0u);
  EXPECT_EQ(farm.server(0).state().counters.sum(&Counters::stot), 2u * tasks * rounds);
  EXPECT_EQ(farm.backend->state().queued_in_all.load(), 0u);
}

// Three workers in a simulated world, where what is granted by one and given up by another crosses in the mail: whatever
// the order, nobody exceeds a maxconn, nothing is lost, nothing is left.
struct Shared {
  explicit Shared(std::uint64_t seed) : worlds(seed, 3), dice(seed + 1000) {
    static constexpr std::string_view algorithms[] = {"roundrobin", "leastconn", "first", "random", "static-rr"};
    farm.emplace(algorithms[seed % 5], std::vector<unsigned>{1, 2}, 2);
    for (auto& worker : worlds.workers) leavers.push_back(std::make_unique<async::Nursery>(worker->loop));
  }
  sim::Worlds worlds;
  sim::Random dice;
  std::optional<Farm> farm;
  std::vector<std::unique_ptr<async::Nursery>> leavers;  // requests that are cancelled somewhen
  NoticeSink nobody;
  int inside[2] = {0, 0};
  int served = 0, refused = 0, under_way = 0;
  std::uint64_t trace = 0;

  struct Inside {
    explicit Inside(int& n) : count(n) { ++count; }
    ~Inside() { --count; }
    int& count;
  };
  Duration some(std::int64_t most_ms) { return microseconds(static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(most_ms) * 1000))); }

  Task<> request(async::Worker& worker, Duration begin, Wish wish, Duration patience, Duration hold) {
    const Inside counted(under_way);
    co_await async::sleep_for(worker.loop, begin);
    Result<Slot> slot = co_await attempt(farm->backend->acquire(worker, wish, worker.loop.after(patience)));
    if (!slot) {
      ++refused;
      co_return;
    }
    const Inside here(inside[slot->server().id() - 1]);
    ++served;
    trace = trace * 31 + worker.id * 7 + slot->server().id();
    co_await async::sleep_for(worker.loop, hold);
  }
  Task<> operate(async::Worker& worker, Server& server) {
    for (int i = 0; i < 4; ++i) {
      co_await async::sleep_for(worker.loop, some(40));
      const Scene scene{&worker, worker.loop.now(), nobody};
      set_admin(scene, server, i % 2 == 0 ? Admin::maint : Admin::ready);
    }
  }
  void play() {
    for (int i = 0; i < 60; ++i) {
      async::Worker& worker = *worlds.workers[dice.below(3)];
      Wish wish;
      if (dice.one_in(4)) wish.wanted = &farm->server(dice.below(2));
      Task<> one = request(worker, some(50), wish, some(60), some(20));
      if (dice.one_in(3)) leavers[worker.id]->start(std::move(one));
      else worker.tasks.start(std::move(one));
    }
    worlds.workers[0]->tasks.start(operate(*worlds.workers[0], farm->server(1)));
    const Instant cut = worlds.io[0]->now() + some(100);
    bool cut_off = false;
    const bool over = worlds.run_until([&] { return cut_off && idle(); }, seconds(10), [&] {
      for (std::size_t at = 0; at < 2; ++at) EXPECT_LE(inside[at], 2);
      if (cut_off || worlds.io[0]->now() < cut) return;
      for (auto& nursery : leavers) nursery->cancel();
      cut_off = true;
    });
    EXPECT_TRUE(over || idle());
    EXPECT_EQ(under_way, 0);
    for (std::size_t at = 0; at < 2; ++at) {
      EXPECT_EQ(farm->server(at).state().served.load(), 0u);
      EXPECT_EQ(farm->server(at).state().queued.load(), 0u);
    }
    EXPECT_EQ(farm->backend->state().queued.load(), 0u);
    EXPECT_EQ(farm->backend->state().queued_in_all.load(), 0u);
  }
  bool idle() {
    return std::ranges::all_of(leavers, [](auto& nursery) { return nursery->empty(); }) &&
           std::ranges::all_of(worlds.workers, [](auto& worker) { return worker->tasks.empty(); });
  }
};

TEST(Queue, losesNothingInWhateverOrderWorkersRun) {
  int served = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    Shared scene(seed);
    scene.play();
    served += scene.served;
    refused += scene.refused;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(served, 2000);
  EXPECT_GT(refused, 200);
}

TEST(Queue, theSameSeedServesInTheSameOrder) {
  const auto trace = [](std::uint64_t seed) {
    Shared scene(seed);
    scene.play();
    return scene.trace;
  };
  EXPECT_EQ(trace(7), trace(7));
  EXPECT_NE(trace(7), trace(12));
}

}  // namespace
}  // namespace sluice::backend
