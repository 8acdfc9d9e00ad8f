// Request heads: what is forwarded, what is refused and how. Where RFC 9112 leaves a choice the expectation is what
// HAProxy 2.6 was seen to do; "stricter" marks where current HAProxy (or the RFC) refuses what 2.6 let through.
#include <gtest/gtest.h>

#include "unit/http/h1_testing.hpp"

namespace sluice::http::h1 {
namespace {

struct Case {
  std::string_view name;
  std::string_view text;
  std::string_view expected;  // a forwarded head, or "400 reason @offset"; a bare number compares the status only
};

void run(std::span<const Case> cases, const Options& options = {}) {
  for (const Case& c : cases) {
    for (const Arrival arrival : {Arrival::whole, Arrival::bytewise}) {
      std::string got = forwarded_request(c.text, options, arrival);
      if (c.expected.size() == 3) got.resize(3);
      EXPECT_EQ(got, c.expected) << c.name << (arrival == Arrival::whole ? "" : " byte by byte");
    }
  }
}

using namespace std::string_view_literals;

TEST(H1Request, linesAndNames) {
  const Case cases[] = {
      {"plain", "GET / HTTP/1.1\r\nHost: a\r\nX-FOO: Bar\r\n\r\n",
       "GET / HTTP/1.1\r\nhost: a\r\nx-foo: Bar\r\n\r\n"},
      {"nothing but a request line", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"},
      {"empty lines first", "\r\n\r\n\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
      {"CR alone first", "\rGET / HTTP/1.1\r\n\r\n", "400 invalid line ending @0"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\nX: b\n\n", "GET / HTTP/1.1\r\nhost: a\r\nx: b\r\n\r\n"},
      {"bare CR in value", "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", "400 invalid line ending @21"},
      {"bare CR at end", "GET / HTTP/1.1\r\n\rX", "400 invalid line ending @17"},
      {"CR after version", "GET / HTTP/1.1\rX: y\r\n\r\n", "400 invalid line ending @15"},
      {"blank before colon", "GET / HTTP/1.1\r\nX : y\r\n\r\n", "400 invalid character in a header name @17"},
      {"first line folded", "GET / HTTP/1.1\r\n X: y\r\n\r\n", "400 continuation line without a header @16"},
      {"no colon", "GET / HTTP/1.1\r\nX\r\n\r\n", "400 invalid character in a header name @17"},
      {"bad name", "GET / HTTP/1.1\r\nX(y: z\r\n\r\n", "400 invalid character in a header name @17"},
      {"high byte in name", "GET / HTTP/1.1\r\nX\xffy: z\r\n\r\n", "400"},
      {"NUL in name", "GET / HTTP/1.1\r\nX\0y: z\r\n\r\n"sv, "400"},
      {"underscore", "GET / HTTP/1.1\r\nX_y: z\r\n\r\n", "GET / HTTP/1.1\r\nx_y: z\r\n\r\n"},
      {"empty value", "GET / HTTP/1.1\r\nX:\r\nY: \t \r\n\r\n", "GET / HTTP/1.1\r\nx: \r\ny: \r\n\r\n"},
      {"tabs", "GET / HTTP/1.1\r\nX: \ta\tb\t \r\n\r\n", "GET / HTTP/1.1\r\nx: a\tb\r\n\r\n"},
      {"NUL in value, stricter", "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"sv, "400 invalid character in a header value @20"},
      {"NUL far in value", "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0b\r\n\r\n"sv, "400"},
      {"other controls", "GET / HTTP/1.1\r\nX: a\x01\x7f\xff z\r\n\r\n", "GET / HTTP/1.1\r\nx: a\x01\x7f\xff z\r\n\r\n"},
      {"obs-fold", "GET / HTTP/1.1\r\nX: a\r\n  b\r\n\tc\r\nY: z\r\n\r\n",
       "GET / HTTP/1.1\r\nx: a    b  \tc\r\ny: z\r\n\r\n"},
      {"obs-fold with LF", "GET / HTTP/1.1\r\nX: a\n b\n\n", "GET / HTTP/1.1\r\nx: a  b\r\n\r\n"},
      {"obs-fold of nothing", "GET / HTTP/1.1\r\nX:\r\n b\r\n \r\n\r\n", "GET / HTTP/1.1\r\nx: b\r\n\r\n"},
  };
  run(cases);
}

TEST(H1Request, methodsTargetsVersions) {
  const Case cases[] = {
      {"lower method", "get / HTTP/1.1\r\n\r\n", "get / HTTP/1.1\r\n\r\n"},
      {"any token", "FO!O / HTTP/1.1\r\n\r\n", "FO!O / HTTP/1.1\r\n\r\n"},
      {"bad method", "FO(O / HTTP/1.1\r\n\r\n", "400 invalid method @2"},
      {"blank first", " GET / HTTP/1.1\r\n\r\n", "400 invalid method @0"},
      {"no target", "GET\r\n\r\n", "400 invalid method @3"},
      {"no target but a blank", "GET \r\n\r\n", "400 invalid request target @4"},
      {"several blanks", "GET \t /  HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
      {"blank at the end", "GET / HTTP/1.1 \r\n\r\n", "400 invalid protocol version @14"},
      {"two targets", "GET / x HTTP/1.1\r\n\r\n", "400 invalid protocol version @7"},
      {"fragment", "GET /a#b HTTP/1.1\r\n\r\n", "400 fragment in the request target @6"},
      {"quote", "GET /a\"b HTTP/1.1\r\n\r\n", "GET"},
      {"angle", "GET /a<b HTTP/1.1\r\n\r\n", "GET"},
      {"pipe", "GET /a|b HTTP/1.1\r\n\r\n", "GET"},
      {"brackets", "GET /a[b]%zz HTTP/1.1\r\n\r\n", "GET /a[b]%zz HTTP/1.1\r\n\r\n"},
      {"high byte", "GET /a\xff HTTP/1.1\r\n\r\n", "400 invalid request target @6"},
      {"control", "GET /a\x01 HTTP/1.1\r\n\r\n", "400 invalid request target @6"},
      {"DEL", "GET /a\x7f HTTP/1.1\r\n\r\n", "400"},
      {"no slash, stricter", "GET a HTTP/1.1\r\n\r\n", "400 invalid request target @4"},
      {"asterisk", "OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n"},
      {"0.9", "GET /\r\n", "400 invalid protocol version @5"},
      {"1.2", "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
      {"2.0, stricter", "GET / HTTP/2.0\r\n\r\n", "505 unsupported protocol version @6"},
      {"preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
      {"0.9 said, stricter", "GET / HTTP/0.9\r\n\r\n", "505"},
      {"1.11", "GET / HTTP/1.11\r\n\r\n", "400 invalid protocol version @15"},
      {"01.1", "GET / HTTP/01.1\r\n\r\n", "400"},
      {"lower", "GET / http/1.1\r\n\r\n", "400"},
      {"RTSP", "GET / RTSP/1.0\r\n\r\n", "400"},
      {"no version", "GET / HTTP/\r\n\r\n", "400"},
  };
  run(cases);
}

TEST(H1Request, hostAndAuthority) {
  const Case cases[] = {
      {"no host", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
      {"same twice", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nHost: a\r\n\r\n",
       "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n\r\n"},
      {"two", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 invalid Host @31"},
      {"empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nhost: \r\n\r\n"},
      {"empty and not", "GET / HTTP/1.1\r\nHost:\r\nHost: b\r\n\r\n", "400"},
      {"literal", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n"},
      {"bad literal", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400"},
      {"user, stricter", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"},
      {"slash, stricter", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"blank, stricter", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
      {"comma, stricter", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "400"},
      {"port, stricter", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", "400"},
      {"folded, stricter", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
      {"absolute", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"absolute other", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalid Host @31"},
      {"absolute case", "GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://A/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"absolute :80", "GET http://a:80/x HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"both :80", "GET http://a:80/x HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"host :80", "GET http://a/x HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://a/x HTTP/1.1\r\nhost: a:80\r\n\r\n"},
      {"https", "GET https://a:443/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET https://a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"absolute :81", "GET http://a:81/x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"absolute, no host", "GET http://a/x HTTP/1.1\r\n\r\n", "GET http://a/x HTTP/1.1\r\n\r\n"},
      {"no path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"no path, query", "GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a?b HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"user in target", "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET http://u@a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"two users", "GET http://u@b@a/x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"comma in target", "GET http://a,b/x HTTP/1.1\r\nHost: a,b\r\n\r\n", "400"},
      {"no authority, stricter", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"other scheme", "GET foo://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET foo://a/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"urn", "GET urn:x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"connect 443", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"connect 8443", "CONNECT a:8443 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"connect other", "CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n", "400"},
      {"connect no port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"connect path", "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"connect length", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
       "CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n"},
  };
  run(cases);
}

#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define POSTED "POST / HTTP/1.1\r\nhost: a\r\n"
TEST(H1Request, contentLength) {
  const Case cases[] = {
      {"one", POST "Content-Length: 3\r\n\r\n", POSTED "content-length: 3\r\n\r\n"},
      {"empty (CVE-2023-40225)", POST "Content-Length:\r\n\r\n", "400 invalid Content-Length @41"},
      {"empty, then one", POST "content-length:\r\ncontent-length: 59\r\n\r\n", "400"},
      {"plus", POST "Content-Length: +3\r\n\r\n", "400"},
      {"minus", POST "Content-Length: -1\r\n\r\n", "400"},
      {"hex", POST "Content-Length: 0x3\r\n\r\n", "400"},
      {"two numbers", POST "Content-Length: 3 3\r\n\r\n", "400"},
      {"vertical tab", POST "Content-Length: \v3\r\n\r\n", "400"},
      {"folded", POST "Content-Length: 3\r\n 4\r\n\r\n", "400"},
      {"twice", POST "Content-Length: 3\r\nX: y\r\nContent-Length: 3\r\n\r\n",
       POSTED "content-length: 3\r\nx: y\r\n\r\n"},
      {"twice, zeros", POST "Content-Length: 3\r\nContent-Length: 03\r\n\r\n", POSTED "content-length: 3\r\n\r\n"},
      {"list", POST "Content-Length: 3, 3\r\n\r\n", POSTED "content-length: 3\r\n\r\n"},
      {"different", POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "400"},
      {"different list", POST "Content-Length: 3, 4\r\n\r\n", "400"},
      {"empty element", POST "Content-Length: 3,\r\n\r\n", "400"},
      {"empty first", POST "Content-Length: ,3\r\n\r\n", "400"},
      {"2^64, stricter", POST "Content-Length: 18446744073709551616\r\n\r\n", "400"},
      {"2^63", POST "Content-Length: 9223372036854775808\r\n\r\n", "400"},
      {"tab", POST "Content-Length:\t3\t\r\n\r\n", POSTED "content-length: 3\r\n\r\n"},
      {"GET", "GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "GET / HTTP/1.1\r\ncontent-length: 3\r\n\r\n"},
  };
  run(cases);
}

TEST(H1Request, transferEncoding) {
#define CHUNKED POSTED "transfer-encoding: chunked\r\n\r\n"
  const Case cases[] = {
      {"chunked", POST "Transfer-Encoding: Chunked\r\n\r\n", CHUNKED},
      {"with length (CL.TE)", POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKED},
      {"with length (TE.CL)", POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", CHUNKED},
      {"with bad length", POST "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", "400"},
      {"unknown", POST "Transfer-Encoding: xchunked\r\n\r\n", "400"},
      {"gzip", POST "Transfer-Encoding: gzip\r\n\r\n", "400"},
      {"gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "422 invalid Transfer-Encoding @51"},
      {"in two fields", POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", "422"},
      {"chunked, gzip", POST "Transfer-Encoding: chunked, gzip\r\n\r\n", "400"},
      {"chunked, identity", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "400"},
      {"twice (TE.TE)", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"twice in one", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "400"},
      {"identity", POST "Transfer-Encoding: identity\r\n\r\n", "400"},
      {"parameter", POST "Transfer-Encoding: chunked;x=y\r\n\r\n", "400"},
      {"quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", "400"},
      {"empty", POST "Transfer-Encoding:\r\n\r\n", "400"},
      {"vertical tab", POST "Transfer-Encoding: \vchunked\r\n\r\n", "400"},
      {"blank before colon", POST "Transfer-Encoding : chunked\r\n\r\n", "400"},
      {"folded", POST "Transfer-Encoding:\r\n chunked\r\n\r\n", CHUNKED},
      {"empty elements", POST "Transfer-Encoding: ,\r\nTransfer-Encoding: chunked,\r\n\r\n", CHUNKED},
      {"in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"},
      {"with a look-alike", POST "Content-Length: 3\r\nTransfer_Encoding: chunked\r\n\r\n",
       POSTED "content-length: 3\r\ntransfer_encoding: chunked\r\n\r\n"},
  };
  run(cases);
  // Ambiguous messages end their connection.
  EXPECT_TRUE(ParsedRequest(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n").request.framing.close);
  EXPECT_TRUE(ParsedRequest("POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n")
                  .request.framing.close);
  EXPECT_FALSE(ParsedRequest(CHUNKED).request.framing.close);
  const std::string both = POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_FALSE(ParsedRequest(both, {.keep_both = true}).request.framing.close);
}

TEST(H1Request, noBodyWhereOldServersLookForNone) {
  const auto outcome = [](std::string_view method, std::string_view version, std::string_view field, const Options& options = {}) {
    return status_text(ParsedRequest(std::string(method) + " / HTTP/" + std::string(version) + "\r\n" + std::string(field) + "\r\n\r\n",
                                     options).outcome).substr(0, 4);
  };
  for (const auto* const method : {"GET", "HEAD", "DELETE"}) {
    EXPECT_EQ(outcome(method, "1.0", "Content-Length: 1"), "413 ") << method;
    EXPECT_EQ(outcome(method, "1.0", "Transfer-Encoding: chunked"), "413 ") << method;
    EXPECT_EQ(outcome(method, "1.0", "Content-Length: 0"), "0 no") << method;
    EXPECT_EQ(outcome(method, "1.1", "Content-Length: 1"), "0 no") << method;
    EXPECT_EQ(outcome(method, "1.0", "Content-Length: 1", {.any_payload = true}), "0 no") << method;
    EXPECT_EQ(outcome(method, "1.0", "Content-Length: 1", {.relax = true}), "413 ") << method;
  }
  EXPECT_EQ(outcome("POST", "1.0", "Content-Length: 1"), "0 no");
  EXPECT_EQ(outcome("get", "1.0", "Content-Length: 1"), "0 no");
}

TEST(H1Request, persistenceIsOurs) {
  const auto left = [](std::string_view fields) {
    ParsedRequest parsed("GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n");
    EXPECT_TRUE(parsed.request.fields.find(HeaderId::connection) || parsed.request.unchanged().empty());
    std::string out;
    for (const Field& f : parsed.request.fields) out += std::string(f.name()) + "=" + std::string(f.value()) + "|";
    return out;
  };
  EXPECT_EQ(left("Connection: keep-alive\r\n"), "");
  EXPECT_EQ(left("Connection: Close\r\nA: b\r\n"), "a=b|");
  EXPECT_EQ(left("Connection: foo ,  bar, close, baz ,  q\r\n"), "connection=foo ,  bar,baz,q|");
  EXPECT_EQ(left("Connection: foo,,close,,bar,,\r\n"), "connection=foo,,,bar|");
  EXPECT_EQ(left("Connection: foo ,\r\n"), "connection=foo|");
  EXPECT_EQ(left("Connection: ,close,foo\r\n"), "connection=foo|");
  EXPECT_EQ(left("Connection: foo, bar\r\nConnection: keep-alive\r\n"), "connection=foo, bar|");
  EXPECT_EQ(left("Connection:\r\n"), "");
  EXPECT_EQ(left("Connection: \"close\"\r\n"), "connection=\"close\"|");
}

TEST(H1Request, namesKeepTheirLength) {
  // CVE-2021-40346: a name of 270 bytes whose length overflowed one byte and became Content-Length.
  const std::string name = "Content-Length0" + std::string(255, 'a');
  const std::string text = POST + name + ":\r\nContent-Length: 23\r\n\r\n";
  ParsedRequest parsed(text);
  ASSERT_EQ(parsed.outcome.state, Outcome::State::done);
  EXPECT_EQ(parsed.request.fields[1].name().size(), 270u);
  EXPECT_EQ(parsed.request.fields[1].id(), HeaderId::other);
  EXPECT_EQ(parsed.request.framing.content_length, 23u);
  EXPECT_EQ(forwarded_request("GET / HTTP/1.1\r\n" + std::string(65535, 'a') + ": x\r\n\r\n").substr(0, 3), "GET");
  EXPECT_EQ(forwarded_request("GET / HTTP/1.1\r\n" + std::string(65536, 'a') + ": x\r\n\r\n").substr(0, 3), "400");
}

TEST(H1Request, emptyNamesAreRefused) {  // CVE-2023-25725
  const Case cases[] = {
      {"empty name", "GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n", "400 invalid character in a header name @16"},
      {"blank name", "GET / HTTP/1.1\r\nA: b\r\n : x\r\n\r\n", "GET / HTTP/1.1\r\na: b   : x\r\n\r\n"},
  };
  run(cases);
}

TEST(H1Request, countsFields) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) text += "x" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(ParsedRequest(text + "\r\n").outcome.state, Outcome::State::done);
  const ParsedRequest parsed(text + "z: y\r\n\r\n");
  EXPECT_EQ(parsed.outcome.fault, Fault::too_many_fields);
  EXPECT_EQ(parsed.outcome.status, 400);
  EXPECT_EQ(parsed.outcome.length, text.size());
}

TEST(H1Request, fullBuffers) {
  const auto full = [](std::string bytes) {
    Arena arena;
    Request request(arena);
    Cursor cursor;
    const Outcome outcome = parse_request_head(cursor, bytes, request, {}, Room::full);
    return std::pair(outcome.fault, outcome.status);
  };
  EXPECT_EQ(full("GET /aaaa"), std::pair(Fault::too_large, std::uint16_t{414}));
  EXPECT_EQ(full("GET / HTTP/1.1\r\nX: aaa"), std::pair(Fault::too_large, std::uint16_t{431}));
  EXPECT_EQ(full("GET / HTTP/1.1\r\n\r\n"), std::pair(Fault::none, std::uint16_t{0}));
}

TEST(H1Request, connectionAndUpgrade) {
  const auto framing = [](std::string_view fields) {
    return ParsedRequest("GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n").request.framing;
  };
  EXPECT_TRUE(framing("Connection: foo, Close\r\n").close);
  EXPECT_FALSE(framing("Connection: closed\r\n").close);
  EXPECT_TRUE(framing("Connection: a\r\nConnection: keep-alive\r\n").keep_alive);
  EXPECT_TRUE(framing("Connection: Upgrade\r\nUpgrade: foo\r\n").upgrade);
  EXPECT_FALSE(framing("Upgrade: foo\r\n").upgrade);
  EXPECT_FALSE(framing("Connection: Upgrade\r\n").upgrade);
  EXPECT_FALSE(framing("Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n").upgrade);
  EXPECT_TRUE(framing("Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").websocket);
  EXPECT_TRUE(framing("Expect: 100-Continue\r\n").expect_continue);
  EXPECT_EQ(ParsedRequest("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").outcome.fault,
            Fault::websocket);
  EXPECT_FALSE(ParsedRequest("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n").request.framing.upgrade);
}

TEST(H1Request, relaxedParsing) {
  const Options relaxed{.relax = true};
  const Case cases[] = {
      {"fragment", "GET /a#b HTTP/1.1\r\n\r\n", "GET /a#b HTTP/1.1\r\n\r\n"},
      {"high byte", "GET /\xff\" HTTP/1.1\r\n\r\n", "GET /\xff\" HTTP/1.1\r\n\r\n"},
      {"control", "GET /\x01 HTTP/1.1\r\n\r\n", "400"},
      {"bad name", "GET / HTTP/1.1\r\nX(y\xff: z\r\n\r\n", "GET / HTTP/1.1\r\nx(y\xff: z\r\n\r\n"},
      {"blank before colon", "GET / HTTP/1.1\r\nX : z\r\n\r\n", "400"},
      {"empty name", "GET / HTTP/1.1\r\n: z\r\n\r\n", "400"},
      {"NUL", "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"sv, "GET / HTTP/1.1\r\nx: a\0b\r\n\r\n"sv},
      {"0.9", "GET /x\r\n", "GET /x HTTP/1.0\r\n\r\n"},
      {"0.9 POST", "POST /x\r\n", "400"},
      {"digits", "GET / HTTP/1.11\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"},
      {"mismatch", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b/x HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"connect", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a HTTP/1.1\r\nhost: a\r\n\r\n"},
      {"websocket", "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
       "GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"},
      {"length", POST "Content-Length:\r\n\r\n", "400"},
      {"coding", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"bare CR", "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", "400"},
  };
  run(cases, relaxed);
}

TEST(H1Request, leavesWhatFollowsAlone) {
  ParsedRequest parsed("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nX-Up: y\r\n\r\n");
  ASSERT_EQ(parsed.outcome.state, Outcome::State::done);
  EXPECT_EQ(parsed.bytes.substr(parsed.outcome.length), "GET /2 HTTP/1.1\r\nX-Up: y\r\n\r\n");
}

TEST(H1Request, knowsIfNothingCameYet) {
  std::string bytes = "\r\n\r";
  Arena arena;
  Request request(arena);
  Cursor cursor;
  EXPECT_EQ(parse_request_head(cursor, bytes, request, {}).state, Outcome::State::need_more);
  EXPECT_TRUE(cursor.untouched());
  bytes = "\r\n\r\nG";
  EXPECT_EQ(parse_request_head(cursor, bytes, request, {}).state, Outcome::State::need_more);
  EXPECT_FALSE(cursor.untouched());
}

}  // namespace
}  // namespace sluice::http::h1
