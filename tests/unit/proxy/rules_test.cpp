// Rules and what they do, through the whole proxy.
#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::defaults;
using testing::echo;
using testing::Origin;
using testing::Peer;
using testing::Proxy;
using testing::simple;

std::string ask(Proxy& proxy, std::string_view target, std::string_view more = "") {
  return proxy.ask(fmt::format("GET {} HTTP/1.1\r\nhost: a\r\n{}\r\n", target, more));
}

TEST(d_rules, answers_made_here) {
  Proxy proxy(defaults() + R"(
frontend f
 bind 127.0.0.1:0
 monitor-uri /alive
 http-request deny if { path /deny }
 http-request deny status 429 hdr x-why "too many" if { path /many }
 http-request return status 200 content-type text/plain string "hello there" if { path /hello }
 http-request return status 201 content-type text/plain lf-string "%[path] %[req.hdr(host)]" hdr x-p "%[path]" if { path /format }
 http-request return status 404 if { path /empty }
 http-request redirect location /new if { path /old }
 http-request redirect prefix https://www code 301 drop-query append-slash if { path_beg /pre }
 http-request redirect scheme https code 308 if { path /scheme }
 http-request auth realm Secret if { path /auth }
 http-request reject if { path /reject }
 redirect location /legacy if { path /legacy-rule }
)");
  ASSERT_TRUE(proxy.works) << proxy.messages;
  EXPECT_EQ(ask(proxy, "/deny"),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 93\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n"
            "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n");
  const std::string many = ask(proxy, "/many");
  EXPECT_EQ(many, "HTTP/1.1 429 Too Many Requests\r\nx-why: too many\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(ask(proxy, "/hello"), "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-type: text/plain\r\n\r\nhello there");
  EXPECT_EQ(ask(proxy, "/format"),
            "HTTP/1.1 201 Created\r\nx-p: /format\r\ncontent-length: 9\r\ncontent-type: text/plain\r\n\r\n/format a");
  EXPECT_EQ(ask(proxy, "/empty"), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(ask(proxy, "/old"), "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /new\r\ncache-control: no-cache\r\n\r\n");
  EXPECT_EQ(ask(proxy, "/pre/x?q"), "HTTP/1.1 301 Moved Permanently\r\ncontent-length: 0\r\nlocation: https://www/pre/x/\r\n\r\n");
  EXPECT_EQ(ask(proxy, "/scheme"), "HTTP/1.1 308 Permanent Redirect\r\ncontent-length: 0\r\nlocation: https://a/scheme\r\n\r\n");
  EXPECT_NE(ask(proxy, "/auth").find("www-authenticate: Basic realm=\"Secret\""), std::string::npos);
  EXPECT_EQ(ask(proxy, "/reject"), "");
  EXPECT_NE(ask(proxy, "/legacy-rule").find("location: /legacy\r\n"), std::string::npos);
  EXPECT_TRUE(ask(proxy, "/alive").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(ask(proxy, "/nowhere").starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST(d_rules, rules_that_are_never_reached_are_pointed_out) {
  const auto said = [](std::string_view lines) {
    Proxy proxy(defaults() + fmt::format("listen l\n bind 127.0.0.1:0\n{}", lines));
    EXPECT_TRUE(proxy.works) << proxy.messages;
    std::string all;
    for (const Advice& advice : proxy.proxies().advice) all += advice.text + "\n";
    return all;
  };
  EXPECT_NE(said(" http-request return\n http-request deny\n").find("'http-request' rule is never reached: 'return' in line"), std::string::npos);
  EXPECT_EQ(said(" http-request return if TRUE\n http-request deny\n"), "");
  EXPECT_EQ(said(" http-request redirect location / ignore-empty\n http-request deny\n"), "");
  EXPECT_NE(said(" redirect location /\n redirect location /x\n").find("never reached"), std::string::npos);
}

TEST(d_rules, bind_maxconn_leaves_the_next_one_waiting) {
  Proxy proxy(defaults() + "listen l\n bind 127.0.0.1:0 maxconn 1\n bind 127.0.0.1:0\n http-request return status 200\n");
  ASSERT_TRUE(proxy.works) << proxy.messages;
  constexpr std::string_view get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  Peer first(proxy.ports[0]);
  first.send(get);
  EXPECT_TRUE(first.message().starts_with("HTTP/1.1 200 "));
  Peer second(proxy.ports[0]), other(proxy.ports[1]);
  second.send(get);
  other.send(get);
  EXPECT_TRUE(other.message().starts_with("HTTP/1.1 200 "));  // another line has its own limit
  const std::atomic<std::uint32_t>* const sessions = proxy.proxies().frontends[0]->binds[0].sessions.get();
  ASSERT_TRUE(sessions);
  EXPECT_EQ(sessions->load(), 1u);
  first.close();
  EXPECT_TRUE(second.message().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(sessions->load(), 1u);
}

// Manual 5.1 "maxconn": the same value for each address of a line. Each has a number of its own, too.
TEST(d_rules, bind_maxconn_is_of_each_address) {
  Proxy proxy(defaults() + "listen l\n bind 127.0.0.1:0,127.0.0.1:0 maxconn 1 backlog 0\n"
              " http-request return status 200 content-type text/plain lf-string \"socket %[so_id]\"\n");
  ASSERT_TRUE(proxy.works) << proxy.messages;
  constexpr std::string_view get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  Peer first(proxy.ports[0]), other(proxy.ports[1]);
  first.send(get);
  EXPECT_TRUE(first.message().ends_with("socket 1"));
  other.send(get);  // the first one is still there
  EXPECT_TRUE(other.message().ends_with("socket 2"));
}

// The whole body is waited for before the rules of the section that asks for it.
void expect_body_seen_by_rules(std::string_view front, std::string_view back) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}, front, back));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n");
  client.send("a=1&b");
  client.send("=two");
  const std::string answer = client.message();
  EXPECT_NE(answer.find("x-body: a=1&b=two 9 two\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\na=1&b=two")) << answer;
  client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\na=1\r\n3;x\r");
  client.send("\n&b=\r\n1\r\nx\r\n0\r\n\r\n");
  const std::string head = client.message();  // the origin answers as soon as it has seen the head
  EXPECT_NE(head.find("x-body: a=1&b=x 7 x\r\n"), std::string::npos) << head;
}

TEST(d_rules, buffered_bodies_can_be_looked_at) {
  const std::string rule = " http-request set-header x-body \"%[req.body] %[req.body_len] %[req.body_param(b)]\"";
  expect_body_seen_by_rules(" option http-buffer-request\n" + rule, "");
  expect_body_seen_by_rules("", " option http-buffer-request\n" + rule);
  expect_body_seen_by_rules(" option http-buffer-request", rule);
}

TEST(d_rules, buffering_invites_a_body_that_is_held_back) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}, " option http-buffer-request"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.message().ends_with("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"));
}

TEST(d_rules, change_what_the_server_gets) {
  Origin origin(echo);
  Proxy proxy(simple({origin.port}, R"(
 http-request set-header x-set one
 http-request add-header x-add two
 http-request del-header x-gone
 http-request del-header x-pre- -m beg
 http-request replace-header x-rep (.*)b(.*) \2-\1
 http-request replace-value x-list ^a(.*) z\1
 http-request set-path /new%[path] if { path /path }
 http-request set-query a=%[query] if { path /query }
 http-request replace-path /strip/(.*) /\1
 http-request set-method PUT if { path /method }
 http-request set-method %[query,url_dec] if { path /made }
 http-request replace-pathq ^/odd/(.*) "/\\1 \xc3\xa9#" if { path /odd/x }
 http-request set-var(txn.v) str(seen)
 http-request set-header x-var %[var(txn.v)]
 option forwardfor
)"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  const std::string seen = ask(proxy, "/strip/me?q=1", "x-gone: 1\r\nx-pre-1: a\r\nx-rep: abc\r\nx-list: ab, b, ac\r\n");
  EXPECT_NE(seen.find("GET /me?q=1 HTTP/1.1\r\n"), std::string::npos) << seen;
  for (const std::string_view line : {"x-set: one\r\n", "x-add: two\r\n", "x-rep: c-a\r\n", "x-list: zb, b,zc\r\n", "x-var: seen\r\n", "x-forwarded-for: 127.0.0.1\r\n"})
    EXPECT_NE(seen.find(line), std::string::npos) << line << seen;
  EXPECT_EQ(seen.find("x-gone"), std::string::npos);
  EXPECT_EQ(seen.find("x-pre-"), std::string::npos);
  EXPECT_NE(ask(proxy, "/path?x").find("GET /new/path?x HTTP"), std::string::npos);
  EXPECT_NE(ask(proxy, "/made?A-B").find("A-B /made?A-B HTTP"), std::string::npos);
  EXPECT_NE(ask(proxy, "/made?A%20B").find("HTTP/1.1 500"), std::string::npos) << "what is no method fails";
  EXPECT_NE(ask(proxy, "/odd/x?y").find("GET /x?y%20%C3%A9%23 HTTP"), std::string::npos);
  EXPECT_NE(ask(proxy, "/query?x").find("GET /query?a=x HTTP"), std::string::npos);
  EXPECT_NE(ask(proxy, "/method").find("PUT /method HTTP"), std::string::npos);
}

TEST(d_rules, response_rules_and_after_response) {
  Origin origin([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) peer.send("HTTP/1.1 200 OK\r\nserver: x\r\ncontent-length: 2\r\n\r\nok");
  });
  Proxy proxy(simple({origin.port}, R"(
 http-response set-status 202 reason Fine
 http-response del-header server
 http-after-response set-header x-after yes
 http-request deny if { path /deny }
)"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  EXPECT_EQ(ask(proxy, "/"), "HTTP/1.1 202 Fine\r\ncontent-length: 2\r\nx-after: yes\r\n\r\nok");
  EXPECT_NE(ask(proxy, "/deny").find("x-after: yes\r\n"), std::string::npos);
}

TEST(d_rules, a_thousand_routes_are_one_lookup_and_choose_the_first) {
  Origin one([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none");
  });
  Origin two([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo");
  });
  std::string text = defaults() + "frontend f\n bind 127.0.0.1:0\n default_backend two\n acl special path_end -i .PNG\n use_backend two if special\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format(" acl r{} path_beg /r{}/\n use_backend {} if r{}\n", i, i, i % 2 ? "two" : "one", i);
  text += fmt::format("backend one\n server s 127.0.0.1:{}\nbackend two\n server s 127.0.0.1:{}\n", one.port, two.port);
  Proxy proxy(text);
  ASSERT_TRUE(proxy.works) << proxy.messages;
  EXPECT_EQ(proxy.proxies().frontend("f")->routes.indexed(), 1001u);
  EXPECT_TRUE(ask(proxy, "/r0/x").ends_with("one"));
  EXPECT_TRUE(ask(proxy, "/r999/x").ends_with("two"));
  EXPECT_TRUE(ask(proxy, "/r998/x").ends_with("one"));
  EXPECT_TRUE(ask(proxy, "/r998/x.png").ends_with("two"));
  EXPECT_TRUE(ask(proxy, "/none").ends_with("two"));
}

// Manual 4.4, "return": pages are those of a few statuses, a body that is not empty has a type, and one that is has none.
TEST(d_rules, answers_are_whole) {
  const auto with = [](std::string_view rule) {
    return std::make_unique<Proxy>(defaults() + fmt::format("frontend f\n bind 127.0.0.1:0\n http-request {}\n", rule));
  };
  char name[] = "/tmp/sluice-answer-XXXXXX";
  const int file = ::mkstemp(name);
  for (const std::string_view wrong : {"return status 418 default-errorfiles", "deny status 418 default-errorfiles"})
    EXPECT_FALSE(with(wrong)->works) << wrong;
  const auto empty = with(fmt::format("return content-type text/plain file {}", name));
  EXPECT_TRUE(empty->works) << empty->messages;
  EXPECT_NE(empty->messages.find("'text/plain' is left out"), std::string::npos) << empty->messages;
  EXPECT_EQ(empty->ask("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").find("text/plain"), std::string::npos);
  const std::string_view page = "HTTP/1.0 410 Gone\r\ncontent-length: 0\r\nwww-authenticate: Digest realm=there\r\n\r\n";
  EXPECT_EQ(::write(file, page.data(), page.size()), static_cast<ssize_t>(page.size()));
  ::close(file);
  const auto asks = with(fmt::format("auth realm Here\n errorfile 401 {0}\n errorfile 410 {0}", name));
  EXPECT_FALSE(with(fmt::format("return file {}", name))->works);
  ASSERT_TRUE(asks->works) << asks->messages;
  const std::string challenge = asks->ask("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(challenge.find("there"), std::string::npos) << challenge;  // the page's own challenge is replaced
  EXPECT_NE(challenge.find("Basic realm=\"Here\""), std::string::npos) << challenge;
  EXPECT_FALSE(with(fmt::format("return errorfile {} status 418", name))->works);
  EXPECT_TRUE(with(fmt::format("return errorfile {} status 410", name))->works);
  EXPECT_NE(with("wait-for-body time 1s use-large-buffer")->messages.find("tune.bufsize.large"), std::string::npos);
  EXPECT_TRUE(with("set-nice 5000")->works);  // HAProxy takes it, too
  const auto long_uri = with(fmt::format("allow\n errorfile 414 {}", name));
  EXPECT_TRUE(long_uri->works) << long_uri->messages;
  ::unlink(name);
}

TEST(d_rules, what_is_wrong_is_said) {
  for (const std::string_view wrong : {" http-request frobnicate", " http-request set-header x", " use_backend nowhere",
                                       " http-request deny if nosuchacl", " default_backend nowhere", " http-request return status 1000",
                                       " bind 127.0.0.1:0 proto none"}) {
    Proxy proxy(defaults() + fmt::format("frontend f\n bind 127.0.0.1:0\n{}\n", wrong));
    EXPECT_FALSE(proxy.works) << wrong;
    EXPECT_NE(proxy.messages.find("test.cfg:8"), std::string::npos) << proxy.messages;
  }
}

TEST(d_tcp_rules, content_is_inspected) {
  Origin origin([](Peer& peer) { peer.send("got " + peer.exactly(5)); });
  Proxy proxy(fmt::format(R"(
defaults
 timeout client 5s
 timeout server 5s
 timeout connect 5s
listen l
 bind 127.0.0.1:0
 tcp-request inspect-delay 5s
 tcp-request content reject if {{ req.payload(0,5) -m str wrong }}
 tcp-request content accept if {{ req.len gt 4 }}
 server s 127.0.0.1:{}
)", origin.port));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  {
    Peer client(proxy.ports[0]);
    client.send("ri");
    client.send("ght");
    EXPECT_EQ(client.rest(), "got right");
  }
  {
    Peer client(proxy.ports[0]);
    client.send("wrong");
    EXPECT_EQ(client.rest(), "");
  }
}

}  // namespace
}  // namespace sluice::proxy
