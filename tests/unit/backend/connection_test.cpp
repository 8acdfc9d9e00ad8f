// Connecting to servers and keeping idle connections: policies, limits, purge, what a closing server does, PROXY headers.
#include "backend/connection.hpp"

#include <gtest/gtest.h>

#include "backend/connect.hpp"
#include "sim/sim_io.hpp"
#include "unit/backend/farm.hpp"

namespace sluice::backend {
namespace {

using async::Task;

class Connections : public testing::Test {
 protected:
  static ServerSettings one() {
    ServerSettings server = Farm::weighted({1})[0];
    server.address = net::Address::ipv4(0x7f000001, 80);
    return server;
  }
  void build(ServerSettings settings) { farm = std::make_unique<Farm>(BackendSettings{}, std::vector{std::move(settings)}); }
  ~Connections() override {
    if (farm) close_idle(world.worker, farm->states);
  }

  // Accepts on the simulated network and keeps the server's ends.
  Task<> site() {
    const int fd = world.io.listen(net::Address::ipv4(0x7f000001, 80));
    for (;;) {
      sockaddr_storage from;
      socklen_t size = sizeof from;
      const int got = world.io.accept(fd, from, size);
      if (got >= 0) ends.push_back(std::make_unique<net::SocketStream>(world.worker, got));
      co_await async::sleep_for(world.worker.loop, milliseconds(1));
    }
  }
  Task<> connect_into(ConnectOptions options, Result<std::unique_ptr<ServerConnection>>& into) {
    into = co_await attempt(connect(world.worker, farm->server(0), options, world.worker.loop.after(seconds(1))));
  }
  std::unique_ptr<ServerConnection> connection(ConnectOptions options = {}) {
    if (!std::exchange(site_runs, true)) world.worker.tasks.start(site());
    Result<std::unique_ptr<ServerConnection>> made = fail(Kind::none);
    const std::size_t ends_before = ends.size();
    world.worker.tasks.start(connect_into(options, made));
    world.run_until([&] { return (made || made.error().kind != Kind::none) && ends.size() > ends_before; }, seconds(2));
    if (!made) ADD_FAILURE() << name_of(made.error().kind);
    return made ? std::move(*made) : nullptr;
  }
  // One that has carried so many requests, kept.
  net::Stream* keep(std::uint32_t requests) {
    auto made = connection();
    made->requests = requests;
    net::Stream* const stream = &made->stream();
    // Learn that nothing is there, as reading the answer to its end does.
    char byte;
    while (stream->may_read()) (void)stream->try_read({&byte, 1});
    give_back(world.worker, std::move(made));
    return stream;
  }
  net::Stream* take(Reuse policy, RequestOrder order) {
    taken = take_idle(world.worker, farm->server(0), policy, order);
    return taken ? &taken->stream() : nullptr;
  }
  void wait(Duration time) {
    const Instant end = world.io.now() + time;
    world.run_until([&] { return world.io.now() >= end; }, time);
  }
  std::int64_t idle() { return farm->server(0).state().idle.load(); }

  sim::World world{3};
  std::unique_ptr<Farm> farm;
  std::vector<std::unique_ptr<net::SocketStream>> ends;
  std::unique_ptr<ServerConnection> taken;
  bool site_runs = false;
};

TEST_F(Connections, areReusedAsThePolicySays) {
  build(one());
  net::Stream* const fresh = keep(1);
  EXPECT_EQ(idle(), 1);
  EXPECT_EQ(take(Reuse::never, RequestOrder::later), nullptr);
  EXPECT_EQ(take(Reuse::safe, RequestOrder::first), nullptr);
  EXPECT_EQ(take(Reuse::aggressive, RequestOrder::first), nullptr);
  EXPECT_EQ(take(Reuse::safe, RequestOrder::later), fresh);
  EXPECT_EQ(idle(), 0);
  taken->requests = 2;
  give_back(world.worker, std::move(taken));
  EXPECT_EQ(take(Reuse::safe, RequestOrder::first), nullptr);
  EXPECT_EQ(take(Reuse::aggressive, RequestOrder::first), fresh);
  give_back(world.worker, std::move(taken));
  EXPECT_EQ(take(Reuse::always, RequestOrder::first), fresh);
}

TEST_F(Connections, usedLastAreTakenFirst) {
  build(one());
  keep(2);
  net::Stream* const last = keep(2);
  EXPECT_EQ(take(Reuse::always, RequestOrder::first), last);
}

// pool-conn-name
TEST_F(Connections, withANameAreForThatNameOnly) {
  build(one());
  const auto named = [&](std::string_view name) {
    auto made = connection();
    made->requests = 2;
    if (!name.empty()) made->pool_name = std::make_unique<const std::string>(name);
    net::Stream* const stream = &made->stream();
    char byte;
    while (stream->may_read()) (void)stream->try_read({&byte, 1});
    give_back(world.worker, std::move(made));
    return stream;
  };
  const auto take_named = [&](std::string_view name) {
    auto got = take_idle(world.worker, farm->server(0), Reuse::always, RequestOrder::later, name);
    net::Stream* const stream = got ? &got->stream() : nullptr;
    if (got) give_back(world.worker, std::move(got));
    return stream;
  };
  net::Stream* const red = named("red");
  EXPECT_EQ(take_named(""), nullptr);
  EXPECT_EQ(take_named("blue"), nullptr);
  net::Stream* const blue = named("blue");
  net::Stream* const plain = named("");
  EXPECT_EQ(take_named("red"), red);
  EXPECT_EQ(take_named("blue"), blue);
  EXPECT_EQ(take_named(""), plain);
  EXPECT_EQ(idle(), 3);
}

TEST_F(Connections, areKeptWithinLimits) {
  ServerSettings server = one();
  server.pool_max_conn = 1;
  server.max_reuse = 2;
  build(server);
  keep(1);
  keep(1);
  EXPECT_EQ(idle(), 1);
  take(Reuse::always, RequestOrder::first);
  taken->requests = 3;  // the first and two more
  give_back(world.worker, std::move(taken));
  EXPECT_EQ(idle(), 0);
  auto own = connection();
  own->is_private = true;
  give_back(world.worker, std::move(own));
  EXPECT_EQ(idle(), 0);
}

TEST_F(Connections, areNotKeptWithoutADelay) {
  ServerSettings server = one();
  server.pool_purge_delay = {};
  build(server);
  keep(1);
  EXPECT_EQ(idle(), 0);
}

TEST_F(Connections, areGoneWhenTheServerClosesThem) {
  build(one());
  keep(1);
  keep(1);
  EXPECT_EQ(idle(), 2);
  ends[0].reset();
  wait(milliseconds(20));
  EXPECT_EQ(idle(), 1);
  const std::string garbage = "HTTP/1.1 408 Request Timeout\r\n\r\n";
  const iovec piece{const_cast<char*>(garbage.data()), garbage.size()};
  world.io.weather.spurious_again = 0;
  const Result<std::size_t> sent = ends[1]->try_writev({&piece, 1}, net::More::no);
  ASSERT_TRUE(sent);
  wait(milliseconds(20));
  EXPECT_EQ(idle(), 0);
}

TEST_F(Connections, areClosedByAndByWhenNobodyNeedsThem) {
  ServerSettings server = one();
  server.pool_purge_delay = seconds(1);
  build(server);
  for (int i = 0; i < 8; ++i) keep(1);
  EXPECT_EQ(idle(), 8);
  wait(milliseconds(2500));  // first none was there all the time, then half of the eight were not needed
  EXPECT_EQ(idle(), 4);
  wait(seconds(1));
  EXPECT_EQ(idle(), 2);
  wait(seconds(3));
  EXPECT_EQ(idle(), 0);
}

// A handful always, beyond that no more than were in use at once: clients that say nothing after their first request
// would leave one each.
TEST_F(Connections, areKeptAsManyAsWereNeededAtOnce) {
  build(one());
  for (int i = 0; i < 40; ++i) keep(1);
  EXPECT_EQ(idle(), 16);
  farm->server(0).state().served = 30;  // requests that run now
  keep(1);                              // and this one has just ended
  farm->server(0).state().served = 0;
  for (int i = 0; i < 40; ++i) keep(1);
  EXPECT_EQ(idle(), 31);
}

TEST_F(Connections, ofAnEarlierConfigurationAreNotUsed) {
  build(one());
  keep(2);
  auto again = Backend::make(BackendSettings{.name = "b"}, {one()}, farm->states);
  ASSERT_TRUE(again);
  EXPECT_EQ(take_idle(world.worker, *(*again)->servers()[0], Reuse::always, RequestOrder::first), nullptr);
  EXPECT_EQ(idle(), 0);
}

TEST_F(Connections, beginWithAProxyHeader) {
  ServerSettings server = one();
  server.send_proxy = SendProxy::v1;
  build(server);
  const net::Address client = net::Address::ipv4(0xc0000201, 5555), destination = net::Address::ipv4(0xc0000202, 443);
  ConnectOptions options;
  options.client = &client;
  options.client_destination = &destination;
  auto made = connection(options);
  EXPECT_TRUE(made->is_private);
  wait(milliseconds(20));
  std::string got(200, '\0');
  std::size_t size = 0;
  for (int i = 0; i < 20 && size < 40; ++i) {
    const Result<std::size_t> n = ends[0]->try_read(std::span(got).subspan(size));
    if (n) size += *n;
  }
  EXPECT_EQ(got.substr(0, size), "PROXY TCP4 192.0.2.1 192.0.2.2 5555 443\r\n");
}

TEST_F(Connections, thatFailAreTheServersFaultAndMayBeRetried) {
  ServerSettings server = one();
  server.address = net::Address::ipv4(0x7f000001, 81);
  build(server);
  Result<std::unique_ptr<ServerConnection>> made = fail(Kind::none);
  world.worker.tasks.start(connect_into({}, made));
  world.run_until([&] { return made || made.error().kind != Kind::none; }, seconds(2));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Kind::refused);
  EXPECT_EQ(made.error().side, Side::server);
  EXPECT_EQ(made.error().retry, Retry::always);
}

}  // namespace
}  // namespace sluice::backend
