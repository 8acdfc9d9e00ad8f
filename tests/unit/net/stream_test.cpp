// Streams, listeners, connect and relay over real loopback sockets.
#include "net/stream.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>

#include "async/kernel_io.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"
#include "net/relay.hpp"

namespace {
thread_local std::size_t allocations = 0;  // through operator new: other tests of the program start threads
}
#ifndef SLUICE_FRAMES_FROM_HEAP
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace sluice::net {
namespace {

using async::Task;

struct World {
  async::Worker worker{0, std::make_unique<async::KernelIo>(), {}};
  ListenerSet listening;

  Address listen(Listener*& made, Listener::OnAccept on_accept) {
    auto entry = listening.open(Address::ipv4(0x7f000001, 0), {}, 1);
    if (!entry) ADD_FAILURE() << entry.error();
    listeners.push_back(std::make_unique<Listener>(worker, (*entry)->descriptor(0), std::move(on_accept)));
    made = listeners.back().get();
    const Address bound = (*entry)->bound;
    (*entry)->wanted = 7;  // another listen() of ours opens another socket
    return bound;
  }
  // Until `done`, but not for ever.
  void run_until(const std::function<bool()>& done) {
    const Instant limit = worker.io().now() + seconds(20);
    while (!done() && worker.io().now() < limit) worker.loop.turn(limit);
    EXPECT_TRUE(done());
  }
  std::vector<std::unique_ptr<Listener>> listeners;
};

Task<> echo(async::Worker& worker, int fd) {
  SocketStream client(worker, fd);
  for (;;) {
    const Instant deadline = worker.loop.after(seconds(5));
    co_await client.readable(deadline);
    async::Buffer buffer(worker.buffers);
    const Result<std::size_t> got = client.try_read(buffer.span());
    if (!got && got.error().kind == Kind::would_block) continue;
    const std::size_t n = co_await got;
    if (n == 0) co_return;
    co_await client.write_all({buffer.begin(), n}, seconds(5));
  }
}

Task<> ask(async::Worker& worker, Address to, int times, int& done) {
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  for (int i = 0; i < times; ++i) {
    const std::string question = "question " + std::to_string(i);
    co_await server->write_all(question, seconds(5));
    char answer[64];
    std::size_t got = 0;
    while (got < question.size())
      got += co_await server->read(std::span(answer).subspan(got), worker.loop.after(seconds(5)));
    EXPECT_EQ(std::string_view(answer, got), question);
  }
  ++done;
}

TEST(Stream, echoesOverLoopback) {
  World w;
  Listener* listener;
  const Address at = w.listen(listener, [](async::Worker& worker, int fd, const Address& client) {
    EXPECT_EQ(client.host_text(), "127.0.0.1");
    worker.tasks.start(echo(worker, fd));
  });
  int done = 0;
  for (int i = 0; i < 20; ++i) w.worker.tasks.start(ask(w.worker, at, 50, done));
  w.run_until([&] { return done == 20 && w.worker.tasks.empty(); });
  EXPECT_EQ(listener->accepted(), 20u);
  EXPECT_EQ(w.worker.buffers.in_use(), 0u);
}

Task<> refused(async::Worker& worker, Address to, Error& error) {
  const ConnectOptions options;
  const Result<std::unique_ptr<Stream>> r = co_await attempt(connect(worker, to, options, worker.loop.after(seconds(5))));
  if (!r) error = r.error();
}
// Whether an epoll instance of this process watches the descriptor.
bool is_watched(int fd) {
  const std::string wanted = "tfd:";
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(one.path());
    for (std::string word; info >> word;)
      if (int target = -1; word == wanted && info >> target && target == fd) return true;
  }
  return false;
}

Task<> wait_and_read(Stream& stream, std::string& got) {
  char bytes[16];
  const std::size_t count = co_await stream.read(bytes, stream.loop().after(seconds(5)));
  got.assign(bytes, count);
}

TEST(Socket, looksOnceMoreBeforeEpollHearsOfIt) {
  World world;
  for (const bool soon : {true, false}) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    SocketStream stream(world.worker, pair[0]);
    stream.socket().in.ready = false;
    stream.socket().expect_soon();
    std::string got;
    world.worker.tasks.start(wait_and_read(stream, got));
    EXPECT_FALSE(is_watched(pair[0]));
    const auto say = [&pair](std::string_view text) { EXPECT_EQ(::write(pair[1], text.data(), text.size()), 4); };
    if (soon) say("here");
    world.worker.loop.turn(world.worker.loop.after(milliseconds(1)));
    world.worker.loop.turn(world.worker.loop.after(milliseconds(1)));
    EXPECT_EQ(got, soon ? "here" : "");
    EXPECT_EQ(is_watched(pair[0]), !soon);
    if (!soon) say("late");
    world.run_until([&] { return !got.empty(); });
    EXPECT_EQ(got, soon ? "here" : "late");
    ::close(pair[1]);
  }
}

TEST(Connect, tellsThatNobodyListens) {
  World w;
  Address nobody;
  {
    ListenerSet gone;
    nobody = (*gone.open(Address::ipv4(0x7f000001, 0), {}, 1))->bound;
  }
  Error error;
  w.worker.tasks.start(refused(w.worker, nobody, error));
  w.run_until([&] { return error.kind != Kind::none; });
  EXPECT_EQ(error.kind, Kind::refused);
  EXPECT_EQ(error.retry, Retry::always);
  EXPECT_EQ(error.sys, ECONNREFUSED);
}

Task<> reads_until(async::Worker& worker, int fd, Duration limit, std::string& log) {
  SocketStream client(worker, fd);
  char space[16];
  const Result<std::size_t> r = co_await attempt(client.read(space, worker.loop.after(limit)));
  log = r ? std::to_string(*r) : std::string(name_of(r.error().kind));
}
Task<> connects_and_waits(async::Worker& worker, Address to) {
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  co_await async::sleep_for(worker.loop, seconds(100));
}
TEST(Stream, readsTimeOut) {
  World w;
  Listener* listener;
  std::string log;
  const Address at = w.listen(listener, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(reads_until(worker, fd, milliseconds(5), log));
  });
  w.worker.tasks.start(connects_and_waits(w.worker, at));
  w.run_until([&] { return !log.empty(); });
  EXPECT_EQ(log, "timeout");
}

Task<> long_work(async::Worker& worker, int& alive) {
  struct Alive {
    int& count;
    explicit Alive(int& c) : count(c) { ++count; }
    ~Alive() { --count; }
  };
  const Alive mark(alive);
  co_await async::sleep_for(worker.loop, seconds(100));
}
Task<> works_for(async::Worker& worker, int fd, int& alive, std::string& log) {
  SocketStream client(worker, fd);
  const Result<void> r = co_await attempt(unless_hangup(client, Hangup::finished, long_work(worker, alive)));
  log = r ? "done" : std::string(name_of(r.error().kind));
}
Task<> connects_and_leaves(async::Worker& worker, Address to, int& alive) {
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  co_await server->write_all("hello", seconds(5));
  while (alive == 0) co_await async::yield(worker.loop);
}
TEST(Stream, aHangupEndsWhatIsDoneForTheClient) {
  World w;
  Listener* listener;
  std::string log;
  int alive = 0;
  const Address at = w.listen(listener, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(works_for(worker, fd, alive, log));
  });
  w.worker.tasks.start(connects_and_leaves(w.worker, at, alive));
  w.run_until([&] { return !log.empty(); });
  EXPECT_EQ(log, "end");
  EXPECT_EQ(alive, 0);
}

// --- relay: source -> proxy -> sink, every byte checked

char pattern(std::uint64_t at) { return static_cast<char>((at * 2654435761u) >> 13); }

Task<> produce(async::Worker& worker, Address to, std::uint64_t total, std::size_t chunk) {
  const ConnectOptions options;
  std::unique_ptr<Stream> out = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  std::string block(chunk, '\0');
  for (std::uint64_t sent = 0; sent < total;) {
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, total - sent));
    for (std::size_t i = 0; i < n; ++i) block[i] = pattern(sent + i);
    co_await out->write_all({block.data(), n}, seconds(5));
    sent += n;
    co_await async::yield(worker.loop);
  }
  co_await out->try_shutdown_write();
  char nothing[1];
  co_await out->read(nothing, worker.loop.after(seconds(10)));
}

Task<> consume(async::Worker& worker, int fd, std::uint64_t& received, bool& intact, bool& finished) {
  SocketStream in(worker, fd);
  std::string space(100'000, '\0');
  for (;;) {
    const std::size_t n = co_await in.read(space, worker.loop.after(seconds(10)));
    if (n == 0) break;
    for (std::size_t i = 0; i < n; ++i) intact = intact && space[i] == pattern(received + i);
    received += n;
  }
  finished = true;
}

Task<> proxy(async::Worker& worker, int fd, Address to, RelayOptions how, std::uint64_t& bytes) {
  SocketStream client(worker, fd);
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  Activity client_side{seconds(5), worker.loop.now()}, server_side{seconds(5), worker.loop.now()};
  const RelayEnd from{client, client_side, Side::client};
  const RelayEnd into{*server, server_side, Side::server};
  const Relayed moved = co_await relay(from, into, how, bytes);
  EXPECT_TRUE(moved.end_of_input);
  co_await server->try_shutdown_write();
}

struct Flow {
  std::uint64_t total;
  std::size_t chunk;
  Splice splice;
};
void flow(const Flow& f) {
  World w;
  std::uint64_t received = 0, relayed = 0;
  bool intact = true, finished = false;
  Listener *sink, *middle;
  const Address end = w.listen(sink, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(consume(worker, fd, received, intact, finished));
  });
  const Address front = w.listen(middle, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(proxy(worker, fd, end, RelayOptions{.splice = f.splice}, relayed));
  });
  w.worker.tasks.start(produce(w.worker, front, f.total, f.chunk));
  w.run_until([&] { return finished && w.worker.tasks.empty(); });
  EXPECT_EQ(received, f.total);
  EXPECT_EQ(relayed, f.total);
  EXPECT_TRUE(intact);
  EXPECT_EQ(w.worker.buffers.in_use(), 0u);
  EXPECT_EQ(w.worker.pipes.in_use(), 0u);
  if (f.splice == Splice::always) {
    EXPECT_LE(w.worker.pipes.kept(), 1u);  // none after a second without need
  }
}
TEST(Relay, movesEveryByteByCopying) { flow({10'000'000, 500'000, Splice::never}); }
TEST(Relay, movesEveryByteBySplicing) { flow({10'000'000, 500'000, Splice::always}); }
TEST(Relay, movesEveryByteAdaptively) { flow({10'000'000, 300'000, Splice::adaptive}); }
TEST(Relay, movesSmallMessages) { flow({1'000'000, 100, Splice::adaptive}); }

Task<> limited(async::Worker& worker, int fd, Address to, Relayed& moved) {
  SocketStream client(worker, fd);
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  Activity a{seconds(5), worker.loop.now()}, b{seconds(5), worker.loop.now()};
  std::uint64_t bytes = 0;
  const RelayEnd from{client, a, Side::client};
  const RelayEnd into{*server, b, Side::server};
  const RelayOptions first{.limit = 100'000};
  moved = co_await relay(from, into, first, bytes);
  char rest[16];
  const std::size_t n = co_await client.read(rest, worker.loop.after(seconds(5)));
  EXPECT_GT(n, 0u);
  EXPECT_EQ(rest[0], pattern(100'000));
}
TEST(Relay, stopsAtItsLimit) {
  World w;
  std::uint64_t received = 0;
  bool intact = true, finished = false;
  Relayed moved;
  Listener *sink, *middle;
  const Address end = w.listen(sink, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(consume(worker, fd, received, intact, finished));
  });
  const Address front = w.listen(middle, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(limited(worker, fd, end, moved));
  });
  w.worker.tasks.start(produce(w.worker, front, 200'000, 50'000));
  w.run_until([&] { return finished; });
  EXPECT_EQ(moved.bytes, 100'000u);
  EXPECT_FALSE(moved.end_of_input);
  EXPECT_EQ(received, 100'000u);
  EXPECT_TRUE(intact);
}

Task<> idle_tunnel(async::Worker& worker, int fd, Error& error, Duration limit) {
  SocketStream client(worker, fd);
  Activity a{async::forever, worker.loop.now()}, b{async::forever, worker.loop.now()};
  std::uint64_t bytes = 0;
  const RelayEnd from{client, a, Side::client};
  const RelayEnd into{client, b, Side::server};
  async::Nursery nursery(worker.loop);
  struct Later {
    static Task<> change(Activity& activity, Stream& stream, Duration to) {
      co_await async::yield(stream.loop());
      activity.change(stream, to);
    }
  };
  nursery.start(Later::change(a, client, limit));
  const RelayOptions how;
  const Result<Relayed> r = co_await attempt(relay(from, into, how, bytes));
  if (!r) error = r.error();
}
TEST(Relay, aTimeoutMayBeChangedWhileItWaits) {
  World w;
  Listener* listener;
  Error error;
  const Address at = w.listen(listener, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(idle_tunnel(worker, fd, error, milliseconds(5)));
  });
  w.worker.tasks.start(connects_and_waits(w.worker, at));
  w.run_until([&] { return error.kind != Kind::none; });
  EXPECT_EQ(error, Error(Kind::timeout, Side::client));
}

// --- no allocation in the steady state

Task<> ping_pong(async::Worker& worker, Address to, int& rounds, const bool& stop) {
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  char space[64];
  while (!stop) {
    co_await server->write_all("GET / HTTP/1.1\r\n\r\n", seconds(5));
    std::size_t n = 0;
    while (n < 18) n += co_await server->read(std::span(space).subspan(n), worker.loop.after(seconds(5)));
    ++rounds;
  }
}
Task<> tunnel_half(RelayEnd from, RelayEnd to, std::uint64_t& bytes) {
  const RelayOptions how;
  co_await relay(from, to, how, bytes);
  co_await to.stream.try_shutdown_write();
}
Task<> tunnel(async::Worker& worker, int fd, Address to) {
  SocketStream client(worker, fd);
  const ConnectOptions options;
  std::unique_ptr<Stream> server = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  Activity a{seconds(5), worker.loop.now()}, b{seconds(5), worker.loop.now()};
  const RelayEnd left{client, a, Side::client};
  const RelayEnd right{*server, b, Side::server};
  std::uint64_t forth = 0, back = 0;
  Task<> there = tunnel_half(left, right, forth);
  Task<> here = tunnel_half(right, left, back);
  co_await both(std::move(there), std::move(here));
}
TEST(Relay, allocatesNothingInTheSteadyState) {
  World w;
  bool stop = false;
  int rounds = 0;
  Listener *back, *middle;
  const Address end = w.listen(back, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(echo(worker, fd));
  });
  const Address front = w.listen(middle, [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(tunnel(worker, fd, end));
  });
  for (int i = 0; i < 8; ++i) w.worker.tasks.start(ping_pong(w.worker, front, rounds, stop));
  w.run_until([&] { return rounds > 500; });
  const std::size_t before = allocations;
  const int rounds_before = rounds;
  const auto steady = [&] { return rounds > rounds_before + 5000; };
  while (!steady()) w.worker.loop.turn();
  EXPECT_EQ(allocations, before);
  stop = true;
  w.run_until([&] { return w.worker.tasks.empty(); });
}

TEST(Sizes, anIdleConnectionIsSmall) {
  EXPECT_LE(sizeof(Direction), 48u);
  EXPECT_LE(sizeof(SocketStream), 128u);
}

}  // namespace
}  // namespace sluice::net
