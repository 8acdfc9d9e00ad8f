#include "net/syslog_sender.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <thread>

#include "async/kernel_io.hpp"
#include "net/syslog_ring.hpp"

namespace sluice::net {
namespace {

constexpr WallTime then{1'795'242'909'194'600};  // 2026-11-21 06:35:09.1946 UTC

// A datagram socket of our own that lines are sent to.
struct Sink {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  Address address;
  Sink() {
    const Address::Raw raw = Address::ipv4(0x7f000001, 0).raw();
    ::bind(fd, raw.get(), raw.size);
    sockaddr_storage name{};
    socklen_t size = sizeof(name);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
    address = Address::from(reinterpret_cast<sockaddr*>(&name), size);
  }
  ~Sink() { ::close(fd); }
  std::string line() const {
    char text[70000];
    const ssize_t n = ::recv(fd, text, sizeof(text), 0);  // loopback delivers before sendmsg returns
    return n < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(n));
  }
};

struct SyslogTest : testing::Test {
  SyslogTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    target.address = sink.address;
    target.facility = 16;
    who.pid = "31322";
  }
  std::string sent(LogDress dress, Severity severity = Severity::info, std::string_view text = "hello") {
    target.dress = dress;
    sender.send(target, severity, who, then, text);
    return sink.line();
  }
  Sink sink;
  LogTarget target;
  LogIdentity who;
  LogSender sender;
};

// Byte for byte what HAProxy 2.6 sends.
TEST_F(SyslogTest, dresses) {
  EXPECT_EQ(sent(LogDress::unspecified), "<134>Nov 21 06:35:09 haproxy[31322]: hello\n");
  EXPECT_EQ(sent(LogDress::local), "<134>Nov 21 06:35:09 haproxy[31322]: hello\n");
  EXPECT_EQ(sent(LogDress::rfc3164), "<134>Nov 21 06:35:09 localhost haproxy[31322]: hello\n");
  EXPECT_EQ(sent(LogDress::rfc5424), "<134>1 2026-11-21T06:35:09.194600+00:00 - haproxy 31322 - - hello\n");
  EXPECT_EQ(sent(LogDress::priority), "<134>hello\n");
  EXPECT_EQ(sent(LogDress::short_), "<6>hello\n");
  EXPECT_EQ(sent(LogDress::timed), "<6>2026-11-21T06:35:09.194600+00:00 hello\n");
  EXPECT_EQ(sent(LogDress::iso), "2026-11-21T06:35:09.194600+00:00 hello\n");
  EXPECT_EQ(sent(LogDress::raw), "hello\n");
  who.hostname = "edge";
  who.tag = "web";
  EXPECT_EQ(sent(LogDress::unspecified), "<134>Nov 21 06:35:09 edge web[31322]: hello\n");
  EXPECT_EQ(sent(LogDress::rfc5424), "<134>1 2026-11-21T06:35:09.194600+00:00 edge web 31322 - - hello\n");
}

TEST_F(SyslogTest, levels) {
  target.least = Severity::notice;
  EXPECT_EQ(sent(LogDress::short_, Severity::info), "nothing");
  EXPECT_EQ(sent(LogDress::short_, Severity::notice), "<5>hello\n");
  EXPECT_EQ(sent(LogDress::short_, Severity::emerg), "<0>hello\n");
  target.cap = Severity::notice;
  EXPECT_EQ(sent(LogDress::short_, Severity::emerg), "<5>hello\n");
}

TEST_F(SyslogTest, cutsLongLines) {
  target.longest = 80;
  const std::string text(100, 'x');
  EXPECT_EQ(sent(LogDress::raw, Severity::info, text), std::string(80, 'x') + "\n");
  EXPECT_EQ(sent(LogDress::local, Severity::info, text).size(), 81u);
}

TEST_F(SyslogTest, samples) {
  target.sample = *LogSample::parse("1,3-4:5");
  target.seen = std::make_shared<std::atomic<std::uint32_t>>(0);
  std::string taken;
  for (int i = 0; i < 10; ++i) taken += sent(LogDress::raw) == "nothing" ? '.' : 'x';
  EXPECT_EQ(taken, "x.xx.x.xx.");
  for (const char* bad : {"1", "0:2", "2-1:3", "1-3:2", "1,1:2", ":2", "1:", "a:2", "1:0", "1-2,2-3:4"})
    EXPECT_FALSE(LogSample::parse(bad)) << bad;
}

TEST_F(SyslogTest, countsWhatNobodyTakes) {
  const std::uint64_t before = LogSender::dropped();
  LogTarget nobody;
  nobody.address = Address::unix_path("/nonexistent/log");
  sender.send(nobody, Severity::info, who, then, "x");
  EXPECT_EQ(LogSender::dropped(), before + 1);
}

TEST_F(SyslogTest, writesToDescriptorsWithoutWaiting) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  LogTarget pipe;
  pipe.descriptor = ends[1];
  pipe.dress = LogDress::raw;
  sender.send(pipe, Severity::info, who, then, "one");
  char text[16];
  ASSERT_EQ(::read(ends[0], text, sizeof(text)), 4);
  EXPECT_EQ(std::string_view(text, 4), "one\n");
  const std::uint64_t before = LogSender::dropped();
  const std::string much(1000, 'x');
  for (int i = 0; i < 200; ++i) sender.send(pipe, Severity::info, who, then, much);
  EXPECT_GT(LogSender::dropped(), before);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(LogTargets, addresses) {
  EXPECT_EQ(LogTarget::parse_address("127.0.0.1")->address.port(), 514);
  EXPECT_EQ(LogTarget::parse_address("127.0.0.1:1234")->address.text(), "127.0.0.1:1234");
  EXPECT_TRUE(LogTarget::parse_address("stream+ipv4@127.0.0.1:1234")->ring);  // a stream, as tcp4@ (manual 2.9.3)
  EXPECT_FALSE(LogTarget::parse_address("dgram+ip@127.0.0.1:1234")->ring);
  EXPECT_EQ(LogTarget::parse_address("/dev/log")->address.path(), "/dev/log");
  EXPECT_EQ(LogTarget::parse_address("stdout")->descriptor, 1);
  EXPECT_EQ(LogTarget::parse_address("stderr")->descriptor, 2);
  EXPECT_EQ(LogTarget::parse_address("fd@7")->descriptor, 7);
  EXPECT_EQ(LogTarget::parse_address("ring@x")->ring_name, "x");
  EXPECT_FALSE(LogTarget::parse_address("ring@"));
  EXPECT_EQ(LogTarget::parse_address("tcp@127.0.0.1")->ring->servers[0].address.text(), "127.0.0.1:514");
  EXPECT_EQ(LogTarget::parse_address("uxst@/run/x")->ring->servers[0].address.path(), "/run/x");
  EXPECT_EQ(LogTarget::parse_address("backend@b")->backend_name, "b");
  EXPECT_FALSE(LogTarget::parse_address("backend@"));
  EXPECT_EQ(facility_of("local7"), 23u);
  EXPECT_EQ(severity_of("warning"), Severity::warning);
  EXPECT_EQ(log_dress_of("short"), LogDress::short_);
  EXPECT_EQ(log_dress_of(""), std::nullopt);
}

// With a loop: lines leave when the loop comes round, in order, whatever their lengths.
TEST_F(SyslogTest, keepsLinesUntilTheLoopComesRound) {
  async::Worker worker(0, std::make_unique<async::KernelIo>(), {});
  target.dress = LogDress::raw;
  LogSender batching(worker.loop);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string text = std::to_string(i) + std::string(i % 7 < 4 ? 20 : i % 7, 'x');
    batching.send(target, Severity::info, who, then, text);
    if (i == 0) { EXPECT_EQ(sink.line(), "nothing"); }
  }
  worker.loop.turn(worker.loop.now());
  for (std::size_t i = 0; i < 200; ++i)
    ASSERT_EQ(sink.line(), std::to_string(i) + std::string(i % 7 < 4 ? 20 : i % 7, 'x') + "\n");
  EXPECT_EQ(sink.line(), "nothing");
}

TEST_F(SyslogTest, sendsWhatIsLeftAtItsEnd) {
  async::Worker worker(0, std::make_unique<async::KernelIo>(), {});
  target.dress = LogDress::raw;
  {
    LogSender batching(worker.loop);
    batching.send(target, Severity::info, who, then, "last words");
    EXPECT_EQ(sink.line(), "nothing");
  }
  EXPECT_EQ(sink.line(), "last words\n");
}

TEST_F(SyslogTest, keepsWhatAFullPipeDoesNotTake) {
  async::Worker worker(0, std::make_unique<async::KernelIo>(), {});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  LogTarget pipe;
  pipe.descriptor = ends[1];
  pipe.dress = LogDress::raw;
  pipe.longest = 6000;
  std::string expected, got;
  {
    LogSender batching(worker.loop);
    for (int i = 0; i < 60; ++i) {  // 60 lines of up to 6000 bytes: more than the pipe's 64 KB, less than pipe and buffer
      const std::string text(static_cast<std::size_t>(100 + i * 53), static_cast<char>('a' + i % 26));
      batching.send(pipe, Severity::info, who, then, text);
      expected += text + "\n";
    }
    batching.flush();
    char text[5000];
    for (ssize_t n = 0; got.size() < expected.size(); batching.flush()) {
      n = ::read(ends[0], text, sizeof text);
      ASSERT_GT(n, 0);
      got.append(text, static_cast<std::size_t>(n));
    }
  }
  EXPECT_EQ(got, expected);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(SyslogTest, structuredData) {
  target.dress = LogDress::rfc5424;
  sender.send(target, Severity::info, who, then, "hello", "[a@1 b=\"c\"]");
  EXPECT_EQ(sink.line(), "<134>1 2026-11-21T06:35:09.194600+00:00 - haproxy 31322 - [a@1 b=\"c\"] hello\n");
}

TEST(LogRings, newLinesReplaceTheOldest) {
  LogRing ring("r");
  ring.size = 64;
  ring.longest = 20;
  const auto put = [&](std::string line) {
    line += '\n';
    const std::uint32_t end = static_cast<std::uint32_t>(line.size());
    ring.append(line, {&end, 1});
  };
  const auto all = [&](LogRing::Framing framing) {
    LogRing::Place place;
    char text[256];
    LogRing::Tally tally;
    const std::size_t size = ring.read(place, text, framing, tally);
    return std::to_string(tally.lost) + ":" + std::string(text, size);
  };
  EXPECT_EQ(all(LogRing::Framing::lines), "0:");
  put("one");
  put("two");
  EXPECT_EQ(all(LogRing::Framing::lines), "0:one\ntwo\n");
  EXPECT_EQ(all(LogRing::Framing::counted), "0:3 one3 two");
  put("a line longer than twenty bytes");
  EXPECT_EQ(all(LogRing::Framing::lines), "0:one\ntwo\na line longer than t\n");
  for (int i = 0; i < 10; ++i) put("line " + std::to_string(i));
  EXPECT_EQ(all(LogRing::Framing::lines), "1:line 4\nline 5\nline 6\nline 7\nline 8\nline 9\n");
}

TEST(LogRings, callBackAtTheNextLine) {
  LogRing ring("r");
  int calls = 0;
  const std::uint32_t end = 2;
  ring.call_back(&calls, {}, [&] { ++calls; });
  EXPECT_EQ(calls, 0);
  ring.append("x\n", {&end, 1});
  EXPECT_EQ(calls, 1);
  ring.append("y\n", {&end, 1});
  EXPECT_EQ(calls, 1);
  ring.call_back(&calls, {}, [&] { ++calls; });
  EXPECT_EQ(calls, 2);
}

// Lines reach the server over a stream, also those of another thread and those from before it was there, and the last
// ones when the ring goes.
TEST(LogRings, areForwarded) {
  const int door = ::socket(AF_INET, SOCK_STREAM, 0);
  const Address::Raw raw = Address::ipv4(0x7f000001, 0).raw();
  ASSERT_EQ(::bind(door, raw.get(), raw.size), 0);
  ASSERT_EQ(::listen(door, 8), 0);
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  ::getsockname(door, reinterpret_cast<sockaddr*>(&name), &size);
  auto ring = std::make_shared<LogRing>("r");
  ring->servers.push_back({.name = "s", .address = Address::from(reinterpret_cast<sockaddr*>(&name), size),
                           .framing = LogRing::Framing::counted});
  const auto put = [&](std::string line) {
    const std::uint32_t end = static_cast<std::uint32_t>(line.size());
    ring->append(line, {&end, 1});
  };
  const auto take = [](int fd, std::size_t wanted) {
    std::string text(wanted, ' ');
    std::size_t at = 0;
    while (at < wanted) {
      const ssize_t n = ::recv(fd, text.data() + at, wanted - at, 0);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    return text.substr(0, at);
  };
  put("early\n");
  {
    async::Worker worker(0, std::make_unique<async::KernelIo>(), {});
    worker.mailbox.post([&] { worker.tasks.start(forward_log(worker, ring, 0)); });
    worker.start_thread();
    const int first = ::accept(door, nullptr, nullptr);
    EXPECT_EQ(take(first, 7), "5 early");
    put("later\n");
    EXPECT_EQ(take(first, 7), "5 later");
    ::close(first);
    const int second = ::accept(door, nullptr, nullptr);  // it comes back
    put("again\n");
    EXPECT_EQ(take(second, 7), "5 again");
    worker.mailbox.post([&] {
      worker.tasks.cancel();
      worker.stop();
    });
    worker.join();
    ::close(second);
  }
  put("the end\n");
  std::thread last([&] {
    const int third = ::accept(door, nullptr, nullptr);
    EXPECT_EQ(take(third, 9), "7 the end");
    ::close(third);
  });
  ring.reset();
  last.join();
  ::close(door);
}

}  // namespace
}  // namespace sluice::net
