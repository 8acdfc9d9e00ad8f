// Random trees of everything a coroutine can do, destroyed midway from outside and cancelled from inside: nothing may
// be left over, and the same seed must take the same path.
#include <gtest/gtest.h>

#include "async/nursery.hpp"
#include "async/wait_queue.hpp"
#include "net/stream.hpp"
#include "sim/sim_io.hpp"

namespace sluice::sim {
namespace {

using async::Nursery;
using async::Task;

struct Probe {
  static inline int alive = 0;
  Probe() { ++alive; }
  Probe(const Probe&) = delete;
  ~Probe() { --alive; }
};

struct Scene {
  async::Worker& worker;
  Random& random;
  async::WaitQueue queue;
  net::SocketStream &left, &right;  // both ends of one connection, fought over by all
  net::SocketStream& watched;       // nobody reads from it; one watches whether it hangs up
  bool watching = false;
  std::vector<Nursery*> nurseries;  // alive ones
  std::uint64_t steps = 0;
};

Task<int> grow(Scene& s, int depth);
Task<> grow_void(Scene& s, int depth) {
  const Probe probe;
  co_await grow(s, depth);
}

Task<int> background(Scene& s, int depth) {
  const Probe probe;
  Nursery nursery(s.worker.loop);
  struct Listed {
    std::vector<Nursery*>& all;
    Nursery* mine;
    ~Listed() { std::erase(all, mine); }
  };
  s.nurseries.push_back(&nursery);
  const Listed listed{s.nurseries, &nursery};
  const std::uint64_t count = s.random.between(1, 3);
  for (std::uint64_t i = 0; i < count; ++i) nursery.start(grow_void(s, depth - 1));
  const std::uint64_t how = s.random.below(3);
  if (how == 0) co_return 0;  // dies with its scope
  if (how == 1) nursery.cancel();
  co_await nursery.close();
  co_return 1;
}

Task<int> socket_work(Scene& s) {
  const Probe probe;
  const bool reading = s.random.one_in(2);
  const bool swap = s.random.one_in(2);
  net::SocketStream& stream = swap ? s.left : s.right;
  if (reading) {
    if (stream.reading().leaf) co_return 0;  // somebody reads already
    char space[100];
    const Duration limit = milliseconds(static_cast<std::int64_t>(s.random.below(5)));
    const Instant deadline = s.worker.loop.after(limit);
    const std::size_t n = co_await stream.read(std::span(space, sizeof space), deadline);
    co_return static_cast<int>(n);
  }
  if (stream.writing().leaf) co_return 0;
  const std::string bytes(s.random.between(1, 5000), 'x');
  co_await stream.write_all(bytes, milliseconds(3));
  co_return 1;
}

Task<int> hangup_work(Scene& s, int depth) {
  const Probe probe;
  if (std::exchange(s.watching, true)) co_return 0;
  struct Unmark {
    bool& mark;
    ~Unmark() { mark = false; }
  };
  const Unmark unmark{s.watching};
  Task<int> child = grow(s, depth - 1);
  const Result<int> r = co_await attempt(net::unless_hangup(s.watched, net::Hangup::finished, std::move(child)));
  co_return r.value_or(-1);
}

Task<int> pair_work(Scene& s, int depth, bool first) {
  const Probe probe;
  Task<> a = grow_void(s, depth - 1);
  Task<> b = grow_void(s, depth - 1);
  if (first) {
    const Result<std::size_t> r = co_await attempt(race(std::move(a), std::move(b)));
    co_return r ? static_cast<int>(*r) : -1;
  }
  co_await both(std::move(a), std::move(b));
  co_return 2;
}

Task<int> grow(Scene& s, int depth) {
  const Probe probe;
  async::Loop& loop = s.worker.loop;
  ++s.steps;
  const std::string held(s.random.below(60), 'h');
  const std::uint64_t rounds = s.random.between(1, 4);
  int total = 0;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const std::uint64_t what = s.random.below(depth > 0 ? 14 : 7);
    const Duration d = microseconds(static_cast<std::int64_t>(s.random.below(5000)));
    switch (what) {
      case 0: co_await sleep_for(loop, d); break;
      case 1: co_await yield(loop); break;
      case 2: {
        const Result<int> r = co_await attempt(socket_work(s));
        total += r.value_or(0);
        break;
      }
      case 3: {
        const Result<void> r = co_await attempt(s.queue.wait(loop.after(d)));
        total += r.has_value();
        break;
      }
      case 4: s.queue.wake_one(); break;
      case 5:
        if (s.random.one_in(8) && !s.nurseries.empty()) s.nurseries[s.random.below(s.nurseries.size())]->cancel();
        break;
      case 6:
        if (s.random.one_in(4)) co_await fail(Kind::denied);
        break;
      case 7: {
        const Result<int> r = co_await attempt(grow(s, depth - 1));
        total += r.value_or(0);
        break;
      }
      case 8: total += co_await grow(s, depth - 1); break;
      case 9: total += co_await pair_work(s, depth, true); break;
      case 10: total += co_await pair_work(s, depth, false); break;
      case 11: {
        const Result<int> r = co_await attempt(async::within(loop, loop.after(d), grow(s, depth - 1)));
        total += r.value_or(0);
        break;
      }
      case 12: total += co_await background(s, depth); break;
      case 13: total += co_await hangup_work(s, depth); break;
    }
  }
  co_return total + static_cast<int>(held.size());
}

struct Outcome {
  std::uint64_t steps = 0, trace = 0, trees = 0, killed = 0;
  bool operator==(const Outcome&) const = default;
};

std::pair<int, int> connected_pair(World& world) {
  const net::Address address = net::Address::ipv4(0x7f000001, 80);
  const int listening = world.io.listen(address);
  const int client = world.io.socket(AF_INET, SOCK_STREAM, 0);
  const net::Address::Raw raw = address.raw();
  for (int r = -1; r != 0 && r != -EISCONN; r = world.io.connect(client, raw.get(), raw.size))
    world.worker.loop.turn(world.io.now() + milliseconds(1));
  sockaddr_storage from;
  socklen_t size = sizeof from;
  const int accepted = world.io.accept(listening, from, size);
  world.io.close(listening);
  return {client, accepted};
}

Outcome scene(std::uint64_t seed, int trees) {
  Outcome outcome;
  const std::int64_t frames = async::frame_pool.live();
  {
    World world(seed);
    world.io.weather.reset = 500;
    Random random(seed + 77);
    for (int i = 0; i < trees; ++i) {
      const auto [client, accepted] = connected_pair(world);
      const auto [other_client, other_accepted] = connected_pair(world);
      net::SocketStream left(world.worker, client), right(world.worker, accepted);
      net::SocketStream watched(world.worker, other_client);
      auto leaver = std::make_unique<net::SocketStream>(world.worker, other_accepted);
      Scene s{world.worker, random, async::WaitQueue(world.worker.loop), left, right, watched};
      {
        Nursery trunk(world.worker.loop);
        trunk.start(grow_void(s, 5));
        trunk.start(grow_void(s, 4));
        const Duration life = microseconds(static_cast<std::int64_t>(random.below(30'000)));
        world.run_until([&] { return trunk.empty(); }, life / 2);
        if (random.one_in(2)) leaver.reset();
        world.run_until([&] { return trunk.empty(); }, life / 2);
        outcome.killed += !trunk.empty();
      }
      EXPECT_EQ(Probe::alive, 0);
      EXPECT_TRUE(s.queue.empty());
      EXPECT_EQ(left.reading().leaf, nullptr);
      EXPECT_EQ(right.writing().leaf, nullptr);
      outcome.steps += s.steps;
      ++outcome.trees;
    }
    EXPECT_EQ(world.io.open_count(), 0u);
    outcome.trace = world.io.trace();
  }
  EXPECT_EQ(async::frame_pool.live(), frames);
  return outcome;
}

TEST(Stress, treesLeaveNothingBehind) {
  std::uint64_t steps = 0, killed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome o = scene(seed, 60);
    steps += o.steps;
    killed += o.killed;
    if (HasFailure()) break;
  }
  EXPECT_GT(steps, 60'000u);
  EXPECT_GT(killed, 300u);
}

TEST(Stress, theSameSeedTakesTheSamePath) {
  const Outcome first = scene(42, 60);
  EXPECT_EQ(first, scene(42, 60));
  EXPECT_NE(first, scene(43, 60));
}

}  // namespace
}  // namespace sluice::sim
