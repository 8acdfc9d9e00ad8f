// The configuration lines of this layer, from text to settings, and what is wrong with them.
#include <gtest/gtest.h>

#include "backend/build.hpp"
#include "backend/settings.hpp"
#include "config/load.hpp"

namespace sluice::backend {
namespace {

struct Loaded {
  explicit Loaded(std::string backend_lines, std::string before = {}) {
    config = config::load({{"t.cfg", before + "backend b\n" + backend_lines}}, {}, diagnostics);
    StateFiles files(config->global(), diagnostics);
    if (!diagnostics.failed()) backend = build(*config->backend("b"), 0, states, files, Unresolved::is_an_error, diagnostics);
  }
  const ServerSettings& server(std::size_t i = 0) const { return backend->servers()[i]->settings(); }
  const BackendSettings& settings() const { return backend->settings(); }
  std::string complaint() const {
    for (const config::Diagnostic& d : diagnostics.all())
      if (d.severity == config::Severity::alert) return d.text;
    return "";
  }
  States states{1};
  config::Diagnostics diagnostics;
  std::shared_ptr<const config::Config> config;
  std::unique_ptr<Backend> backend;
};
#define ASSERT_LOADED(loaded) ASSERT_TRUE((loaded).backend) << (loaded).diagnostics.text()

TEST(ServerLine, hasDefaults) {
  Loaded loaded("server s1 127.0.0.1:8080\n server s2 [::1]:80 id 7\n server s3 unix@/run/s.sock\n");
  ASSERT_LOADED(loaded);
  EXPECT_EQ(loaded.server().name, "s1");
  EXPECT_EQ(loaded.server().address.text(), "127.0.0.1:8080");
  EXPECT_EQ(loaded.server().weight, 1u);
  EXPECT_EQ(loaded.server().id, 1u);
  EXPECT_FALSE(loaded.server().check.enabled);
  EXPECT_EQ(loaded.server(1).address.text(), "[::1]:80");
  EXPECT_EQ(loaded.server(1).id, 7u);
  EXPECT_EQ(loaded.server(2).id, 2u);
  EXPECT_TRUE(loaded.server(2).address.is_unix());
  EXPECT_EQ(loaded.settings().algorithm, "roundrobin");
  EXPECT_EQ(loaded.settings().retries, 3u);
  EXPECT_EQ(loaded.settings().redispatch, 0);
  EXPECT_EQ(loaded.settings().reuse, Reuse::safe);
}

TEST(ServerLine, takesItsOptions) {
  Loaded loaded("server s1 127.0.0.1:80 weight 20 maxconn 50 minconn 5 maxqueue 9 backup disabled check inter 3s fastinter 500 "
                "downinter 1m rise 4 fall 5 port 81 addr 127.0.0.2 send-proxy-v2 proxy-v2-options crc32c,unique-id tfo tcp-ut 2s "
                "pool-max-conn 3 pool-purge-delay 10s max-reuse 100 source 127.0.0.3:1000-2000 init-addr none\n");
  ASSERT_LOADED(loaded);
  const ServerSettings& s = loaded.server();
  EXPECT_EQ(s.weight, 20u);
  EXPECT_EQ(s.maxconn, 50u);
  EXPECT_EQ(s.minconn, 5u);
  EXPECT_EQ(s.maxqueue, 9u);
  EXPECT_TRUE(s.backup);
  EXPECT_TRUE(s.disabled);
  EXPECT_TRUE(s.check.enabled);
  EXPECT_EQ(s.check.inter, seconds(3));
  EXPECT_EQ(s.check.fastinter, milliseconds(500));
  EXPECT_EQ(s.check.downinter, seconds(60));
  EXPECT_EQ(s.check.rise, 4u);
  EXPECT_EQ(s.check.fall, 5u);
  EXPECT_EQ(s.check.port, 81);
  EXPECT_EQ(s.check.address->host_text(), "127.0.0.2");
  EXPECT_EQ(s.send_proxy, SendProxy::v2);
  EXPECT_EQ(s.proxy_v2_options, proxy_v2_crc32c | proxy_v2_unique_id);
  EXPECT_TRUE(s.tfo);
  EXPECT_EQ(s.tcp_user_timeout, seconds(2));
  EXPECT_EQ(s.pool_max_conn, 3);
  EXPECT_EQ(s.pool_purge_delay, seconds(10));
  EXPECT_EQ(s.max_reuse, 100);
  EXPECT_EQ(s.source.address.host_text(), "127.0.0.3");
  EXPECT_EQ(s.source.port_low, 1000);
  EXPECT_EQ(s.source.port_high, 2000);
  EXPECT_EQ(loaded.backend->servers()[0]->state().status(), "MAINT");
}

TEST(ServerLine, inheritsDefaultServer) {
  Loaded loaded("default-server inter 1s check\n server s1 127.0.0.1:80\n default-server weight 5\n server s2 127.0.0.1:80 no-check\n",
                "defaults\n default-server fall 7 backup\n");
  ASSERT_LOADED(loaded);
  EXPECT_TRUE(loaded.server(0).check.enabled);
  EXPECT_EQ(loaded.server(0).check.inter, seconds(1));
  EXPECT_EQ(loaded.server(0).check.fall, 7u);
  EXPECT_TRUE(loaded.server(0).backup);
  EXPECT_EQ(loaded.server(0).weight, 1u);
  EXPECT_EQ(loaded.server(1).weight, 5u);
  EXPECT_FALSE(loaded.server(1).check.enabled);
}

TEST(ServerLine, mayLeaveThePortToTheClient) {
  Loaded loaded("server s1 127.0.0.1\n server s2 127.0.0.1:+1000\n server s3 127.0.0.1:80\n");
  ASSERT_LOADED(loaded);
  const net::Address client = net::Address::ipv4(1, 443);
  EXPECT_EQ(loaded.backend->servers()[0]->address_for(&client).port(), 443);
  EXPECT_EQ(loaded.backend->servers()[1]->address_for(&client).port(), 1443);
  EXPECT_EQ(loaded.backend->servers()[2]->address_for(&client).port(), 80);
}

TEST(ServerLine, resolvesNamesAsInitAddrSays) {
  Loaded none("server s1 no.such.host.invalid:80 init-addr none\n");
  ASSERT_LOADED(none);
  EXPECT_EQ(none.backend->servers()[0]->state().status(), "MAINT");
  Loaded given("server s1 no.such.host.invalid:80 init-addr last,192.0.2.1\n");
  ASSERT_LOADED(given);
  EXPECT_EQ(given.server().address.text(), "192.0.2.1:80");
  Loaded local("server s1 localhost:80\n");
  ASSERT_LOADED(local);
  EXPECT_EQ(local.server().address.port(), 80);
}

TEST(ServerLine, isToldWhatIsWrong) {
  const auto complaint = [](std::string lines) { return Loaded(std::move(lines)).complaint(); };
  EXPECT_EQ(complaint("server s1 127.0.0.1:80 chek\n"), "'server b/s1' : unknown keyword 'chek'.");
  EXPECT_EQ(complaint("server s1 127.0.0.1:80\n server s1 127.0.0.1:81\n"), "");  // a warning
  EXPECT_NE(complaint("server s1 127.0.0.1:80 weight 257\n"), "");
  EXPECT_NE(complaint("server s1 127.0.0.1:80 inter 0 check\n"), "");
  EXPECT_NE(complaint("server s1 127.0.0.1:99999\n"), "");
  EXPECT_NE(complaint("server s1\n"), "");
  EXPECT_NE(complaint("server s1 127.0.0.1 check\n").find("neither service port nor check port"), std::string::npos);
  EXPECT_NE(complaint("server s1 127.0.0.1:80 id 3\n server s2 127.0.0.1:80 id 3\n").find("id 3 is already used"), std::string::npos);
  EXPECT_NE(complaint("default-server id 3\n").find("only on a server line"), std::string::npos);
}

TEST(BackendKeywords, abortOnCloseIsOnInHttp) {
  Loaded http("mode http\n"), off("mode http\n no option abortonclose\n"), tcp("mode tcp\n"), on("mode tcp\n option abortonclose\n");
  EXPECT_TRUE(http.settings().abort_on_close);
  EXPECT_FALSE(off.settings().abort_on_close);
  EXPECT_FALSE(tcp.settings().abort_on_close);
  EXPECT_TRUE(on.settings().abort_on_close);
}

TEST(BackendKeywords, areRead) {
  Loaded loaded("mode http\n balance random(3)\n retries 7\n option redispatch 2\n option allbackups\n option abortonclose\n"
                "fullconn 500\n http-reuse always\n retry-on conn-failure 503 response-timeout\n source 127.0.0.9 interface lo\n"
                "timeout connect 1s\n timeout check 2s\n timeout queue 3s\n option srvtcpka\n srvtcpka-idle 9\n");
  ASSERT_LOADED(loaded);
  const BackendSettings& s = loaded.settings();
  EXPECT_EQ(s.algorithm, "random");
  EXPECT_EQ(s.algorithm_argument, "3");
  EXPECT_EQ(s.retries, 7u);
  EXPECT_EQ(s.redispatch, 2);
  EXPECT_TRUE(s.all_backups);
  EXPECT_TRUE(s.abort_on_close);
  EXPECT_EQ(s.fullconn, 500u);
  EXPECT_EQ(s.reuse, Reuse::always);
  EXPECT_EQ(s.retry_on.events, RetryOn::conn_failure | RetryOn::response_timeout);
  EXPECT_EQ(s.retry_on.statuses, std::vector<std::uint16_t>{503});
  EXPECT_EQ(s.source.address.host_text(), "127.0.0.9");
  EXPECT_EQ(s.source.interface, "lo");
  EXPECT_EQ(s.timeout_connect, seconds(1));
  EXPECT_EQ(s.timeout_check, seconds(2));
  EXPECT_TRUE(s.keepalive.on);
  EXPECT_EQ(s.keepalive.idle_seconds, 9);
}

TEST(BackendKeywords, mayBeTakenBack) {
  Loaded loaded("no option redispatch\n no option allbackups\n", "defaults\n option redispatch\n option allbackups\n");
  ASSERT_LOADED(loaded);
  EXPECT_EQ(loaded.settings().redispatch, 0);
  EXPECT_FALSE(loaded.settings().all_backups);
  Loaded inherited("", "defaults\n option redispatch\n");
  ASSERT_LOADED(inherited);
  EXPECT_EQ(inherited.settings().redispatch, -1);
}

TEST(BackendKeywords, areToldWhatIsWrong) {
  EXPECT_NE(Loaded("balance rounrobin\n").complaint().find("unknown or not yet supported algorithm 'rounrobin'"), std::string::npos);
  EXPECT_NE(Loaded("balance roundrobin 5\n").complaint(), "");
  EXPECT_NE(Loaded("balance random(0)\n").complaint(), "");
  EXPECT_NE(Loaded("mode http\n retry-on 200\n").complaint(), "");
  EXPECT_NE(Loaded("option redispatch x\n").complaint(), "");
  EXPECT_NE(Loaded("source 127.0.0.1:1-2\n").complaint(), "");
}

TEST(CheckKeywords, haveAllFormsOfHttpchk) {
  Loaded bare("option httpchk\n");
  ASSERT_LOADED(bare);
  EXPECT_EQ(bare.settings().check.kind, "http");
  EXPECT_EQ(bare.settings().check.http.method, "OPTIONS");
  EXPECT_EQ(bare.settings().check.http.uri, "/");
  EXPECT_EQ(bare.settings().check.http.version, "HTTP/1.0");
  Loaded uri("option httpchk /x\n");
  ASSERT_LOADED(uri);
  EXPECT_EQ(uri.settings().check.http.uri, "/x");
  Loaded method("option httpchk GET /y\n");
  ASSERT_LOADED(method);
  EXPECT_EQ(method.settings().check.http.method, "GET");
  EXPECT_EQ(method.settings().check.http.uri, "/y");
  Loaded version("option httpchk GET /y HTTP/1.1\n");
  ASSERT_LOADED(version);
  EXPECT_EQ(version.settings().check.http.version, "HTTP/1.1");
}

TEST(CheckKeywords, findHeadersHiddenInTheVersion) {
  Loaded loaded("option httpchk GET /api HTTP/1.1\\r\\nHost:\\ example.com\\r\\nUser-Agent:\\ HC\n");
  ASSERT_LOADED(loaded);
  const HttpCheck& check = loaded.settings().check.http;
  EXPECT_EQ(check.version, "HTTP/1.1");
  ASSERT_EQ(check.headers.size(), 2u);
  EXPECT_EQ(check.headers[0], (std::pair<std::string, std::string>("host", "example.com")));
  EXPECT_EQ(check.headers[1], (std::pair<std::string, std::string>("user-agent", "HC")));
  EXPECT_EQ(loaded.diagnostics.count(config::Severity::warning), 1u);
}

TEST(CheckKeywords, readSendAndExpect) {
  Loaded loaded("option httpchk\n http-check send meth POST uri /h ver HTTP/1.1 hdr Host x body hi\n http-check send-state\n"
                "http-check disable-on-404\n http-check expect comment c ! status 200-204,301\n http-check expect ! string OK\n");
  ASSERT_LOADED(loaded);
  const HttpCheck& check = loaded.settings().check.http;
  EXPECT_EQ(check.method, "POST");
  EXPECT_EQ(check.uri, "/h");
  EXPECT_EQ(check.version, "HTTP/1.1");
  EXPECT_EQ(check.body, "hi");
  EXPECT_TRUE(check.send_state);
  EXPECT_TRUE(check.disable_on_404);
  ASSERT_EQ(check.expect.size(), 2u);
  EXPECT_TRUE(check.expect[0].negated);
  EXPECT_EQ(check.expect[0].comment, "c");
  EXPECT_EQ(check.expect[0].statuses, (std::vector<std::pair<std::uint16_t, std::uint16_t>>{{200, 204}, {301, 301}}));
  EXPECT_EQ(check.expect[1].pattern, "OK");
  EXPECT_NE(Loaded("http-check expect status abc\n").complaint(), "");
  EXPECT_NE(Loaded("http-check expect hdr name x\n").complaint(), "");
  EXPECT_NE(Loaded("http-check send hdr Host %[src]\n").complaint(), "");
}

}  // namespace
}  // namespace sluice::backend
