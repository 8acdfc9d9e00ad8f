// Which bytes HTTP allows where, one table lookup each (RFC 9110 5.6.2, RFC 9112 3, RFC 3986 2).
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::http {

namespace chars {
inline constexpr std::uint8_t token = 1;          // tchar: header names, methods
inline constexpr std::uint8_t uri = 2;            // allowed in a request target; '#' is not (no fragments on the wire)
inline constexpr std::uint8_t uri_relaxed = 4;    // tolerated by accept-unsafe-violations: all but controls, space, DEL
inline constexpr std::uint8_t authority = 8;      // reg-name, IP literal, port, user information
inline constexpr std::uint8_t scheme = 16;        // ALPHA DIGIT + - .
inline constexpr std::uint8_t cookie_name = 32;   // as HAProxy splits cookies: no control, space, = , ;
inline constexpr std::uint8_t unreserved = 64;    // RFC 3986 2.3
inline constexpr std::uint8_t host_name = 128;    // a Host without IP literal and port: authority without , @ : [ ]

inline constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&](std::string_view which, std::uint8_t mask) {
    for (const char c : which) table[static_cast<unsigned char>(c)] |= mask;
  };
  const std::string_view alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  add(alnum, token | uri | authority | scheme | unreserved);
  add("!#$%&'*+-.^_`|~", token);
  add("-._~:/?[]@!$&'()*+,;=%", uri);
  add("\"<>\\^`{|}", uri);  // not in RFC 3986, but browsers send them in queries and HAProxy passes them
  add("-._~!$&'()*+,;=:[]%@", authority);
  add("+-.", scheme);
  add("-._~", unreserved);
  add(alnum, host_name);
  add("-._~!$&'()*+;=%", host_name);
  for (unsigned c = 33; c < 256; ++c) {
    if (c != 127) table[c] |= uri_relaxed;
    if (c != 127 && c != '=' && c != ',' && c != ';') table[c] |= cookie_name;
  }
  return table;
}();

// The lower-case form of a token character, 0 for anything else: header names are checked and lowered in one step.
inline constexpr auto lower_token = [] {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c)
    if (classes[c] & token) table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return table;
}();
}  // namespace chars

constexpr bool is_in(char c, std::uint8_t mask) { return (chars::classes[static_cast<unsigned char>(c)] & mask) != 0; }
constexpr bool is_token_char(char c) { return is_in(c, chars::token); }
constexpr bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_char(c)) return false;
  return !text.empty();
}
// A control that may not stand in a field value; HTAB may.
constexpr bool is_bad_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 32 && byte != '\t') || byte == 127;
}

}  // namespace sluice::http
