// Log lines: what comes out at a syslog server for traffic through the whole proxy. Expected lines are those of HAProxy
// 2.6 for the same traffic; times and ports of clients are masked.
#include <regex>

#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::echo;
using testing::listen_anywhere;
using testing::Origin;
using testing::Peer;
using testing::Proxy;

// A syslog server.
class Sink {
 public:
  Sink() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Sink() { ::close(fd_); }
  // The next line; "nothing" if none comes.
  std::string line(int patience_ms = 5000) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, patience_ms) <= 0) return "nothing";
    char text[70000];
    const ssize_t n = ::recv(fd_, text, sizeof(text), 0);
    std::string out(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }
  // Dates, client ports and small times as letters.
  std::string masked() {
    std::string text = line();
    text = std::regex_replace(text, std::regex(R"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})"), "DATE");
    text = std::regex_replace(text, std::regex(R"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})"), "DATE ZONE");
    text = std::regex_replace(text, std::regex(R"(127\.0\.0\.1:\d+)"), "CLIENT");
    text = std::regex_replace(text, std::regex(R"( \d+/\d+/\d+/\d+/(\+?)\d+ (\d{3}))"), " T/T/T/T/$1T $2");
    return text;
  }
  std::uint16_t port;

 private:
  int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string configuration(const Sink& sink, std::uint16_t server, std::string_view front, std::string_view mode = "http") {
  return fmt::format(
      "global\n log 127.0.0.1:{} format raw local0\n"
      "defaults\n mode {}\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n"
      "frontend f\n bind 127.0.0.1:0\n log global\n default_backend b\n{}\nbackend b\n server s1 127.0.0.1:{}\n",
      sink.port, mode, front, server);
}

constexpr std::string_view get = "GET /x?q=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

TEST(f_log, http_lines) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, " option httplog\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  const std::string answer = proxy.ask(get);
  EXPECT_EQ(sink.masked(), fmt::format("CLIENT [DATE] f b/s1 T/T/T/T/T 200 {} - - ---- 1/1/0/0/0 0/0 \"GET /x?q=1 HTTP/1.1\"",
                                       answer.size()));
}

TEST(f_log, captures_are_shown_and_encoded) {
  Sink sink;
  Origin origin([](Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 200 OK\r\nY: yes, very\r\nContent-Length: 0\r\n\r\n");
  });
  Proxy proxy(configuration(sink, origin.port,
                            " capture request header Host len 10\n capture request header X len 50\n"
                            " capture response header Y len 5\n log-format \"%hr %hs %hrl %hsl %{+Q}hr %ST\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask("GET / HTTP/1.1\r\nHost: www.example.org\r\nX: a#b|c{d}e\"f\x7f\\ g\r\n\r\n");
  EXPECT_EQ(sink.line(), "{www.exampl|a#23b#7Cc#7Bd#7De#22f#7F\\ g} {yes, } www.exampl a#23b#7Cc#7Bd#7De#22f#7F\\ g yes,  "
                         "\"{www.exampl|a#23b#7Cc#7Bd#7De#22f#7F\\ g}\" 200");
}

TEST(f_log, common_log_format) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, " option httplog clf\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask(get);
  const std::string line = sink.line();
  EXPECT_TRUE(std::regex_match(line, std::regex(
      R"(127\.0\.0\.1 - - \[[^\]]+\] "GET /x\?q=1 HTTP/1\.1" 200 \d+ "" "" \d+ \d{3} "f" "b" "s1" \d+ \d+ \d+ \d+ \d+ ---- 1 1 0 0 0 0 0 "" "" )")))
      << line;
}

TEST(f_log, parts_of_the_request_line) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port,
                            " log-format \"%HM %HP %HPO %HQ %HU %HV %{+Q}r %{+Q}CC %s %sp %{+Q}HU %ts %tsc %rc %ID\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask("GET http://www.example.org/p?q HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
  EXPECT_EQ(sink.line(), fmt::format("GET http://www.example.org/p /p ?q http://www.example.org/p?q HTTP/1.1 "
                                     "\"GET http://www.example.org/p?q HTTP/1.1\" \"\" s1 {} "
                                     "\"http://www.example.org/p?q\" -- ---- 0 -", origin.port));
  proxy.ask("GARBAGE\r\n\r\n");
  EXPECT_EQ(sink.line(), "<BADREQ> <BADREQ> <BADREQ> <BADREQ> <BADREQ> <BADREQ> \"<BADREQ>\" \"\" <NOSRV> - \"<BADREQ>\" "
                         "PR PR-- 0 -");
}

// error-log-format is for connections that failed before there was a request.
TEST(f_log, errors_have_their_level_and_no_format_of_their_own) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(fmt::format(
      "global\n log 127.0.0.1:{} format short local0\n"
      "defaults\n mode http\n log global\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n"
      "frontend f\n bind 127.0.0.1:0\n option log-separate-errors\n log-format \"fine %ST\"\n error-log-format \"wrong %ST\"\n"
      " http-request return status 503 if {{ path /b }}\n http-request return status 200 if {{ path /c }}\n"
      " http-request deny if {{ path /d }}\n default_backend b\nbackend b\n server s 127.0.0.1:{}\n", sink.port, origin.port));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  const auto ask = [&](std::string_view path) {
    proxy.ask(fmt::format("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", path));
    return sink.line();
  };
  EXPECT_EQ(ask("/a"), "<6>fine 200");
  EXPECT_EQ(ask("/b"), "<3>fine 503");
  EXPECT_EQ(ask("/c"), "<6>fine 200");
  EXPECT_EQ(ask("/d"), "<3>fine 403");
}

TEST(f_log, dontlog_normal_leaves_what_went_wrong) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port,
                            " option dontlog-normal\n log-format \"%HP %ST\"\n http-request deny if { path /d }\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask("GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy.ask("GET /d HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(sink.line(), "/d 403");
}

TEST(f_log, null_connections) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, " option dontlognull\n log-format \"%HP %ST\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  { Peer nothing_said(proxy.ports[0]); }
  proxy.ask("GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(sink.line(), "/a 200");
}

TEST(f_log, as_soon_as_possible) {
  Sink sink;
  Origin origin([](Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    peer.until("never");  // the body does not come
  });
  Proxy proxy(configuration(sink, origin.port, " option httplog\n option logasap\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send(get);
  const std::string line = sink.line();
  EXPECT_TRUE(std::regex_search(line, std::regex(R"( f b/s1 \d+/\d+/\d+/\d+/\+\d+ 200 \+\d+ - - ---- 1/1/1/1/0 0/0 "GET)"))) << line;
}

TEST(f_log, tcp_lines) {
  Sink sink;
  Origin origin([](Peer& peer) { peer.send(peer.until("\n")); });
  Proxy proxy(configuration(sink, origin.port, " option httplog\n", "tcp"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  EXPECT_NE(proxy.messages.find("Falling back to 'option tcplog'"), std::string::npos) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("hello\n");
  EXPECT_EQ(client.rest(), "hello\n");
  client.close();
  const std::string line = sink.line();
  EXPECT_TRUE(std::regex_search(line, std::regex(R"(^127\.0\.0\.1:\d+ \[[^\]]+\] f b/s1 \d+/\d+/\d+ 6 -- 1/1/0/0/0 0/0$)"))) << line;
}

TEST(f_log, the_plain_format_says_who_came) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, ""));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask(get);
  EXPECT_EQ(sink.masked(), "Connect from CLIENT to CLIENT (f/HTTP)");
}

// Manual 8.2.6: a counter of requests, so that ids made of it differ on one connection, too.
TEST(f_log, requests_of_one_connection_have_numbers_of_their_own) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, " unique-id-format %Ts-%rt\n log-format \"%rt %ID\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  const std::string first = sink.line(), second = sink.line();
  EXPECT_TRUE(std::regex_match(first, std::regex(R"((\d+) \d+-\1)"))) << first;
  EXPECT_TRUE(std::regex_match(second, std::regex(R"((\d+) \d+-\1)"))) << second;
  EXPECT_NE(first, second);
}

// Manual 8.2.6: what is a number in its table is one where items have types, and has no '+' there.
TEST(f_log, numbers_are_numbers_in_json) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(configuration(sink, origin.port, " option logasap\n log-format \"%{+json}o %(b)B %(u)Tu %(c)rc %(ms)ms %(d)Td\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask(get);
  const std::string line = sink.line();
  EXPECT_TRUE(std::regex_match(line, std::regex(R"(\{"b": \d+, "u": \d+, "c": 0, "ms": \d+, "d": 0\})"))) << line;
}

TEST(f_log, cookies_are_captured_both_ways) {
  Sink sink;
  Origin origin([](Peer& peer) {
    peer.message();
    peer.send("HTTP/1.1 200 OK\r\nSet-Cookie: x=y\r\nSet-Cookie: SID=abc; Path=/\r\nContent-Length: 0\r\n\r\n");
  });
  Proxy proxy(configuration(sink, origin.port, " capture cookie SID len 8\n log-format \"%CC %CS\"\n"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  proxy.ask("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; SID=0123456789\r\n\r\n");
  EXPECT_EQ(sink.line(), "SID=0123 SID=abc");
}

TEST(f_log, tcp_as_soon_as_possible) {
  Sink sink;
  Origin origin([](Peer& peer) { peer.until("never"); });
  Proxy proxy(configuration(sink, origin.port, " option tcplog\n option logasap\n", "tcp"));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  const std::string line = sink.line();
  EXPECT_TRUE(std::regex_search(line, std::regex(R"( f b/s1 \d+/\d+/\+\d+ \+0 -- 1/1/1/1/0 0/0$)"))) << line;
}

TEST(f_log, broken_proxy_headers) {
  Sink sink;
  Origin origin(echo);
  Proxy proxy(fmt::format("defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n"
                          "frontend f\n bind 127.0.0.1:0 accept-proxy name door\n log 127.0.0.1:{} format raw local0\n"
                          " default_backend b\nbackend b\n server s 127.0.0.1:{}\n", sink.port, origin.port));
  ASSERT_TRUE(proxy.works) << proxy.messages;
  Peer client(proxy.ports[0]);
  client.send("GARBAGE GARBAGE GARBAGE\r\n\r\n");
  client.rest();
  EXPECT_EQ(sink.masked(), "CLIENT [DATE] f/door: Received something which does not look like a PROXY protocol header");
}

TEST(f_log, wrong_lines_are_named) {
  const auto messages = [](std::string_view line) {
    return Proxy("defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n bind "
                 "127.0.0.1:0\n " + std::string(line) + "\n").messages;
  };
  EXPECT_NE(messages("log 127.0.0.1 locale0").find("facility"), std::string::npos);
  EXPECT_NE(messages("log 127.0.0.1 local0 infos").find("level"), std::string::npos);
  EXPECT_NE(messages("log 127.0.0.1 len 20 local0").find("20"), std::string::npos);
  EXPECT_NE(messages("log 127.0.0.1 format fancy local0").find("fancy"), std::string::npos);
  EXPECT_NE(messages("log ring@x local0").find("ring@"), std::string::npos);
  EXPECT_NE(messages("log-format \"%nonsense\"").find("nonsense"), std::string::npos);
}

}  // namespace
}  // namespace sluice::proxy
