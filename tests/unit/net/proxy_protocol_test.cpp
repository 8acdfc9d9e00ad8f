#include "net/proxy_protocol.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sluice::net {
namespace {

using namespace std::string_view_literals;

Result<std::optional<ProxyHeader>> parse(std::string_view text) { return parse_proxy_header(std::span(text.data(), text.size())); }
bool wants_more(std::string_view text) {
  const auto r = parse(text);
  return r && !*r;
}
Kind error(std::string_view text) {
  const auto r = parse(text);
  return r ? Kind::none : r.error().kind;
}

TEST(ProxyProtocol, readsVersion1) {
  const auto r = parse("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET /");
  ASSERT_TRUE(r && *r);
  EXPECT_EQ((*r)->source.text(), "192.0.2.1:56324");
  EXPECT_EQ((*r)->destination.text(), "198.51.100.7:443");
  EXPECT_EQ((*r)->size, 45u);
  EXPECT_FALSE((*r)->local);
  const auto six = parse("PROXY TCP6 2001:db8::1 ::1 65535 1\r\n");
  ASSERT_TRUE(six && *six);
  EXPECT_EQ((*six)->source.text(), "[2001:db8::1]:65535");
  const auto unknown = parse("PROXY UNKNOWN ffff::1 whatever\r\n");
  ASSERT_TRUE(unknown && *unknown);
  EXPECT_TRUE((*unknown)->local);
}

TEST(ProxyProtocol, refusesBrokenVersion1) {
  for (const std::string_view bad :
       {"GET / HTTP/1.0\r\n"sv, "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n"sv, "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"sv,
        "PROXY TCP4 1.2.3.4 ::1 1 2\r\n"sv, "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n"sv, "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n"sv,
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n"sv, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n"sv, "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n"sv,
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"sv, "proxy TCP4"sv, "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n"sv,
        "PROXY UNKNOWN a\nb\r\n"sv, "PROXY TCP6 ::\0% ::1 1 2\r\n"sv})
    EXPECT_EQ(error(bad), Kind::bad_message) << bad;
  EXPECT_EQ(error("PROXY TCP4 " + std::string(100, '1')), Kind::bad_message);
}

TEST(ProxyProtocol, everyPrefixOfAHeaderAsksForMore) {
  const std::string one = proxy_header_v1(Address::ipv4(0x01020304, 5), Address::ipv4(0x06070809, 10));
  const std::string two = proxy_header_v2(Address::ipv4(0x01020304, 5), Address::ipv4(0x06070809, 10), {.crc32c = true});
  for (const std::string& header : {one, two})
    for (std::size_t n = 0; n < header.size(); ++n) EXPECT_TRUE(wants_more(header.substr(0, n))) << n;
}

TEST(ProxyProtocol, whatIsWrittenIsRead) {
  const Address four = Address::ipv4(0xc0000201, 1234), other = Address::ipv4(0x7f000001, 80);
  const Address six = *Address::parse_ip("2001:db8::9", 999);
  const auto one = parse(proxy_header_v1(four, other));
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->source, four);
  EXPECT_EQ((*one)->destination, other);
  EXPECT_EQ(proxy_header_v1(four, six), "PROXY UNKNOWN\r\n");

  const std::pair<std::uint8_t, std::string> extra[] = {{0xe0, "mine"}};
  const ProxyV2Options options{.crc32c = true, .authority = "example.org", .unique_id = "id-7", .alpn = "h2", .extra = extra};
  const std::string bytes = proxy_header_v2(four, other, options);
  const auto two = parse(bytes);
  ASSERT_TRUE(two && *two);
  EXPECT_EQ((*two)->source, four);
  EXPECT_EQ((*two)->destination, other);
  EXPECT_EQ((*two)->size, bytes.size());
  EXPECT_EQ((*two)->tlv(Tlv::authority), "example.org");
  EXPECT_EQ((*two)->tlv(Tlv::unique_id), "id-7");
  EXPECT_EQ((*two)->tlv(static_cast<Tlv>(0xe0)), "mine");
  EXPECT_EQ((*two)->tlv(Tlv::ssl), std::nullopt);

  const std::string mixed_bytes = proxy_header_v2(four, six);
  const auto mixed = parse(mixed_bytes);
  ASSERT_TRUE(mixed && *mixed);
  EXPECT_EQ((*mixed)->source.host_text(), "::ffff:192.0.2.1");
  EXPECT_EQ((*mixed)->destination, six);
  const std::string local_bytes = proxy_header_v2({}, {}, {.local = true});
  const auto local = parse(local_bytes);
  ASSERT_TRUE(local && *local);
  EXPECT_TRUE((*local)->local);
  const std::string unix_bytes = proxy_header_v2(Address::unix_path(""), Address::unix_path(""));
  const auto unix_one = parse(unix_bytes);
  ASSERT_TRUE(unix_one && *unix_one);
  EXPECT_TRUE((*unix_one)->local);
}

TEST(ProxyProtocol, theChecksumNoticesAnyChangedByte) {
  const std::string good = proxy_header_v2(Address::ipv4(1, 2), Address::ipv4(3, 4), {.crc32c = true});
  for (std::size_t i = 16; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto r = parse(bad);
    EXPECT_FALSE(r && *r && (*r)->tlv(Tlv::crc32c)) << i;
  }
}

TEST(ProxyProtocol, refusesLengthsThatDoNotFit) {
  std::string bytes = proxy_header_v2(Address::ipv4(1, 2), Address::ipv4(3, 4), {.authority = "abc"});
  std::string tlv_too_long = bytes;
  tlv_too_long[16 + 12 + 2] = 9;
  EXPECT_EQ(error(tlv_too_long), Kind::bad_message);
  std::string too_short = bytes;
  too_short[15] = 11;  // less than the addresses
  EXPECT_EQ(error(too_short), Kind::bad_message);
  std::string huge = bytes;
  huge[14] = '\x7f';
  EXPECT_EQ(error(huge), Kind::too_large);
  std::string version = bytes;
  version[12] = '\x31';
  EXPECT_EQ(error(version), Kind::bad_message);
}

// Client IP insertion as NetScaler has it; its two forms.
std::string packet(bool six) {
  const std::string tcp("\x04\x57\x08\xae" "\0\0\0\0\0\0\0\0\x50\x02\x03\xe8\0\0\0\0", 20);
  if (!six) return std::string("\x45\0\0\x28\0\0\0\0\x40\x06\0\0\x01\x02\x03\x04\x05\x06\x07\x08", 20) + tcp;
  std::string ip("\x60\0\0\0\0\x14\x06\x40", 8);
  return ip + std::string(15, '\0') + '\x01' + std::string(15, '\0') + '\x02' + tcp;
}
std::string legacy(std::string_view inner) { return std::string("\0\0\x04\xd2\0\0\0", 7) + static_cast<char>(inner.size()) + std::string(inner); }
std::string standard(std::string_view inner) {
  return std::string("\0\0\x04\xd2\0\0\0", 7) + static_cast<char>(inner.size() + 12) + std::string("\0\x01\0", 3) +
         static_cast<char>(inner.size()) + std::string(inner);
}
Result<std::optional<ProxyHeader>> parse_cip(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  return parse_cip_header(exact, 1234);
}
Kind kind_of(const Result<std::optional<ProxyHeader>>& r) { return r ? Kind::none : r.error().kind; }
TEST(ClientIpInsertion, isReadInBothForms) {
  for (const bool six : {false, true})
    for (const std::string& bytes : {legacy(packet(six)), standard(packet(six))}) {
      const auto r = parse_cip(bytes + "GET");
      ASSERT_TRUE(r && *r);
      EXPECT_EQ((*r)->size, bytes.size());
      EXPECT_EQ((*r)->source.text(), six ? "[::1]:1111" : "1.2.3.4:1111");
      EXPECT_EQ((*r)->destination.text(), six ? "[::2]:2222" : "5.6.7.8:2222");
      for (std::size_t n = 0; n < bytes.size(); ++n) {
        const auto part = parse_cip(bytes.substr(0, n));
        EXPECT_TRUE(part && !*part) << n;
      }
    }
}
TEST(ClientIpInsertion, refusesWhatItIsNot) {
  std::string magic = legacy(packet(false));
  magic[3] = 1;
  std::string udp = legacy(packet(false));
  udp[8 + 9] = 17;
  std::string version = legacy(packet(false));
  version[8] = '\x55';
  std::string short_ip = legacy(packet(false));
  short_ip[8] = '\x44';
  std::string huge = legacy(packet(false));
  huge[4] = 1;
  for (const std::string& bytes : {magic, udp, version, short_ip, legacy(packet(false).substr(0, 39)), legacy(packet(true).substr(0, 50))})
    EXPECT_EQ(kind_of(parse_cip(bytes)), Kind::bad_message);
  EXPECT_EQ(kind_of(parse_cip(huge)), Kind::too_large);
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes = i % 2 ? standard(packet(i % 4 > 1)) : legacy(packet(i % 4 > 1));
    bytes.resize(random() % bytes.size() + 1);
    for (unsigned n = random() % 4; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto r = parse_cip(bytes);
    if (r && *r) {
      EXPECT_LE((*r)->size, bytes.size());
    }
  }
}

TEST(ProxyProtocol, survivesNoise) {
  std::mt19937 random(5);
  const std::string seed = proxy_header_v2(Address::ipv4(1, 2), Address::ipv4(3, 4), {.crc32c = true, .authority = "a"});
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes = seed.substr(0, 12 + random() % (seed.size() - 12));
    for (unsigned n = random() % 4; n > 0; --n) bytes[12 + random() % (bytes.size() - 11) - (bytes.size() == 12)] = static_cast<char>(random());
    const std::vector<char> exact(bytes.begin(), bytes.end());  // so that ASan sees the end
    const auto r = parse_proxy_header(exact);
    if (r && *r) {
      EXPECT_LE((*r)->size, exact.size());
    }
  }
}

}  // namespace
}  // namespace sluice::net
