#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/cookie.hpp"
#include "http/date.hpp"
#include "http/status.hpp"

namespace sluice::http {
namespace {

TEST(UriTest, splitsTheFourForms) {
  Uri uri = split_uri("/p/x?a=1?b#");
  EXPECT_EQ(uri.form, UriForm::origin);
  EXPECT_EQ(uri.path, "/p/x");
  EXPECT_EQ(uri.query, "a=1?b#");
  uri = split_uri("http://u@h.com:81/p?");
  EXPECT_EQ(uri.form, UriForm::absolute);
  EXPECT_EQ(uri.scheme, "http");
  EXPECT_EQ(uri.authority, "u@h.com:81");
  EXPECT_EQ(uri.path_and_query, "/p?");
  EXPECT_TRUE(uri.has_query);
  EXPECT_EQ(uri.query, "");
  uri = split_uri("http://h.com");
  EXPECT_EQ(uri.path, "");
  EXPECT_FALSE(uri.has_query);
  uri = split_uri("http://h?q=http://x/y");
  EXPECT_EQ(uri.authority, "h");
  EXPECT_EQ(uri.path, "");
  EXPECT_EQ(uri.query, "q=http://x/y");
  EXPECT_EQ(split_uri("*").form, UriForm::asterisk);
  EXPECT_EQ(split_uri("*").path, "");
  EXPECT_EQ(split_uri("h:443", Target::of_connect).form, UriForm::authority);
  EXPECT_EQ(split_uri("//h/p?q").path, "//h/p");
  EXPECT_EQ(split_uri("a/b").form, UriForm::other);
}

TEST(UriTest, splitsAuthorities) {
  HostPort place = split_authority("user:pw@[::1]:80");
  EXPECT_EQ(place.host, "[::1]");
  EXPECT_EQ(place.port, "80");
  place = split_authority("h:");
  EXPECT_TRUE(place.has_port);
  EXPECT_EQ(place.port, "");
  EXPECT_FALSE(split_authority("[::1]").has_port);
  EXPECT_EQ(parse_port("65536"), std::nullopt);
  EXPECT_EQ(parse_port("0080"), 80);
  EXPECT_EQ(parse_port("+1"), std::nullopt);
}

TEST(UriTest, findsQueryParameters) {
  EXPECT_EQ(query_parameter("xa=1&a=2&a=3", "a"), "2");
  EXPECT_EQ(query_parameter("a=", "a"), "");
  EXPECT_EQ(query_parameter("a", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("b=1;a=2", "a", ';'), "2");
}

TEST(RequestTest, rewritesPartsOfTheTarget) {
  Arena arena;
  Request request(arena);
  request.set_method("GET");
  request.set_uri("http://h:8080/a/b?q=1");
  request.set_path("/c");
  EXPECT_EQ(request.uri.text, "http://h:8080/c?q=1");
  request.set_query("z");
  EXPECT_EQ(request.uri.text, "http://h:8080/c?z");
  request.set_query("");
  EXPECT_EQ(request.uri.text, "http://h:8080/c");
  request.set_path_and_query("/d?e");
  EXPECT_EQ(request.uri.text, "http://h:8080/d?e");
  EXPECT_EQ(request.host(), "h:8080");
  request.fields.add("Host", "x");
  EXPECT_EQ(request.host(), "x");
  request.set_method("PURGE");
  EXPECT_EQ(request.method, Method::other);
  EXPECT_EQ(request.method_text, "PURGE");
}

TEST(RequestTest, targetsHoldNoByteThatNoneMayHold) {
  Arena arena;
  Request request(arena);
  request.set_method("GET");
  request.set_path("/a b\x7f%20\xc3\xa9#f");
  EXPECT_EQ(request.uri.text, "/a%20b%7F%20%C3%A9%23f");
  EXPECT_EQ(request.uri.path, request.uri.text);
  request.set_query("q r\n");
  EXPECT_EQ(request.uri.text, "/a%20b%7F%20%C3%A9%23f?q%20r%0A");
  request.set_path("");
  EXPECT_EQ(request.uri.text, "/?q%20r%0A");
  request.set_path_and_query("?z");
  EXPECT_EQ(request.uri.text, "/?z");
  request.set_uri("");
  EXPECT_EQ(request.uri.text, "/");
  request.set_uri("http://h?a");
  EXPECT_EQ(request.uri.text, "http://h?a");
}

TEST(MethodTest, knowsItsNames) {
  for (const Method m : {Method::get, Method::head, Method::post, Method::put, Method::delete_, Method::connect,
                         Method::options, Method::trace, Method::patch})
    EXPECT_EQ(method_of(text_of(m)), m);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
}

// As HAProxy 2.6 reads them through req.cook().
TEST(CookieTest, readsCookieHeaders) {
  const auto all = [](std::string_view text) {
    std::string out;
    Cookies cookies(text);
    while (const auto c = cookies.next()) out += std::string(c->name) + "=" + std::string(c->value) + "|";
    return out;
  };
  EXPECT_EQ(all("a=1; b=2"), "a=1|b=2|");
  EXPECT_EQ(all("a=1,b=2"), "a=1|b=2|");
  EXPECT_EQ(all("a = 1 ; b=\"x;y\""), "a=1|b=\"x;y\"|");
  EXPECT_EQ(all("a; b=2; a=3"), "b=2|a=3|");
  EXPECT_EQ(all("=1; a="), "=1|a=|");
  EXPECT_EQ(all("a=1 2; b=3"), "a=1 2|b=3|");
  EXPECT_EQ(all("a=b=c; b"), "a=b=c|");
  EXPECT_EQ(all(";;a=1"), "a=1|");
  EXPECT_EQ(all(""), "");
  EXPECT_EQ(all("a=\""), "a=\"|");
  EXPECT_EQ(all("a=\"\\"), "a=\"\\|");
  EXPECT_EQ(all("a\"b=1; c=\"2;3\"; d=4"), "a\"b=1|c=\"2;3\"|d=4|");
  EXPECT_EQ(all("\"a; b=1"), "b=1|");
}

TEST(CookieTest, readsSetCookie) {
  const std::string_view value = "sid=\"a;b\"; Path=/x; Secure; max-age = 5";
  EXPECT_EQ(set_cookie(value)->name, "sid");
  EXPECT_EQ(set_cookie(value)->value, "\"a;b\"");
  EXPECT_EQ(cookie_attribute(value, "path"), "/x");
  EXPECT_EQ(cookie_attribute(value, "SECURE"), "");
  EXPECT_EQ(cookie_attribute(value, "Max-Age"), "5");
  EXPECT_EQ(cookie_attribute(value, "domain"), std::nullopt);
  EXPECT_EQ(set_cookie("novalue"), std::nullopt);
  Arena arena;
  EXPECT_EQ(text_of(*set_cookie("a \t= 1 ; b=2"), arena), "a=1");
}

TEST(DateTest, writesAndReadsAllForms) {
  EXPECT_EQ(http_date(784111777).view(), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0).view(), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
  for (std::int64_t t : {951782400LL, 4102444799LL, 1709164800LL}) EXPECT_EQ(parse_http_date(http_date(t).view()), t);
  for (const char* bad : {"", "x", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994", "Sun Nov", "Sun"})
    EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
}

TEST(StatusTest, alwaysHasAPhrase) {
  EXPECT_EQ(reason_of(503), "Service Unavailable");
  for (unsigned s = 100; s < 1000; ++s) EXPECT_FALSE(reason_of(s).empty());
  EXPECT_TRUE(is_interim(103));
  EXPECT_FALSE(is_interim(101));
}

}  // namespace
}  // namespace sluice::http
