#include "net/syslog.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

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
  EXPECT_EQ(LogTarget::parse_address("/dev/log")->address.path(), "/dev/log");
  EXPECT_EQ(LogTarget::parse_address("stdout")->descriptor, 1);
  EXPECT_EQ(LogTarget::parse_address("stderr")->descriptor, 2);
  EXPECT_EQ(LogTarget::parse_address("fd@7")->descriptor, 7);
  EXPECT_FALSE(LogTarget::parse_address("ring@x"));
  EXPECT_EQ(facility_of("local7"), 23u);
  EXPECT_EQ(severity_of("warning"), Severity::warning);
  EXPECT_EQ(log_dress_of("short"), LogDress::short_);
  EXPECT_EQ(log_dress_of(""), std::nullopt);
}

}  // namespace
}  // namespace sluice::net
