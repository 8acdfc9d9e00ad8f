// Response heads and body framing; expectations as HAProxy 2.6 was seen to forward them, every refusal is a 502.
#include <gtest/gtest.h>

#include "unit/http/h1_testing.hpp"

namespace sluice::http::h1 {
namespace {

struct Case {
  std::string_view name;
  std::string_view text;
  std::string_view expected;
};

void run(std::span<const Case> cases, const Options& options = {}) {
  for (const Case& c : cases) {
    for (const Arrival arrival : {Arrival::whole, Arrival::bytewise}) {
      std::string got = forwarded_response(c.text, options, arrival);
      if (c.expected.size() == 3) got.resize(3);
      EXPECT_EQ(got, c.expected) << c.name << (arrival == Arrival::whole ? "" : " byte by byte");
    }
  }
}

using namespace std::string_view_literals;

TEST(H1Response, statusLines) {
  const Case cases[] = {
      {"plain", "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", "HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n"},
      {"no reason", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 \r\n\r\n"},
      {"empty reason", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200 \r\n\r\n"},
      {"any reason", "HTTP/1.1 200 O\x01K\xff x\r\n\r\n", "HTTP/1.1 200 O\x01K\xff x\r\n\r\n"},
      {"NUL in reason", "HTTP/1.1 200 a\0b\r\n\r\n"sv, "502"},
      {"CR in reason", "HTTP/1.1 200 a\rb\r\n\r\n", "502"},
      {"2 digits, stricter", "HTTP/1.1 20 OK\r\n\r\n", "502 invalid status line @9"},
      {"4 digits, stricter", "HTTP/1.1 2000 OK\r\n\r\n", "502"},
      {"below 100, stricter", "HTTP/1.1 099 OK\r\n\r\n", "502"},
      {"beyond 599", "HTTP/1.1 999 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n"},
      {"blanks", "HTTP/1.1  200  OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"1.0", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"},
      {"2.0", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"other protocol", "ICY 200 OK\r\n\r\n", "502"},
      {"no head", "hello\r\n\r\n", "502"},
      {"digits", "HTTP/1.11 200 OK\r\n\r\n", "502"},
  };
  run(cases);
  const Case relaxed[] = {{"digits", "HTTP/1.11 200 OK\r\nX(: y\r\n\r\n", "HTTP/1.1 200 OK\r\nx(: y\r\n\r\n"},
                          {"chunked twice",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"}};
  run(relaxed, {.relax = true});
}

#define OK "HTTP/1.1 200 OK\r\n"
TEST(H1Response, fields) {
  const Case cases[] = {
      {"bad name", OK "X(: b\r\n\r\n", "502"},
      {"blank before colon", OK "X : b\r\n\r\n", "502"},
      {"fold", OK "X: b\r\n c\r\n\r\n", OK "x: b   c\r\n\r\n"},
      {"both", OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", OK "transfer-encoding: chunked\r\n\r\n"},
      {"lengths differ", OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", "502"},
      {"gzip", OK "Transfer-Encoding: gzip\r\n\r\n", "502"},
      {"gzip, chunked", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "502"},
      {"chunked twice", OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "502"},
      {"204 with length", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n"},
      {"204 chunked", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n"},
      {"304 with length", "HTTP/1.1 304 NM\r\nContent-Length: 2\r\n\r\n",
       "HTTP/1.1 304 NM\r\ncontent-length: 2\r\n\r\n"},
      {"101 with length", "HTTP/1.1 101 SP\r\nUpgrade: foo\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 101 SP\r\nupgrade: foo\r\n\r\n"},
      {"hosts in a response are nothing special", OK "Host: a\r\nHost: b c\r\n\r\n", OK "host: a\r\nhost: b c\r\n\r\n"},
  };
  run(cases);
}

TEST(H1Framing, requests) {
  const auto body = [](std::string_view text) { return body_of(ParsedRequest(text).request); };
  EXPECT_EQ(body("GET / HTTP/1.1\r\n\r\n"), Body{});
  EXPECT_EQ(body("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), Body{});
  EXPECT_EQ(body("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), (Body{BodyKind::length, 5}));
  EXPECT_EQ(body("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
            (Body{BodyKind::chunked, 0}));
  EXPECT_EQ(body("CONNECT a:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), (Body{BodyKind::tunnel, 0}));
}

TEST(H1Framing, responses) {
  const auto body = [](std::string_view text, Method asked) {
    return body_of(ParsedResponse(text).response, asked).kind;
  };
  EXPECT_EQ(body(OK "\r\n", Method::get), BodyKind::until_close);
  EXPECT_EQ(body(OK "Content-Length: 0\r\n\r\n", Method::get), BodyKind::none);
  EXPECT_EQ(body(OK "Content-Length: 1\r\n\r\n", Method::get), BodyKind::length);
  EXPECT_EQ(body(OK "Content-Length: 1\r\n\r\n", Method::head), BodyKind::none);
  EXPECT_EQ(body(OK "Transfer-Encoding: chunked\r\n\r\n", Method::head), BodyKind::none);
  EXPECT_EQ(body(OK "\r\n", Method::head), BodyKind::none);
  EXPECT_EQ(body(OK "Transfer-Encoding: chunked\r\n\r\n", Method::get), BodyKind::chunked);
  EXPECT_EQ(body("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", Method::get), BodyKind::none);
  EXPECT_EQ(body("HTTP/1.1 204 x\r\n\r\n", Method::get), BodyKind::none);
  EXPECT_EQ(body("HTTP/1.1 100 x\r\n\r\n", Method::get), BodyKind::none);
  EXPECT_EQ(body("HTTP/1.1 101 x\r\n\r\n", Method::get), BodyKind::tunnel);
  EXPECT_EQ(body(OK "Content-Length: 5\r\n\r\n", Method::connect), BodyKind::tunnel);
  EXPECT_EQ(body("HTTP/1.1 404 x\r\nContent-Length: 5\r\n\r\n", Method::connect), BodyKind::length);
}

TEST(H1Framing, keepAlive) {
  const auto request = [](std::string_view text) { return wants_keep_alive(ParsedRequest(text).request); };
  EXPECT_TRUE(request("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(request("GET / HTTP/1.1\r\nConnection: keep-alive, close\r\n\r\n"));
  EXPECT_FALSE(request("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
  const ParsedResponse response(OK "Content-Length: 1\r\n\r\n");
  EXPECT_TRUE(wants_keep_alive(response.response, {BodyKind::length, 1}));
  EXPECT_FALSE(wants_keep_alive(response.response, {BodyKind::until_close, 0}));
}

TEST(H1Framing, hopByHop) {
  const auto filtered = [](std::string_view fields, Upgrade upgrade) {
    ParsedRequest parsed("GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n");
    remove_hop_by_hop(parsed.request.fields, upgrade);
    std::string out;
    for (const Field& f : parsed.request.fields) out += std::string(f.name()) + "=" + std::string(f.value()) + "|";
    return out;
  };
  EXPECT_EQ(filtered("Connection: close\r\nA: b\r\n", Upgrade::drop), "a=b|");
  EXPECT_EQ(filtered("Connection: close, foo ,keep-alive,bar\r\nFoo: b\r\n", Upgrade::drop),
            "connection=foo,bar|foo=b|");
  EXPECT_EQ(filtered("Connection: a\r\nConnection: close\r\n", Upgrade::drop), "connection=a|");
  EXPECT_EQ(filtered("Connection: content-length, host\r\n", Upgrade::drop), "connection=content-length, host|");
  EXPECT_EQ(filtered("Connection: Upgrade\r\nUpgrade: foo\r\n", Upgrade::forward), "connection=Upgrade|upgrade=foo|");
  EXPECT_EQ(filtered("Connection: Upgrade, x\r\nUpgrade: foo\r\n", Upgrade::drop), "connection=x|");
  EXPECT_EQ(filtered("TE: gzip, trailers\r\n", Upgrade::drop), "te=trailers|");
  EXPECT_EQ(filtered("TE: gzip\r\nTE: trailers\r\n", Upgrade::drop), "te=trailers|");
  EXPECT_EQ(filtered("TE: gzip\r\n", Upgrade::drop), "");
  EXPECT_EQ(filtered("Connection: a,,,,close,b,c,d,e,f,g\r\n", Upgrade::drop), "connection=a,,,,b,c,d,e,f,g|");
}

TEST(H1Framing, setFraming) {
  Arena arena;
  Fields fields(arena);
  set_framing(fields, {BodyKind::length, 12});
  EXPECT_EQ(*fields.value(HeaderId::content_length), "12");
  set_framing(fields, {BodyKind::chunked, 0});
  EXPECT_FALSE(fields.has(HeaderId::content_length));
  EXPECT_EQ(*fields.value(HeaderId::transfer_encoding), "chunked");
  set_framing(fields, {BodyKind::none, 0});
  EXPECT_TRUE(fields.empty());
}

TEST(H1Write, saysIfItDoesNotFit) {
  ParsedRequest parsed("GET /abc HTTP/1.1\r\nHost: a\r\n\r\n");
  char room[64];
  const std::string_view whole = "GET /abc HTTP/1.1\r\nhost: a\r\n\r\n";
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(write_head({room, n}, parsed.request), 0u);
  EXPECT_EQ(write_head(room, parsed.request), whole.size());
  EXPECT_EQ(std::string_view(room, whole.size()), whole);
}

// What nobody has changed goes out as it came, if that is what would be written.
TEST(H1Write, headsAsTheyCame) {
  constexpr std::string_view lines = "Host: h\r\nX-Very-Long-Name-Of-More-Than-Thirty-Two-Bytes: 1\r\nempty: \r\n\r\n";
  constexpr std::string_view lower = "host: h\r\nx-very-long-name-of-more-than-thirty-two-bytes: 1\r\nempty: \r\n\r\n";
  const std::string head = "GET / HTTP/1.1\r\n" + std::string(lines);
  EXPECT_EQ(ParsedRequest(head).request.fields.unchanged(), lower);
  EXPECT_EQ(ParsedRequest("GET / HTTP/1.1\r\n\r\n").request.fields.unchanged(), "\r\n");
  // Written otherwise than it came: blanks, line ends, folding, several equal lengths, a name with an odd letter is fine.
  for (const std::string_view odd : {"a:b\r\n\r\n", "a:  b\r\n\r\n", "a: b \r\n\r\n", "a: b\n\r\n", "a: b\r\n\n", "a: b\r\n c\r\n\r\n",
                                     "content-length: 1\r\ncontent-length: 1\r\n\r\n"}) {
    ParsedRequest parsed("GET / HTTP/1.1\r\n" + std::string(odd));
    ASSERT_EQ(parsed.outcome.state, Outcome::State::done) << odd;
    EXPECT_EQ(parsed.request.fields.unchanged(), "") << odd;
  }
  EXPECT_EQ(ParsedRequest("GET / HTTP/1.1\r\nx!Y: b\r\n\r\n").request.fields.unchanged(), "x!y: b\r\n\r\n");
  const auto changed = [&](auto change) {
    ParsedRequest parsed(head);
    change(parsed.request.fields);
    std::string out(512, 0);
    out.resize(write_head(out, parsed.request));
    std::string plain(512, 0);
    Writer writer(plain);
    write_request_line(writer, parsed.request);
    writer.fields(parsed.request.fields) << "\r\n";
    EXPECT_EQ(out, writer.view());
    return parsed.request.fields.unchanged().empty();
  };
  EXPECT_FALSE(changed([](Fields&) {}));
  EXPECT_FALSE(changed([](Fields& fields) { fields.remove("not-there"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.remove("empty"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.remove(HeaderId::host); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.add("y", "z"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.append("y", "z", HeaderId::other); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.set("host", "other"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.set_referred("empty", "no more"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.replace_value(0, "other"); }));
  EXPECT_TRUE(changed([](Fields& fields) { fields.respell(0, "HOST"); }));
}

TEST(H1Write, answersAsTheyCame) {
  const std::string head = "HTTP/1.1 200 Fine\r\nContent-Length: 3\r\n\r\n";
  const std::string lower = "HTTP/1.1 200 Fine\r\ncontent-length: 3\r\n\r\n";
  ParsedResponse parsed(head + "abc");
  EXPECT_EQ(parsed.response.unchanged(), lower);
  parsed.response.set_status(201);
  EXPECT_EQ(parsed.response.unchanged(), "");
  ParsedResponse other(head + "abc");
  other.response.fields.add("a", "b");
  EXPECT_EQ(other.response.unchanged(), "");
  EXPECT_EQ(ParsedResponse("HTTP/1.0 200 Fine\r\na: b\r\n\r\n").response.unchanged(), "");
  EXPECT_EQ(ParsedResponse("\r\nHTTP/1.1 200 Fine\r\na: b\r\n\r\n").response.unchanged(), "");
}

TEST(H1Write, requestsAsTheyCame) {
  const auto same = [](std::string_view text) {
    const ParsedRequest parsed(text);
    EXPECT_EQ(parsed.outcome.state, Outcome::State::done) << text;
    const std::string_view unchanged = parsed.request.unchanged();
    if (!unchanged.empty()) {
      std::string out(512, 0);
      out.resize(write_head(out, parsed.request));
      EXPECT_EQ(unchanged, out);
      EXPECT_EQ(unchanged.data(), parsed.bytes.data());
    }
    return !unchanged.empty();
  };
  EXPECT_TRUE(same("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(same("PROPFIND /a/b?c HTTP/1.1\r\nHost: h\r\nA-Name-Of-More-Than-Sixteen: b\r\n\r\n"));
  EXPECT_TRUE(same("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(same("GET http://h:81/ HTTP/1.1\r\nHost: h:81\r\n\r\n"));
  EXPECT_FALSE(same("GET http://h:80/ HTTP/1.1\r\nHost: h:80\r\n\r\n"));  // the port is taken out
  EXPECT_FALSE(same("GET http://h:80/ HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(same("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"));
  EXPECT_FALSE(same("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(same("GET / HTTP/1.0\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(same("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(same("GET / HTTP/1.1\nHost: h\r\n\r\n"));
  EXPECT_FALSE(same("GET / HTTP/1.1\r\nHost:h\r\n\r\n"));
  const auto changed = [](auto change) {
    ParsedRequest parsed("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
    change(parsed.request);
    return parsed.request.unchanged().empty();
  };
  EXPECT_FALSE(changed([](Request&) {}));
  EXPECT_TRUE(changed([](Request& request) { request.set_method("PUT"); }));
  EXPECT_TRUE(changed([](Request& request) { request.set_uri("/"); }));
  EXPECT_TRUE(changed([](Request& request) { request.set_path("/"); }));
  EXPECT_TRUE(changed([](Request& request) { request.set_path_and_query("/"); }));
  EXPECT_TRUE(changed([](Request& request) { request.set_query(""); }));
  EXPECT_TRUE(changed([](Request& request) { request.fields.set("host", "i"); }));
  EXPECT_TRUE(changed([](Request& request) { request.clear(); }));
}

// Lines that are still as they came are copied together; the result is that of writing each.
TEST(H1Write, partlyChangedHeads) {
  constexpr std::string_view head =
      "GET / HTTP/1.1\r\nHost: h\r\nA: \r\nB:  1\r\nAccept: text/html \r\nUser-Agent: u\r\n v\r\nCookie: c\r\nX:y\nTe: trailers\r\nLast: 1\r\n\r\n";
  const auto check_written = [&](auto change) {
    ParsedRequest parsed(head);
    ASSERT_EQ(parsed.outcome.state, Outcome::State::done);
    change(parsed.request.fields);
    std::string plain;
    for (const Field& field : parsed.request.fields) plain += std::string(field.name()) + ": " + std::string(field.value()) + "\r\n";
    std::string room(512, 0);
    Writer writer(room);
    writer.fields(parsed.request.fields);
    EXPECT_EQ(writer.view(), plain);
    for (std::size_t size = 0; size <= plain.size(); ++size) {
      Writer tight({room.data(), size});
      EXPECT_EQ(tight.fields(parsed.request.fields).fits(), size == plain.size());
    }
  };
  check_written([](Fields&) {});
  for (const std::string_view name : {"host", "a", "b", "accept", "user-agent", "cookie", "x", "te", "last"}) {
    check_written([&](Fields& fields) { fields.remove(name); });
    check_written([&](Fields& fields) { fields.set(name, "new"); });
    check_written([&](Fields& fields) { fields.replace_value(static_cast<std::size_t>(fields.find(name) - fields.begin()), "other"); });
  }
}

// Names are found by their letters in any case: bytes that only look alike are none of them.
TEST(H1Parse, whatIsNearlyAKnownName) {
  for (const std::string_view name : {"content\rlength", "http\x12-settings", "Http2\r" "Settings", "host\x01", "\x08ost", "content length"})
    for (const std::string_view rest : {": 5\r\n\r\n", ": 5\r\nAccept: text/plain\r\nUser-Agent: somebody\r\n\r\n"}) {
      const std::string head = "GET / HTTP/1.1\r\n" + std::string(name) + std::string(rest);
      EXPECT_EQ(forwarded_request(head).substr(0, 4), "400 ") << head;
      EXPECT_EQ(forwarded_request(head), forwarded_request(head, {}, Arrival::bytewise)) << head;
    }
  for (const std::string_view name : {"Host", "hOST", "ACCEPT-ENCODING", "X-Forwarded-For", "x-forwarded-fox", "X", "@ost"})
    for (const std::string_view value : {"", "a", "123456789012", "1234567890123456789"}) {
      const std::string head = "GET / HTTP/1.1\r\n" + std::string(name) + ": " + std::string(value) + "\r\n\r\n";
      const std::string written = forwarded_request(head);
      EXPECT_EQ(written, forwarded_request(head, {}, Arrival::bytewise)) << head;
      EXPECT_EQ(written.starts_with("400 "), name == "@ost") << head;
    }
}

}  // namespace
}  // namespace sluice::http::h1
