// Listening sockets, UNIX sockets, PROXY headers and signals on the real kernel.
#include "net/listener.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/kernel_io.hpp"
#include "net/connect.hpp"
#include "net/proxy_receive.hpp"
#include "net/signals.hpp"

namespace sluice::net {
namespace {

using async::Task;

async::Worker* make() { return new async::Worker(0, std::make_unique<async::KernelIo>(), {}); }

struct World {
  std::unique_ptr<async::Worker> worker{make()};
  ListenerSet listening;
  void run_until(const std::function<bool()>& done) {
    const Instant limit = worker->io().now() + seconds(20);
    while (!done() && worker->io().now() < limit) worker->loop.turn(limit);
    EXPECT_TRUE(done());
  }
};

const Address any_port = Address::ipv4(0x7f000001, 0);

TEST(ListenerSet, keepsSocketsOverReloads) {
  ListenerSet set;
  const auto first = set.open(any_port, {}, 2);
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ((*first)->descriptors.size(), 2u);
  EXPECT_NE((*first)->bound.port(), 0);
  const Address fixed = (*first)->bound;
  const auto second = set.open(fixed, {.backlog = 7}, 1);  // other options: another socket beside it
  ASSERT_TRUE(second) << second.error();
  const std::vector<int> descriptors = (*second)->descriptors;

  set.begin();
  const auto again = set.open(fixed, {.backlog = 7}, 1);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->descriptors, descriptors);
  EXPECT_EQ(set.entries().size(), 2u);
  set.close_unwanted();
  EXPECT_EQ(set.entries().size(), 1u);
}

// How many connections wait at each of the entry's sockets; they are closed.
std::vector<int> arrivals(const ListenerSet::Entry& entry) {
  std::vector<int> out;
  for (const int fd : entry.descriptors) {
    int count = 0;
    for (int client; (client = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK)) >= 0; ++count) ::close(client);
    out.push_back(count);
  }
  return out;
}
void connect_times(int count, const Address& to) {
  for (int i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const Address::Raw raw = to.raw();
    EXPECT_EQ(::connect(fd, raw.get(), raw.size), 0);
    ::close(fd);
  }
}

TEST(ListenerSet, givesWayToALaterProcess) {
  ListenerSet before, after;
  const auto old = before.open(any_port, {}, 2);
  ASSERT_TRUE(old) << old.error();
  const Address port = (*old)->bound;
  before.others_first();
  connect_times(50, port);
  const std::vector<int> alone = arrivals(**old);
  EXPECT_EQ(alone[0] + alone[1], 50);
  const auto fresh = after.open(port, {}, 3);
  ASSERT_TRUE(fresh) << fresh.error();
  connect_times(50, port);
  EXPECT_EQ(arrivals(**old), std::vector({0, 0}));
  const std::vector<int> got = arrivals(**fresh);
  EXPECT_EQ(got[0] + got[1] + got[2], 50);

  before.begin();
  before.close_unwanted();
  connect_times(200, port);
  for (const int count : arrivals(**fresh)) EXPECT_GT(count, 0) << "the kernel chooses among them as before";
}

TEST(ListenerSet, saysWhyItCannot) {
  ListenerSet set;
  const auto bad = set.open(Address::ipv4(0x01010101, 80), {}, 1);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), "cannot bind socket (Cannot assign requested address)");
  const auto no_socket = set.adopt(0, {});
  EXPECT_FALSE(no_socket);
}

TEST(ListenerSet, adoptsAnInheritedSocket) {
  ListenerSet parent, child;
  const auto made = parent.open(any_port, {}, 1);
  ASSERT_TRUE(made);
  const int inherited = ::dup((*made)->descriptor(0));
  const auto adopted = child.adopt(inherited, {});
  ASSERT_TRUE(adopted) << adopted.error();
  EXPECT_EQ((*adopted)->bound, (*made)->bound);
}

Task<> connects(async::Worker& worker, Address to, int& connected, int& refused) {
  const ConnectOptions options;
  const Result<std::unique_ptr<Stream>> r = co_await attempt(connect(worker, to, options, worker.loop.after(seconds(5))));
  ++(r ? connected : refused);
}

TEST(Listener, servesUnixSockets) {
  World w;
  const std::string path = "/tmp/sluice-test-" + std::to_string(::getpid()) + ".sock";
  for (const Address& address : {Address::unix_path(path), Address::abstract(path), Address::abstract(path, Family::abstract_z)}) {
    const auto entry = w.listening.open(address, {.mode = 0600}, 4);
    ASSERT_TRUE(entry) << entry.error();
    EXPECT_EQ((*entry)->descriptors.size(), 1u);
    int accepted = 0, connected = 0, refused = 0;
    Listener listener(*w.worker, (*entry)->descriptor(3), [&](async::Worker&, int fd, const Address& client) {
      EXPECT_TRUE(client.is_unix());
      ::close(fd);
      ++accepted;
    });
    w.worker->tasks.start(connects(*w.worker, address, connected, refused));
    w.run_until([&] { return accepted == 1; });
    EXPECT_EQ(connected, 1);
  }
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  ::unlink(path.c_str());
}

TEST(Listener, pausesAndResumes) {
  World w;
  const auto entry = w.listening.open(any_port, {}, 1);
  ASSERT_TRUE(entry);
  int accepted = 0, connected = 0, refused = 0;
  Listener* self = nullptr;
  Listener listener(*w.worker, (*entry)->descriptor(0), [&](async::Worker&, int fd, const Address&) {
    ::close(fd);
    if (++accepted == 3) self->pause();
  });
  self = &listener;
  for (int i = 0; i < 10; ++i) w.worker->tasks.start(connects(*w.worker, (*entry)->bound, connected, refused));
  w.run_until([&] { return connected == 10; });
  for (int i = 0; i < 5; ++i) w.worker->loop.turn(w.worker->loop.now());
  EXPECT_EQ(accepted, 3);
  listener.resume();
  w.run_until([&] { return accepted == 10; });
}

TEST(Listener, drainsWhatWaits) {
  World w;
  const auto entry = w.listening.open(any_port, {}, 1);
  ASSERT_TRUE(entry);
  int accepted = 0, connected = 0, refused = 0;
  Listener listener(*w.worker, (*entry)->descriptor(0), [&](async::Worker&, int fd, const Address&) {
    ::close(fd);
    ++accepted;
  });
  listener.pause();
  for (int i = 0; i < 30; ++i) w.worker->tasks.start(connects(*w.worker, (*entry)->bound, connected, refused));
  w.run_until([&] { return connected == 30; });
  listener.drain();
  EXPECT_EQ(accepted, 30);
}

TEST(Listener, sharesTheLoadOfTwoWorkers) {
  ListenerSet set;
  const auto entry = set.open(any_port, {}, 2);
  ASSERT_TRUE(entry);
  std::unique_ptr<async::Worker> workers[2] = {std::unique_ptr<async::Worker>(make()), std::unique_ptr<async::Worker>(make())};
  std::atomic<int> accepted[2] = {0, 0};
  {
    std::vector<std::unique_ptr<Listener>> listeners;
    for (unsigned i = 0; i < 2; ++i)
      listeners.push_back(std::make_unique<Listener>(*workers[i], (*entry)->descriptor(i), [&, i](async::Worker&, int fd, const Address&) {
        ::close(fd);
        ++accepted[i];
      }));
    for (const auto& worker : workers) worker->start_thread();
    World client;
    int connected = 0, refused = 0;
    for (int i = 0; i < 200; ++i) client.worker->tasks.start(connects(*client.worker, (*entry)->bound, connected, refused));
    client.run_until([&] { return connected == 200; });
    while (accepted[0] + accepted[1] < 200) std::this_thread::yield();  // ctest's time limit ends it if they got lost
    for (const auto& worker : workers) worker->stop();
    for (const auto& worker : workers) worker->join();
  }
  EXPECT_GT(accepted[0], 20);
  EXPECT_GT(accepted[1], 20);
}

Task<> receives(async::Worker& worker, int fd, std::string& log) {
  SocketStream client(worker, fd);
  const Result<ProxyReceived> r = co_await attempt(receive_proxy_header(client, worker.loop.after(seconds(5))));
  if (!r) {
    log = name_of(r.error().kind);
    co_return;
  }
  char rest[16];
  const std::size_t n = co_await client.read(rest, worker.loop.after(seconds(5)));
  log = r->source.text() + " " + std::string(rest, n);
}
Task<> sends(async::Worker& worker, Address to, std::string bytes, std::size_t step, const std::string& log) {
  const ConnectOptions options;
  std::unique_ptr<Stream> s = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    co_await s->write_all(std::string_view(bytes).substr(at, step), seconds(5));
    co_await async::sleep_for(worker.loop, milliseconds(1));
  }
  if (step == 3) co_await s->try_shutdown_write();
  while (log.empty()) co_await async::sleep_for(worker.loop, milliseconds(1));
}
std::string received(const std::string& bytes, std::size_t step) {
  World w;
  std::string log;
  const auto entry = w.listening.open(any_port, {}, 1);
  Listener listener(*w.worker, (*entry)->descriptor(0), [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(receives(worker, fd, log));
  });
  w.worker->tasks.start(sends(*w.worker, (*entry)->bound, bytes, step, log));
  w.run_until([&] { return !log.empty() && w.worker->tasks.empty(); });
  return log;
}
TEST(ProxyReceive, takesExactlyTheHeader) {
  const std::string one = proxy_header_v1(Address::ipv4(0x01020304, 5), Address::ipv4(1, 6));
  const std::string two = proxy_header_v2(Address::ipv4(0x01020304, 5), Address::ipv4(1, 6));
  EXPECT_EQ(received(one + "hello", 1000), "1.2.3.4:5 hello");
  EXPECT_EQ(received(two + "hello", 1000), "1.2.3.4:5 hello");
  EXPECT_EQ(received(one + "h", 7), "1.2.3.4:5 h");  // in pieces
  EXPECT_EQ(received("GET / HTTP/1.1\r\n", 1000), "bad_message");
  EXPECT_EQ(received(one.substr(0, 9), 3), "end");
}

void send_descriptor(int pair, int fd) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  ASSERT_EQ(::sendmsg(pair, &message, 0), 1);
}
TEST(Listener, takesConnectionsFromASocketPair) {
  World w;
  int pair[2], connection[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, connection), 0);
  const auto entry = w.listening.adopt_pair(pair[0]);
  ASSERT_TRUE(entry) << entry.error();
  std::string log;
  Listener listener(*w.worker, (*entry)->descriptor(0), [&](async::Worker& worker, int fd, const Address&) {
    worker.tasks.start(receives(worker, fd, log));
  }, 16, Listener::Source::pair);
  send_descriptor(pair[1], connection[0]);
  ::close(connection[0]);
  const std::string_view text = "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nhi";
  ASSERT_EQ(::write(connection[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  w.run_until([&] { return !log.empty(); });
  EXPECT_EQ(log, "1.2.3.4:9 hi");
  ::close(connection[1]);
  ::close(pair[1]);
  w.run_until([&] { return listener.last_error().sys == ENOTCONN; });
}

TEST(Signals, arriveAsEvents) {
  World w;
  int got = 0;
  Signals signals(*w.worker, {SIGUSR1, SIGUSR2}, [&](int signal) { got = got * 100 + signal; });
  ::kill(::getpid(), SIGUSR2);
  w.run_until([&] { return got == SIGUSR2; });
  ::kill(::getpid(), SIGUSR1);
  w.run_until([&] { return got == SIGUSR2 * 100 + SIGUSR1; });
}

Task<> from_port(async::Worker& worker, Address to, Address& seen) {
  ConnectOptions options;
  options.source = Address::ipv4(0x7f000002, 0);
  options.keepalive.on = true;
  options.keepalive.idle_seconds = 30;
  options.user_timeout = seconds(3);
  std::unique_ptr<Stream> s = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
  seen = s->socket().local_address();
}
template <class T>
T option(int fd, int level, int name) {
  T value{};
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}
Task<> connects(async::Worker& worker, Address to, const ConnectOptions& options, std::unique_ptr<Stream>& made) {
  made = co_await connect(worker, to, options, worker.loop.after(seconds(5)));
}
// option nolinger, tcp-smart-accept, tcp-smart-connect, tune.rcvbuf.*: set once on the listening socket.
TEST(Listener, acceptedSocketsInheritWhatIsAskedFor) {
  for (const bool asked : {false, true}) {
    World w;
    ListenOptions options;
    options.reset_on_close = options.late_acknowledgement = asked;
    if (asked) options.receive_buffer = options.send_buffer = 8192;
    const auto entry = w.listening.open(any_port, options, 1);
    ASSERT_TRUE(entry) << entry.error();
    int accepted = -1;
    Listener listener(*w.worker, (*entry)->descriptor(0), [&](async::Worker&, int fd, const Address&) { accepted = fd; });
    ConnectOptions how;
    how.reset_on_close = asked;
    if (asked) how.receive_buffer = 16384;
    std::unique_ptr<Stream> made;
    w.worker->tasks.start(connects(*w.worker, (*entry)->bound, how, made));
    w.run_until([&] { return accepted >= 0 && made; });
    const int connected = made->socket().fd();
    for (const int fd : {accepted, connected}) {
      const linger close = option<linger>(fd, SOL_SOCKET, SO_LINGER);
      EXPECT_EQ(close.l_onoff, asked ? 1 : 0);
      EXPECT_EQ(close.l_linger, 0);
    }
    EXPECT_EQ(option<int>(accepted, IPPROTO_TCP, TCP_QUICKACK), asked ? 0 : 1);
    if (asked) {
      EXPECT_EQ(option<int>(accepted, SOL_SOCKET, SO_RCVBUF), 2 * 8192);
      EXPECT_EQ(option<int>(accepted, SOL_SOCKET, SO_SNDBUF), 2 * 8192);
      EXPECT_EQ(option<int>(connected, SOL_SOCKET, SO_RCVBUF), 2 * 16384);
    }
    ::close(accepted);
  }
}

TEST(Connect, bindsToItsSource) {
  World w;
  const auto entry = w.listening.open(any_port, {}, 1);
  Address seen;
  w.worker->tasks.start(from_port(*w.worker, (*entry)->bound, seen));
  w.run_until([&] { return static_cast<bool>(seen); });
  EXPECT_EQ(seen.host_text(), "127.0.0.2");
}

}  // namespace
}  // namespace sluice::net
