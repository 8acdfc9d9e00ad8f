// What `bind` parameters and socket settings become on the listening sockets, asked from the kernel.
#include <netinet/tcp.h>
#include <sys/stat.h>

#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::Proxy;

int number(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}
std::string text(int fd, int level, int name) {
  char value[64] = {};
  socklen_t size = sizeof value - 1;
  return ::getsockopt(fd, level, name, value, &size) == 0 ? std::string(value) : std::string();
}

struct Bound {
  explicit Bound(std::string_view bind, std::string_view global = "", unsigned workers = 1)
      : proxy(fmt::format("global\n{}\n{}frontend f\n {}\n http-request return status 200\n", global, testing::defaults(), bind), workers) {}
  const net::ListenerSet::Entry& entry() const { return *proxy.proxies().frontends[0]->binds[0].places[0].entry; }
  int fd() const { return entry().descriptor(0); }
  mutable Proxy proxy;
};
#define ASSERT_BOUND(bound) ASSERT_TRUE((bound).proxy.works) << (bound).proxy.messages

TEST(g_bind, segments_and_time_outs_and_congestion) {
  const Bound bound("bind 127.0.0.1:0 mss 1000 tcp-ut 5s cc reno");
  ASSERT_BOUND(bound);
  EXPECT_EQ(number(bound.fd(), IPPROTO_TCP, TCP_MAXSEG), 1000);
  EXPECT_EQ(number(bound.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT), 5000);
  EXPECT_EQ(text(bound.fd(), IPPROTO_TCP, TCP_CONGESTION), "reno");
}

TEST(g_bind, multipath_tcp) {
  const int probe = ::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  if (probe < 0) GTEST_SKIP() << "the kernel has no MPTCP";
  ::close(probe);
  const Bound bound("bind mptcp@127.0.0.1:0,127.0.0.1:0");
  ASSERT_BOUND(bound);
  EXPECT_EQ(number(bound.fd(), SOL_SOCKET, SO_PROTOCOL), IPPROTO_MPTCP);
  const net::ListenerSet::Entry& other = *bound.proxy.proxies().frontends[0]->binds[1].places[0].entry;
  EXPECT_EQ(number(other.descriptor(0), SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
  EXPECT_TRUE(bound.proxy.ask("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST(g_bind, a_congestion_algorithm_that_does_not_exist_is_said) {
  const Bound bound("bind 127.0.0.1:0 cc nonesuch");
  EXPECT_NE(bound.proxy.messages.find("nonesuch"), std::string::npos) << bound.proxy.messages;
}

TEST(g_bind, an_interface) {
  const Bound bound("bind 127.0.0.1:0 interface lo");
  ASSERT_BOUND(bound);
  EXPECT_EQ(text(bound.fd(), SOL_SOCKET, SO_BINDTODEVICE), "lo");
}

TEST(g_bind, both_families_or_one) {
  const Bound both("bind :::0 v4v6"), one("bind :::0 v6only");
  ASSERT_BOUND(both);
  ASSERT_BOUND(one);
  EXPECT_EQ(number(both.fd(), IPPROTO_IPV6, IPV6_V6ONLY), 0);
  EXPECT_EQ(number(one.fd(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(g_bind, every_thread_of_a_line_has_a_socket_whatever_shards_say) {
  const Bound one("bind 127.0.0.1:0 shards 1", "", 4), each("bind 127.0.0.1:0 shards by-thread", "", 4), some("bind 127.0.0.1:0 process 1/2-3", "", 4);
  for (const Bound* bound : {&one, &each, &some}) ASSERT_BOUND(*bound);
  EXPECT_EQ(one.entry().descriptors.size(), 4u);
  EXPECT_EQ(each.entry().descriptors.size(), 4u);
  EXPECT_EQ(some.proxy.proxies().frontends[0]->binds[0].threads, 0b110u);
  EXPECT_NE(Bound("bind 127.0.0.1:0 shards many").proxy.messages.find("by-thread"), std::string::npos);
}

TEST(g_bind, who_may_use_a_unix_socket) {
  char folder[] = "/tmp/sluice-bind-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/socket";
  {
    const bool root = ::geteuid() == 0;
    const Bound bound(fmt::format("bind unix@{} mode 640{}", path, root ? " uid 65534 gid 65533" : ""));
    ASSERT_BOUND(bound);
    struct stat found = {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0640u);
    if (root) {
      EXPECT_EQ(found.st_uid, 65534u);
      EXPECT_EQ(found.st_gid, 65533u);
      const Bound named(fmt::format("bind unix@{}2 user nobody group nogroup", path));
      ASSERT_BOUND(named);
      ASSERT_EQ(::stat((path + "2").c_str(), &found), 0);
      EXPECT_EQ(found.st_uid, 65534u);
      EXPECT_EQ(found.st_gid, 65534u);
    }
  }
  ::unlink(path.c_str());
  ::unlink((path + "2").c_str());
  ::rmdir(folder);
}

TEST(g_bind, keepalive_and_buffers_are_inherited_from_the_listening_socket) {
  const Bound bound("bind 127.0.0.1:0\n option clitcpka\n clitcpka-idle 33s\n clitcpka-cnt 4\n clitcpka-intvl 5s",
                    " tune.rcvbuf.client 30000\n tune.sndbuf.client 40000");
  ASSERT_BOUND(bound);
  EXPECT_EQ(number(bound.fd(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(number(bound.fd(), IPPROTO_TCP, TCP_KEEPIDLE), 33);
  EXPECT_EQ(number(bound.fd(), IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(number(bound.fd(), IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(number(bound.fd(), SOL_SOCKET, SO_RCVBUF), 60000) << "the kernel doubles it for its own needs";
  EXPECT_EQ(number(bound.fd(), SOL_SOCKET, SO_SNDBUF), 80000);
}

}  // namespace
}  // namespace sluice::proxy
