#include "expr/base64.hpp"

#include <array>
#include <cstdint>

namespace sluice::expr {
namespace {

constexpr std::string_view plain_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> values_of(std::string_view digits) {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto plain_values = values_of(plain_digits);
constexpr auto url_values = values_of(url_digits);

enum class Padding : std::uint8_t { with, without };

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

std::string_view encode(std::string_view in, std::string_view digits, Padding padding, Arena& arena) {
  char* const begin = arena.allocate((in.size() + 2) / 3 * 4);
  char* out = begin;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    const std::size_t left = in.size() - i;
    const unsigned group = byte_at(in, i) << 16 | (left > 1 ? byte_at(in, i + 1) << 8 : 0) | (left > 2 ? byte_at(in, i + 2) : 0);
    *out++ = digits[group >> 18];
    *out++ = digits[group >> 12 & 63];
    if (left > 1) *out++ = digits[group >> 6 & 63];
    if (left > 2) *out++ = digits[group & 63];
    if (padding == Padding::with)
      for (std::size_t missing = left; missing < 3; ++missing) *out++ = '=';
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

std::optional<std::string_view> decode(std::string_view in, const std::array<std::int8_t, 256>& values, Arena& arena) {
  if (in.size() % 4 == 1) return std::nullopt;
  char* const begin = arena.allocate(in.size() / 4 * 3 + 3);
  char* out = begin;
  unsigned group = 0, bits = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const int digit = values[byte_at(in, i)];
    if (digit < 0) return std::nullopt;
    group = group << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *out++ = static_cast<char>(group >> bits & 0xff);
    }
  }
  return std::string_view(begin, static_cast<std::size_t>(out - begin));
}

}  // namespace

std::string_view encode_base64(std::string_view bytes, Arena& arena) { return encode(bytes, plain_digits, Padding::with, arena); }
std::string_view encode_base64_url(std::string_view bytes, Arena& arena) { return encode(bytes, url_digits, Padding::without, arena); }
std::optional<std::string_view> decode_base64(std::string_view text, Arena& arena) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, plain_values, arena);
}
std::optional<std::string_view> decode_base64_url(std::string_view text, Arena& arena) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return decode(text, url_values, arena);
}

}  // namespace sluice::expr
