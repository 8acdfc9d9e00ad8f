// The configuration lines of this layer, from text to settings, and what is wrong with them.
#include <gtest/gtest.h>

#include "backend/build.hpp"
#include "backend/check_builder.hpp"
#include "backend/settings.hpp"
#include "config/load.hpp"
#include "expr/pattern_store.hpp"

namespace sluice::backend {
namespace {

struct Loaded {
  explicit Loaded(std::string backend_lines, std::string before = {}) {
    config = config::load({{"t.cfg", before + "backend b\n" + backend_lines}}, {}, diagnostics);
    StateFiles files(config->global(), diagnostics);
    if (!diagnostics.failed()) backend = build(*config->backend("b"), config->global(), 0, states, files, Unresolved::is_an_error, diagnostics);
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
  EXPECT_EQ(loaded.server(2).id, 3u);  // its place
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

TEST(ServerLine, hasToFitTheMode) {
  EXPECT_NE(Loaded("server s 127.0.0.1:80 proto h1\n").complaint(), "");
  EXPECT_NE(Loaded("mode http\n server s 127.0.0.1:80 proto none\n").complaint(), "");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 redir http://img\n").complaint(), "");
  const Loaded multipath("server s mptcp4@127.0.0.1:80\n");
  ASSERT_LOADED(multipath);
  EXPECT_TRUE(multipath.backend->servers()[0]->connect_options().multipath);
}

TEST(ServerLine, takesItsRarerOptions) {
  Loaded loaded("server s1 127.0.0.1:80 cc reno hash-key addr-port init-state down check non-stick pool-low-conn 4 hash-key id32 hash-key addr-port proto none ws h1 slowstart 3s\n"
                "server s2 127.0.0.1:81 check agent-check agent-port 1 backup check-send-proxy send-proxy tfo disabled non-stick "
                "no-agent-check no-backup no-check-send-proxy no-send-proxy no-tfo enabled stick\n"
                "server s3 127.0.0.1:82 send-proxy-v2 no-send-proxy-v2\n");
  ASSERT_LOADED(loaded);
  const ServerSettings& first = loaded.server();
  EXPECT_EQ(first.congestion, "reno");
  EXPECT_EQ(first.hash_key, HashKey::addr_port);
  EXPECT_TRUE(first.never_stuck_to);
  EXPECT_EQ(first.slowstart, seconds(3));
  EXPECT_EQ(loaded.backend->servers()[0]->state().status().substr(0, 4), "DOWN");
  const ServerSettings& second = loaded.server(1);
  EXPECT_TRUE(second.check.enabled);
  EXPECT_FALSE(second.backup);
  EXPECT_EQ(second.send_proxy, SendProxy::none);
  EXPECT_FALSE(second.tfo);
  EXPECT_FALSE(second.disabled);
  EXPECT_FALSE(second.never_stuck_to);
  EXPECT_NE(loaded.backend->servers()[1]->state().status(), "MAINT");
  EXPECT_EQ(loaded.server(2).send_proxy, SendProxy::none);
}

TEST(BackendKeywords, keepaliveAndQueues) {
  Loaded loaded("option srvtcpka\n srvtcpka-idle 9\n srvtcpka-cnt 3\n srvtcpka-intvl 7\n hash-balance-factor 150\n"
                "balance hash int(1)\n hash-type consistent\n hash-preserve-affinity maxqueue\n");
  ASSERT_LOADED(loaded);
  EXPECT_EQ(loaded.settings().keepalive.count, 3);
  EXPECT_EQ(loaded.settings().keepalive.interval_seconds, 7);
  EXPECT_EQ(loaded.settings().hash.balance_factor, 150u);
  EXPECT_EQ(loaded.settings().hash.preserve, HashPlan::Preserve::maxqueue);
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

// What balancing would give it: weights, by server.
std::vector<unsigned> weights(const Loaded& loaded) {
  std::vector<unsigned> out;
  for (const auto& server : loaded.backend->servers()) out.push_back(server->settings().weight);
  return out;
}

TEST(UnnamedServer, getsWhatSticksToNoOtherOne) {
  Loaded dispatch("server s1 127.0.0.1:80\n dispatch 127.0.0.1:81\n server s2 127.0.0.1:82\n");
  ASSERT_LOADED(dispatch);
  EXPECT_EQ(weights(dispatch), (std::vector<unsigned>{0, 0, 1}));
  EXPECT_EQ(dispatch.server(2).name, "dispatch");
  EXPECT_EQ(dispatch.server(2).address.text(), "127.0.0.1:81");
  Loaded transparent("server s1 127.0.0.1:80\n", "defaults\n option transparent\n");
  ASSERT_LOADED(transparent);
  EXPECT_EQ(weights(transparent), (std::vector<unsigned>{0, 1}));
  EXPECT_TRUE(transparent.server(1).port_from_client);
  Loaded both("dispatch 127.0.0.1:81\n option transparent\n no option transparent\n dispatch 127.0.0.1:82\n");
  ASSERT_LOADED(both);
  EXPECT_EQ(weights(both), (std::vector<unsigned>{1}));
  EXPECT_EQ(both.server(0).address.text(), "127.0.0.1:82");
}

TEST(UnnamedServer, isPassedOverWhereBalanceChooses) {
  Loaded chosen("balance leastconn\n dispatch 127.0.0.1:81\n server s1 127.0.0.1:80\n");
  ASSERT_LOADED(chosen);
  EXPECT_EQ(weights(chosen), (std::vector<unsigned>{1}));
  EXPECT_NE(chosen.diagnostics.text().find("'dispatch' is ignored"), std::string::npos);
  Loaded alone("dispatch 127.0.0.1:81\n", "defaults\n balance roundrobin\n");
  ASSERT_LOADED(alone);
  EXPECT_EQ(weights(alone), (std::vector<unsigned>{1}));
  Loaded taken_back("no option transparent\n server s1 127.0.0.1:80\n", "defaults\n option transparent\n");
  ASSERT_LOADED(taken_back);
  EXPECT_EQ(weights(taken_back), (std::vector<unsigned>{1}));
}

TEST(UnnamedServer, isDeprecatedUnlessItIsExposed) {
  const auto warnings = [](std::string global) {
    return Loaded("dispatch 127.0.0.1:81\n", "global\n " + global + "\n").diagnostics.count(config::Severity::warning);
  };
  EXPECT_EQ(warnings("maxconn 10"), 1u);
  EXPECT_EQ(warnings("expose-deprecated-directives"), 0u);
  EXPECT_NE(Loaded("dispatch 127.0.0.1\n").complaint().find("lacks a port"), std::string::npos);
  EXPECT_NE(Loaded("dispatch 127.0.0.1:+80\n").complaint().find("offset"), std::string::npos);
}

TEST(BackendKeywords, noHeaderIsPretendedByItsZerothOccurrence) {
  Loaded loaded("source 127.0.0.9 usesrc hdr_ip(x-f,0)\n"), last("source 127.0.0.9 usesrc hdr_ip(x-f)\n");
  ASSERT_LOADED(loaded);
  EXPECT_EQ(loaded.settings().source.use, Source::Use::none);
  EXPECT_EQ(loaded.settings().source.address.host_text(), "127.0.0.9");
  EXPECT_EQ(last.settings().source.use, Source::Use::header);
}

TEST(ServerLine, needsNoPortWhereChecksSayTheirs) {
  const auto complaint = [](std::string rules) { return Loaded(std::move(rules) + "server s1 127.0.0.1 check\n").complaint(); };
  constexpr std::string_view none = "has neither service port nor check port";
  EXPECT_EQ(complaint("option tcp-check\n tcp-check connect port 80\n"), "");
  EXPECT_EQ(complaint("option tcp-check\n tcp-check set-var(check.p) int(80)\n tcp-check connect comment port port var(check.p)\n"), "");
  EXPECT_EQ(complaint("mode http\n option httpchk\n http-check connect port 80\n http-check send\n http-check connect port 81\n"), "");
  EXPECT_NE(complaint("option tcp-check\n tcp-check connect port 80\n tcp-check connect\n").find(none), std::string::npos);
  EXPECT_NE(complaint("option tcp-check\n tcp-check connect comment port\n").find(none), std::string::npos);
  EXPECT_NE(complaint("tcp-check connect port 80\n").find(none), std::string::npos);
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
  EXPECT_NE(Loaded("balance roundrobin(5)\n").complaint(), "");
  EXPECT_NE(Loaded("balance random(0)\n").complaint(), "");
  EXPECT_NE(Loaded("mode http\n retry-on 200\n").complaint(), "");
  EXPECT_NE(Loaded("mode http\n retry-on none 503\n").complaint(), "");
  EXPECT_NE(Loaded("mode http\n retry-on 503 none\n").complaint(), "");
  EXPECT_EQ(Loaded("mode http\n retry-on none\n").complaint(), "");
  EXPECT_NE(Loaded("option redispatch x\n").complaint(), "");
  EXPECT_NE(Loaded("source 127.0.0.1:1-2\n").complaint(), "");
}

// What checks are made of is compiled once everything can be referred to.
struct Planned : Loaded {
  explicit Planned(std::string backend_lines, std::string before = {}) : Loaded(std::move(backend_lines), std::move(before)) {
    if (!config->backend("b")) return;
    expr::Compiler compiler;
    compiler.variables = &names;
    compiler.files = &files;
    plan = build_check_plan(*config->backend("b"), compiler, {config->global(), 2, std::nullopt});
  }
  expr::VariableNames names;
  expr::PatternFiles files;
  std::unique_ptr<const CheckPlan> plan;
};
#define ASSERT_PLANNED(planned) ASSERT_TRUE((planned).plan) << (planned).diagnostics.text()

std::vector<std::string> titles(const CheckPlan& plan) {
  std::vector<std::string> out;
  for (const CheckStep& step : plan.steps) out.push_back(step.title);
  return out;
}
using Titles = std::vector<std::string>;

TEST(CheckKeywords, havePlansOfSteps) {
  Planned plain("server s 127.0.0.1:80 check\n");
  ASSERT_PLANNED(plain);
  EXPECT_EQ(plain.plan->steps.size(), 1u);
  EXPECT_EQ(plain.plan->success, CheckCode::L4OK);
  for (const std::string forms : {"", " /x", " GET /y", " GET /y HTTP/1.1", " GET /y HTTP/1.1 example.com"}) {
    Planned http("option httpchk" + forms + "\n");
    ASSERT_PLANNED(http);
    EXPECT_EQ(titles(*http.plan), (Titles{"connect", "send", "expect status"}));
    EXPECT_TRUE(http.plan->http);
    EXPECT_EQ(http.diagnostics.count(config::Severity::warning), 0u);
  }
  Planned dialogue("option tcp-check\n tcp-check comment c\n tcp-check send A\n tcp-check expect string B\n tcp-check expect ! rbinary 00\n");
  ASSERT_PLANNED(dialogue);
  EXPECT_EQ(titles(*dialogue.plan), (Titles{"", "connect", "send", "expect string 'B'", "expect binary regex"}));
  EXPECT_EQ(dialogue.plan->steps[2].comment, "c");
  EXPECT_EQ(dialogue.plan->steps[2].number, 2u);
  EXPECT_EQ(dialogue.plan->success_info, "(tcp-check)");
}

TEST(CheckKeywords, showTheModernFormOfHiddenHeaders) {
  Planned loaded("option httpchk GET /api HTTP/1.1\\r\\nHost:\\ example.com\\r\\nUser-Agent:\\ HC\n");
  ASSERT_PLANNED(loaded);
  ASSERT_EQ(loaded.diagnostics.count(config::Severity::warning), 1u);
  EXPECT_NE(loaded.diagnostics.text().find("http-check send hdr host example.com hdr user-agent HC"), std::string::npos) << loaded.diagnostics.text();
}

TEST(CheckKeywords, ofABackendReplaceThoseOfItsDefaults) {
  const std::string defaults = "defaults\n option httpchk\n http-check expect status 200\n";
  Planned inherited("server s 127.0.0.1:80 check\n", defaults);
  ASSERT_PLANNED(inherited);
  EXPECT_EQ(inherited.plan->steps.size(), 3u);
  Planned own("http-check expect string a\n http-check expect string b\n", defaults);
  ASSERT_PLANNED(own);
  EXPECT_EQ(titles(*own.plan), (Titles{"connect", "send", "expect string", "expect string"}));
}

TEST(CheckKeywords, complain) {
  const std::string wrong[] = {
      "option httpchk\n http-check expect status abc\n", "option httpchk\n http-check expect hdr x\n",
      "option httpchk\n http-check expect\n", "option httpchk\n http-check expect nothing x\n", "option httpchk GET / HTTP/0.9\n",
      "option httpchk\n http-check send what x\n", "option httpchk\n http-check expect rstring (\n",
      "option httpchk\n http-check expect hdr name-lf -m reg x\n", "option httpchk a b c d e\n",
      "option tcp-check\n tcp-check send-binary 123\n", "option tcp-check\n tcp-check expect binary xy\n",
      "option tcp-check\n tcp-check send A\n tcp-check connect\n", "option tcp-check\n tcp-check connect ssl\n",
      "option tcp-check\n tcp-check connect port 0\n", "option tcp-check\n tcp-check set-var(txn.x) int(1)\n",
      "option tcp-check\n tcp-check expect ok-status L7STS string x\n", "option pgsql-check\n", "option smtpchk HELO\n",
      "option external-check\n external-check command /bin/true\n", "option redis-check now\n"};
  for (const std::string& lines : wrong) EXPECT_NE(Planned(lines).complaint(), "") << lines;
  EXPECT_NE(Planned("option httpchk GET / HTTP/2\n").diagnostics.text().find("'HTTP/1.1' is sent"), std::string::npos);
  EXPECT_NE(Planned("http-check expect status 200\n").diagnostics.text().find("without 'option httpchk'"), std::string::npos);
}

TEST(ServerLine, hasOptionsAboutChecks) {
  Loaded loaded("mode http\n server s 127.0.0.1:80 check observe layer7 error-limit 5 on-error mark-down on-marked-down shutdown-sessions "
                "on-marked-up shutdown-backup-sessions init-state fully-down agent-check agent-port 9 agent-inter 1s agent-addr 127.0.0.9 "
                "agent-send hi check-via-socks4 socks4 127.0.0.1:1080\n");
  ASSERT_LOADED(loaded);
  const CheckSettings& check = loaded.server().check;
  EXPECT_EQ(check.observe, Observe::layer7);
  EXPECT_EQ(check.error_limit, 5u);
  EXPECT_EQ(check.on_error, OnError::mark_down);
  EXPECT_TRUE(check.shutdown_when_down && check.shutdown_backups_when_up && check.via_socks4);
  EXPECT_EQ(check.init_state, InitState::fully_down);
  EXPECT_TRUE(check.agent.enabled);
  EXPECT_EQ(check.agent.port, 9);
  EXPECT_EQ(check.agent.inter, seconds(1));
  EXPECT_EQ(check.agent.address->host_text(), "127.0.0.9");
  EXPECT_EQ(check.agent.send, "hi");
  EXPECT_EQ(loaded.server().socks4->text(), "127.0.0.1:1080");
  EXPECT_EQ(loaded.backend->servers()[0]->state().status(), "DOWN");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 agent-check\n").complaint(), "");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 check track t\n").complaint(), "");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 check observe layer7\n").complaint(), "");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 check check-proto h1\n").complaint(), "");
  EXPECT_NE(Loaded("server s 127.0.0.1:80 on-marked-down nothing\n").complaint(), "");
}

TEST(ServerLine, takesTheTutorialsTimeoutWithAWarning) {
  Loaded loaded("server s 127.0.0.1:80 check timeout 2s\n");
  ASSERT_LOADED(loaded);
  EXPECT_EQ(loaded.server().check.timeout, seconds(2));
  EXPECT_NE(loaded.diagnostics.text().find("timeout check 2s"), std::string::npos);
}

}  // namespace
}  // namespace sluice::backend
