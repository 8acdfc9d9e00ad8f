// Clients, a relaying proxy and servers in one simulated world: every byte is checked while writes are short, reads
// fragmented, accepts fail and connections are reset; scenes are also destroyed midway.
#include <gtest/gtest.h>

#include "net/connect.hpp"
#include "net/listener.hpp"
#include "net/relay.hpp"
#include "sim/sim_io.hpp"

namespace sluice::sim {
namespace {

using async::Task;

char pattern(std::uint64_t key, std::uint64_t at) { return static_cast<char>(((at + key) * 2654435761u) >> 13); }

const net::Address proxy_address = net::Address::ipv4(0x7f000001, 8080);
const net::Address server_address = net::Address::ipv4(0x7f000001, 9090);

struct Counts {
  int finished = 0, failed = 0, answered = 0;
};

// Says how much it will send and wants as much back, changed.
Task<> client(World& w, std::uint64_t key, std::uint64_t total, std::uint64_t seed) {
  const net::ConnectOptions options;
  std::unique_ptr<net::Stream> s = co_await net::connect(w.worker, proxy_address, options, w.worker.loop.after(seconds(5)));
  struct Send {
    static Task<> all(World& w, net::Stream& s, std::uint64_t key, std::uint64_t total, std::uint64_t seed) {
      Random random(seed);
      std::string block;
      for (std::uint64_t sent = 0; sent < total;) {
        block.resize(std::min<std::uint64_t>(random.between(1, 60'000), total - sent));
        for (std::size_t i = 0; i < block.size(); ++i) block[i] = pattern(key, sent + i);
        co_await s.write_all(block, seconds(20));
        sent += block.size();
        if (random.one_in(5)) co_await async::sleep_for(w.worker.loop, milliseconds(3));
      }
      co_await s.try_shutdown_write();
    }
    static Task<> check(World& w, net::Stream& s, std::uint64_t key, std::uint64_t total) {
      std::string space(30'000, '\0');
      std::uint64_t got = 0;
      for (;;) {
        const std::size_t n = co_await s.read(space, w.worker.loop.after(seconds(20)));
        if (n == 0) break;
        for (std::size_t i = 0; i < n; ++i)
          if (space[i] != static_cast<char>(pattern(key, got + i) ^ 0x55)) ADD_FAILURE() << "wrong byte at " << got + i;
        got += n;
      }
      if (got != total) co_await fail(Kind::end);  // cut off
    }
  };
  Task<> sending = Send::all(w, *s, key, total, seed);
  Task<> checking = Send::check(w, *s, key, total);
  co_await both(std::move(sending), std::move(checking));
}
Task<> counted(Task<> task, Counts& counts) {
  const Result<void> r = co_await attempt(std::move(task));
  ++(r ? counts.finished : counts.failed);
}

Task<> server(async::Worker& worker, int fd, Counts& counts) {
  net::SocketStream s(worker, fd);
  std::string space(10'000, '\0');
  for (;;) {
    const std::size_t n = co_await s.read(space, worker.loop.after(seconds(20)));
    if (n == 0) break;
    for (std::size_t i = 0; i < n; ++i) space[i] ^= 0x55;
    co_await s.write_all({space.data(), n}, seconds(20));
  }
  ++counts.answered;
}

Task<> half(net::RelayEnd from, net::RelayEnd to, net::Splice splice, std::uint64_t& bytes) {
  const net::RelayOptions how{.splice = splice};
  co_await net::relay(from, to, how, bytes);
  co_await to.stream.try_shutdown_write();
}
Task<> tunnel(async::Worker& worker, int fd, net::Splice splice) {
  net::SocketStream client(worker, fd);
  const net::ConnectOptions options;
  std::unique_ptr<net::Stream> server = co_await net::connect(worker, server_address, options, worker.loop.after(seconds(5)));
  net::Activity a{seconds(30), worker.loop.now()}, b{seconds(30), worker.loop.now()};
  const net::RelayEnd left{client, a, Side::client};
  const net::RelayEnd right{*server, b, Side::server};
  std::uint64_t forth = 0, back = 0;
  Task<> there = half(left, right, splice, forth);
  Task<> here = half(right, left, splice, back);
  co_await both(std::move(there), std::move(here));
}

struct Result {
  Counts counts;
  std::uint64_t trace = 0;
};
Result scene(std::uint64_t seed, std::uint64_t resets, Duration life, net::Splice splice = net::Splice::adaptive) {
  Result result;
  const std::int64_t frames = async::frame_pool.live();
  {
    World w(seed);
    w.io.weather.reset = resets;
    w.io.weather.accept_fails = 5;
    const int front = w.io.listen(proxy_address), back = w.io.listen(server_address);
    {
      net::Listener proxies(w.worker, front, [splice](async::Worker& worker, int fd, const net::Address&) {
        worker.tasks.start(tunnel(worker, fd, splice));
      });
      net::Listener servers(w.worker, back, [&](async::Worker& worker, int fd, const net::Address&) {
        worker.tasks.start(server(worker, fd, result.counts));
      });
      async::Nursery clients(w.worker.loop);
      Random random(seed);
      for (std::uint64_t i = 0; i < 10; ++i) {
        const std::uint64_t total = random.between(0, 300'000);
        clients.start(counted(client(w, seed + i, total, seed * 100 + i), result.counts));
      }
      w.run_until([&] { return clients.empty() && w.worker.tasks.empty(); }, life);
      result.trace = w.io.trace();
      w.worker.tasks.cancel();
      w.worker.loop.turn(w.io.now());
    }
    EXPECT_TRUE(w.worker.tasks.empty());
    EXPECT_EQ(w.worker.buffers.in_use(), 0u);
    EXPECT_EQ(w.worker.pipes.in_use(), 0u);
    w.io.close(front);
    w.io.close(back);
    EXPECT_EQ(w.io.open_count(), 0u);
  }
  EXPECT_EQ(async::frame_pool.live(), frames);
  return result;
}

TEST(Relay, everyByteArrivesInAnyWeather) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const Result r = scene(seed, 0, seconds(600));
    EXPECT_EQ(r.counts.finished, 10);
    EXPECT_EQ(r.counts.failed, 0);
    EXPECT_EQ(r.counts.answered, 10);
    if (HasFailure()) return;
  }
}
TEST(Relay, everyByteArrivesThroughPipesToo) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const Result r = scene(seed, 0, seconds(600), net::Splice::always);
    EXPECT_EQ(r.counts.finished, 10);
    EXPECT_EQ(r.counts.answered, 10);
    if (HasFailure()) return;
  }
}
TEST(Relay, resetsWhileBytesAreInPipesLoseNoPipe) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const Result r = scene(seed, 100, seconds(600), net::Splice::always);
    EXPECT_EQ(r.counts.finished + r.counts.failed, 10);
    if (HasFailure()) return;
  }
}
TEST(Relay, resetsEndConnectionsAndNothingElse) {
  int finished = 0, failed = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const Result r = scene(seed, 100, seconds(600));
    EXPECT_EQ(r.counts.finished + r.counts.failed, 10);
    finished += r.counts.finished;
    failed += r.counts.failed;
    if (HasNonfatalFailure()) return;
  }
  EXPECT_GT(finished, 0);
  EXPECT_GT(failed, 0);
}
TEST(Relay, scenesMayEndMidway) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    scene(seed, 50, milliseconds(static_cast<std::int64_t>(seed * 3)));
    if (HasFailure()) return;
  }
}
TEST(Relay, theSameSeedGivesTheSameRun) {
  EXPECT_EQ(scene(7, 100, seconds(600)).trace, scene(7, 100, seconds(600)).trace);
  EXPECT_NE(scene(7, 100, seconds(600)).trace, scene(8, 100, seconds(600)).trace);
}

}  // namespace
}  // namespace sluice::sim
