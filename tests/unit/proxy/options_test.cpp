// What options of sections and server lines become once the configuration is built.
#include "backend/server_formats.hpp"
#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::Proxy;

// A frontend and a backend with these lines, in these modes.
struct Built {
  Built(std::string_view front, std::string_view back, std::string_view mode = "http", std::string_view global = "")
      : proxy(fmt::format("global\n{}\ndefaults\n mode {}\n timeout client 5s\n timeout server 5s\n timeout connect 1s\n"
                          "frontend f\n bind 127.0.0.1:0\n{}\n default_backend b\nbackend b\n{}\n server s 127.0.0.1:1\n",
                          global, mode, front, back)) {
    EXPECT_TRUE(proxy.works) << proxy.messages;
  }
  const net::ListenOptions& listening() { return proxy.proxies().frontends[0]->binds[0].options; }
  const net::ConnectOptions& connecting() { return proxy.proxies().destinations[0]->backend->servers()[0]->connect_options(); }
  const Transfer& front() { return proxy.proxies().frontends[0]->policy.transfer; }
  const Transfer& back() { return proxy.proxies().destinations[0]->policy.transfer; }
  Proxy proxy;
};

TEST(Options, acknowledgementsOfClients) {
  EXPECT_TRUE(Built("", "").listening().late_acknowledgement);
  EXPECT_FALSE(Built(" no option tcp-smart-accept", "").listening().late_acknowledgement);
  EXPECT_FALSE(Built("", "", "tcp").listening().late_acknowledgement);
  EXPECT_TRUE(Built(" option tcp-smart-accept", "", "tcp").listening().late_acknowledgement);
  EXPECT_TRUE(Built(" no option tcp-smart-accept\n default option tcp-smart-accept", "").listening().late_acknowledgement);
}

TEST(Options, acknowledgementsToServers) {
  EXPECT_FALSE(Built("", "").connecting().late_acknowledgement);
  EXPECT_TRUE(Built("", " option tcp-smart-connect").connecting().late_acknowledgement);
}

TEST(Options, resetsAreOfTheSideThatAsks) {
  Built front(" option nolinger", "");
  EXPECT_TRUE(front.listening().reset_on_close);
  EXPECT_FALSE(front.connecting().reset_on_close);
  Built back("", " option nolinger");
  EXPECT_FALSE(back.listening().reset_on_close);
  EXPECT_TRUE(back.connecting().reset_on_close);
}

TEST(Options, transfersAreOfEitherSide) {
  Built built(" option splice-request\n option contstats", " option splice-response\n option independent-streams");
  EXPECT_TRUE(built.front().splice_requests);
  EXPECT_FALSE(built.front().splice_responses);
  EXPECT_TRUE(built.front().counts_on_the_way);
  EXPECT_FALSE(built.front().independent);
  EXPECT_TRUE(built.back().splice_responses);
  EXPECT_TRUE(built.back().independent);
}

TEST(Options, sizesOfTheKernelsBuffers) {
  Built built("", "", "http", " tune.rcvbuf.client 5000\n tune.sndbuf.client 6000\n tune.rcvbuf.server 7000\n tune.sndbuf.server 8000");
  EXPECT_EQ(built.listening().receive_buffer, 5000);
  EXPECT_EQ(built.listening().send_buffer, 6000);
  EXPECT_EQ(built.connecting().receive_buffer, 7000);
  EXPECT_EQ(built.connecting().send_buffer, 8000);
}

TEST(Options, templatesMakeServers) {
  Built built("", " server-template web 3-5 127.0.0.1:80 maxconn 4 id 10");
  const auto servers = built.proxy.proxies().destinations[0]->backend->servers();
  ASSERT_EQ(servers.size(), 4u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(servers[i]->name(), fmt::format("web{}", i + 3));
    EXPECT_EQ(servers[i]->maxconn(), 4u);
    EXPECT_EQ(servers[i]->id(), i == 0 ? 10 : i + 1);
  }
}

TEST(Options, formatsOfServersAreCompiled) {
  Built built("", " server t 127.0.0.1:1 pool-conn-name req.hdr(host) send-proxy-v2 set-proxy-v2-tlv-fmt(0xE0) %[path]");
  const auto servers = built.proxy.proxies().destinations[0]->backend->servers();
  ASSERT_TRUE(servers[0]->formats());
  EXPECT_TRUE(servers[0]->formats()->pool_name);
  ASSERT_EQ(servers[0]->formats()->tlvs.size(), 1u);
  EXPECT_EQ(servers[0]->formats()->tlvs[0].first, 0xe0);
  EXPECT_FALSE(servers[1]->formats());
}

}  // namespace
}  // namespace sluice::proxy
