#include "net/address.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

constexpr EndpointRules ranges{.resolve = false, .range_allowed = true, .offset_allowed = true};

std::string shown(std::string_view text, const EndpointRules& rules = ranges) {
  const auto e = parse_endpoint(text, rules);
  if (!e) return "error: " + e.error();
  std::string out;
  if (e->form == Endpoint::Form::descriptor) out = "fd " + std::to_string(e->descriptor);
  if (e->form == Endpoint::Form::socketpair) out = "pair " + std::to_string(e->descriptor);
  if (e->form == Endpoint::Form::address) out = e->host.empty() ? e->address.text() : "name " + e->host + ":" + std::to_string(e->port_first);
  if (e->port_last != e->port_first) out += "-" + std::to_string(e->port_last);
  if (e->port_offset) out += " offset " + std::to_string(*e->port_offset);
  if (e->transport == Endpoint::Transport::datagram) out += " dgram";
  return out;
}

TEST(Endpoint, readsTheFormsOfTheManual) {
  EXPECT_EQ(shown("127.0.0.1:80"), "127.0.0.1:80");
  EXPECT_EQ(shown(":80"), "0.0.0.0:80");
  EXPECT_EQ(shown("*:80"), "0.0.0.0:80");
  EXPECT_EQ(shown("ipv4@:80"), "0.0.0.0:80");
  EXPECT_EQ(shown("ipv6@:80"), "[::]:80");
  EXPECT_EQ(shown("ipv6@*:80"), "[::]:80");
  EXPECT_EQ(shown(":::80"), "[::]:80");
  EXPECT_EQ(shown("[::1]:80"), "[::1]:80");
  EXPECT_EQ(shown("::1:80"), "[::1]:80");
  EXPECT_EQ(shown("2001:db8::1:8080"), "[2001:db8::1]:8080");
  EXPECT_EQ(shown("10.0.0.1:1000-2000"), "10.0.0.1:1000-2000");
  EXPECT_EQ(shown("10.0.0.1:+5"), "10.0.0.1:0 offset 5");
  EXPECT_EQ(shown("10.0.0.1:-5"), "10.0.0.1:0 offset -5");
  EXPECT_EQ(shown("10.0.0.1"), "10.0.0.1:0");
  EXPECT_EQ(shown("www.example.org:80"), "name www.example.org:80");
  EXPECT_EQ(shown("/run/x.sock"), "/run/x.sock");
  EXPECT_EQ(shown("unix@relative.sock"), "relative.sock");
  EXPECT_EQ(shown("uxst@/a"), "/a");
  EXPECT_EQ(shown("uxdg@/a"), "/a dgram");
  EXPECT_EQ(shown("abns@name"), "abns@name");
  EXPECT_EQ(shown("abnsz@name"), "abnsz@name");
  EXPECT_EQ(shown("fd@7"), "fd 7");
  EXPECT_EQ(shown("sockpair@8"), "pair 8");
  EXPECT_EQ(shown("udp@127.0.0.1:514"), "127.0.0.1:514 dgram");
  EXPECT_EQ(shown("udp6@[::1]:514"), "[::1]:514 dgram");
  EXPECT_EQ(shown("dgram+ipv4@127.0.0.1:514"), "127.0.0.1:514 dgram");
  EXPECT_EQ(shown("stream+127.0.0.1:514"), "127.0.0.1:514");
  EXPECT_EQ(shown("tcp4@1.2.3.4:5"), "1.2.3.4:5");
  EXPECT_EQ(shown("ip@1.2.3.4:5"), "1.2.3.4:5");
  EXPECT_EQ(shown("stream+ip@[2001:db8::1]:80"), "[2001:db8::1]:80");
  EXPECT_EQ(shown("mptcp4@1.2.3.4:5", {.multipath_allowed = true}), "1.2.3.4:5");
  EXPECT_EQ(shown("mptcp6@::1:5", {.multipath_allowed = true}), "[::1]:5");
  EXPECT_EQ(shown("mptcp@1.2.3.4:5"), "error: 'mptcp@' is not possible here");
}

TEST(Endpoint, saysWhatIsWrong) {
  EXPECT_EQ(shown("127.0.0.1:65536"), "error: port 65536 is above 65535");
  EXPECT_EQ(shown("127.0.0.1:http"), "error: 'http' is not a port number");
  EXPECT_EQ(shown("127.0.0.1:20-10"), "error: the port range '20-10' ends before it begins");
  EXPECT_EQ(shown("127.0.0.1:10-20", {.resolve = false}), "error: a port range ('10-20') is not allowed here");
  EXPECT_EQ(shown("127.0.0.1:+1", {.resolve = false}), "error: a port offset ('+1') is not allowed here");
  EXPECT_EQ(shown("127.0.0.1", {.resolve = false, .port_required = true}), "error: '127.0.0.1' lacks a port");
  EXPECT_EQ(shown("ipv4@::1:80"), "error: '::1' is not an IPv4 address");
  EXPECT_EQ(shown("nonsense@x:1"), "error: 'nonsense@' is not a known address family");
  EXPECT_EQ(shown("fd@x"), "error: 'fd@x' lacks a descriptor number");
  EXPECT_EQ(shown("a b:1"), "error: 'a b' is neither an address nor a host name");
  EXPECT_EQ(shown(""), "error: the address is missing");
  EXPECT_TRUE(shown("unix@" + std::string(200, 'x')).starts_with("error: the socket's name"));
}

TEST(Endpoint, readsListsAndResolvesNames) {
  const auto all = parse_endpoints("127.0.0.1:80,[::1]:81,/run/a", ranges);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[1].address.port(), 81);
  const auto local = parse_endpoint("localhost:80", {.preferred = Family::ipv4});
  ASSERT_TRUE(local) << local.error();
  EXPECT_TRUE(local->address.is_ip());
  EXPECT_EQ(local->address.port(), 80);
}

TEST(Address, comparesAndConverts) {
  const Address a = Address::ipv4(0x7f000001, 80);
  EXPECT_EQ(a, *Address::parse_ip("127.0.0.1", 80));
  EXPECT_NE(a, a.with_port(81));
  EXPECT_EQ(a.hash(), Address::parse_ip("127.0.0.1", 80)->hash());
  EXPECT_EQ(Address::parse_ip("::ffff:127.0.0.1", 80)->unmapped(), a);
  EXPECT_EQ(Address::unix_path("/x"), Address::unix_path("/x"));
  EXPECT_NE(Address::unix_path("/x"), Address::abstract("/x"));
  EXPECT_FALSE(Address::parse_ip("1.2.3"));
  EXPECT_FALSE(Address::parse_ip(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(Address::parse_ip(std::string_view("::\0%eth0", 8)));
  EXPECT_FALSE(Address::parse_ip("localhost"));
  for (const Address& b : {a, *Address::parse_ip("2001:db8::7", 9)}) {
    const Address::Raw raw = b.raw();
    EXPECT_EQ(Address::from(raw.get(), raw.size), b);
  }
  EXPECT_TRUE(Address::any(Family::ipv6, 0).is_any());
}

}  // namespace
}  // namespace sluice::net
