#include "expr/tls_hello.hpp"

#include <gtest/gtest.h>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

std::string number(std::size_t value, int size) {
  std::string out;
  while (size-- > 0) out += static_cast<char>(value >> (8 * size) & 255);
  return out;
}
std::string sized(const std::string& text, int size) { return number(text.size(), size) + text; }
std::string extension(int type, const std::string& body) { return number(static_cast<std::size_t>(type), 2) + sized(body, 2); }

std::string hello(const std::string& extensions) {
  const std::string body = number(0x0303, 2) + std::string(32, 'r') + sized("session", 1) + sized(number(0x1301, 2) + number(0xc02f, 2), 2) +
                           sized(std::string(1, '\0'), 1) + (extensions.empty() ? std::string() : sized(extensions, 2));
  const std::string message = std::string(1, '\1') + sized(body, 3);
  return std::string("\x16\x03\x01", 3) + sized(message, 2);
}
const std::string full = hello(extension(0, sized(std::string(1, '\0') + sized("www.example.com", 2), 2)) + extension(10, sized(number(29, 2), 2)) +
                               extension(13, sized(number(0x0804, 2), 2)) + extension(16, sized(sized("h2", 1) + sized("http/1.1", 1), 2)) +
                               extension(35, "") + extension(51, sized(number(29, 2) + sized(std::string(32, 'k'), 2), 2)));

TEST(TlsHello, isRead) {
  World world;
  world.bytes = {full, false};
  EXPECT_EQ(world.value("req.ssl_hello_type"), "1");
  EXPECT_EQ(world.value("req.ssl_sni"), "www.example.com");
  EXPECT_EQ(world.value("req.ssl_alpn"), "h2");
  EXPECT_EQ(world.value("req.ssl_ver"), std::to_string(3 * 65536 + 3));
  EXPECT_EQ(world.value("req.ssl_ec_ext"), "1");
  EXPECT_EQ(world.value("req.ssl_st_ext"), "1");
  EXPECT_EQ(world.value("req.ssl_cipherlist,hex"), "1301C02F");
  EXPECT_EQ(world.value("req.ssl_sigalgs,hex"), "0804");
  EXPECT_EQ(world.value("req.ssl_supported_groups,hex"), "001D");
  EXPECT_EQ(world.value("req.ssl_keyshare_groups,hex"), "001D");
  EXPECT_EQ(world.condition("if { req.ssl_ver 3.3 }"), "yes");
  EXPECT_EQ(world.condition("if { req_ssl_ver gt 3.3 }"), "no");
  EXPECT_EQ(world.condition("if { req_ssl_ver 3.1:3.4 }"), "yes");
  EXPECT_EQ(world.condition("if { req_ssl_sni www.example.com }"), "yes");
  const std::string bare = hello("");
  world.bytes = {bare, true};
  EXPECT_EQ(world.value("req.ssl_hello_type"), "1");
  EXPECT_EQ(world.value("req.ssl_sni"), "<none>");
  EXPECT_EQ(world.value("req.ssl_st_ext"), "0");
  EXPECT_EQ(world.value("req.ssl_ec_ext"), "0");
}

// Cut anywhere it is no hello yet, and more is wanted; with a byte changed it is never read beyond its end.
TEST(TlsHello, mayComeInPieces) {
  World world;
  for (std::size_t size = 0; size < full.size(); ++size) {
    const std::string part = full.substr(0, size);
    world.bytes = {part, false};
    world.scope.wants_more = false;
    EXPECT_EQ(world.value("req.ssl_hello_type"), "<none>");
    EXPECT_TRUE(world.scope.wants_more) << size;
  }
  for (std::size_t at = 0; at < full.size(); ++at)
    for (const char c : {'\0', '\xff'}) {
      std::string changed = full;
      changed[at] = c;
      TlsHello found;
      read_tls_hello(changed, HelloKind::client, found);
    }
  world.bytes = {"GET / HTTP/1.1", false};
  world.scope.wants_more = false;
  EXPECT_EQ(world.value("req.ssl_hello_type"), "<none>");
  EXPECT_FALSE(world.scope.wants_more);
}

TEST(Streams, tellWhatTheySayFirst) {
  World world;
  const std::string rdp = std::string("\x03\0\0\x2c\x27\xe0\0\0\0\0\0", 11) + "Cookie: mstshash=joe\r\n";
  world.bytes = {rdp, false};
  EXPECT_EQ(world.value("req.rdp_cookie"), "joe");
  EXPECT_EQ(world.value("req.rdp_cookie(MSTSHASH)"), "joe");
  EXPECT_EQ(world.value("rdp_cookie(msts)"), "<none>");
  EXPECT_EQ(world.value("req.rdp_cookie_cnt"), "1");
  EXPECT_EQ(world.condition("if RDP_COOKIE"), "yes");
  const std::string distcc = "DIST00000001ARGC00000002ARGV00000002ccARGV00000002-cDOTI0000000aabc";
  world.bytes = {distcc, false};
  EXPECT_EQ(world.value("distcc_param(ARGC)"), "2");
  EXPECT_EQ(world.value("distcc_body(ARGV,2)"), "-c");
  EXPECT_EQ(world.value("distcc_param(DOTI)"), "10");
  EXPECT_EQ(world.value("distcc_body(DOTI)"), "<none>");
}

}  // namespace
}  // namespace sluice::expr
