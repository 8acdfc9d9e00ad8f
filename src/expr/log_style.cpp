// How one item of a log format is written: plain, quoted, escaped, hexadecimal, JSON, CBOR.
#include <array>

#include "base/text.hpp"
#include "expr/log_format.hpp"

namespace sluice::expr {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

// Controls never reach a log line or a header as they are (manual 8.6): "#0A" in logs, "%0A" elsewhere. A tab is a blank,
// which a header may hold (RFC 9110 5.5).
void put_odd(Writer& to, char c, const LogStyle& style) {
  const auto byte = static_cast<unsigned char>(c);
  const bool control = (byte < 32 && c != '\t') || byte == 127;
  if (control && !style.binary) {
    to.put(style.http ? '%' : '#');
    to.put(hex_digits[byte >> 4]);
    to.put(hex_digits[byte & 15]);
    return;
  }
  if (style.escaped && (c == '"' || c == '\\' || c == ']')) to.put('\\');
  // Within quotes a quote would end the text, for whoever reads the log.
  else if (style.quoted && c == '"' && !style.http && !style.binary) return to.put("#22");
  to.put(c);
}

// Bytes that some style does not write as they are.
constexpr auto odd_bytes = [] {
  std::array<bool, 256> odd{};
  for (unsigned c = 0; c < 32; ++c) odd[c] = true;
  odd['\t'] = false;
  odd[127] = odd['"'] = odd['\\'] = odd[']'] = true;
  return odd;
}();

void put_safe(Writer& to, std::string_view text, const LogStyle& style) {
  for (;;) {
    std::size_t plain = 0;
    while (plain < text.size() && !odd_bytes[static_cast<unsigned char>(text[plain])]) ++plain;
    to.put(text.substr(0, plain));
    if (plain == text.size()) return;
    put_odd(to, text[plain], style);
    text.remove_prefix(plain + 1);
  }
}

void put_json(Writer& to, std::string_view text) {
  to.put('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to.put('\\');
      to.put(c);
    } else if (byte < 32 || byte == 127) {
      to.put("\\u00");
      to.put("0123456789abcdef"[byte >> 4]);
      to.put("0123456789abcdef"[byte & 15]);
    } else {
      to.put(c);
    }
  }
  to.put('"');
}

// CBOR (RFC 8949), as bytes or as the hexadecimal digits of these bytes.
class Cbor {
 public:
  Cbor(Writer& to, const LogStyle& style) : to_(to), raw_(style.binary) {}
  void byte(std::uint8_t value) {
    if (raw_) return to_.put(static_cast<char>(value));
    to_.put(hex_digits[value >> 4]);
    to_.put(hex_digits[value & 15]);
  }
  void head(std::uint8_t major, std::uint64_t value) {
    const auto first = static_cast<std::uint8_t>(major << 5);
    if (value < 24) return byte(static_cast<std::uint8_t>(first | value));
    const int size = value < 0x100 ? 0 : value < 0x10000 ? 1 : value < 0x100000000 ? 2 : 3;
    byte(static_cast<std::uint8_t>(first | (24 + size)));
    for (int shift = (8 << size) - 8; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(value >> shift));
  }
  void text(std::uint8_t major, std::string_view value) {
    head(major, value.size());
    for (const char c : value) byte(static_cast<std::uint8_t>(c));
  }
  void sample(const Sample& sample, Arena& arena) {
    switch (sample.type()) {
      case Type::none: return byte(0xf6);
      case Type::boolean: return byte(sample.truth() ? 0xf5 : 0xf4);
      case Type::sint: {
        const std::int64_t value = sample.integer();
        return value >= 0 ? head(0, static_cast<std::uint64_t>(value)) : head(1, ~static_cast<std::uint64_t>(value));
      }
      case Type::bin: return text(2, sample.view());
      default: return text(3, text_of(sample, arena).value_or(std::string_view{}));
    }
  }

 private:
  Writer& to_;
  bool raw_;
};

void put_hex_bytes(Writer& to, std::string_view bytes) {
  for (const char c : bytes) {
    to.put(hex_digits[static_cast<unsigned char>(c) >> 4]);
    to.put(hex_digits[c & 15]);
  }
}

void write_plain(Writer& to, const Sample& sample, const LogStyle& style, Arena& arena) {
  // Four digits at least, as HAProxy writes ports.
  if (style.hex && sample.type() == Type::sint) {
    const auto value = static_cast<std::uint64_t>(sample.integer());
    for (std::uint64_t least = 0x1000; least > 1 && value < least; least >>= 4) to.put('0');
    return to.put_hex(value);
  }
  if (style.hex && sample.is_address()) return put_hex_bytes(to, cast(sample, Type::bin, arena).view());
  if (sample.type() == Type::sint || sample.type() == Type::boolean) {
    // Numbers are quoted with the texts if an expression gives them; there is nothing to escape.
    if (style.quoted) to.put('"');
    to.put_decimal(sample.integer());
    if (style.quoted) to.put('"');
    return;
  }
  if (style.binary && sample.type() == Type::bin) return write_text(to, sample.view(), style);
  write_text(to, text_of(sample, arena).value_or(std::string_view{}), style);
}

}  // namespace

void write_text(Writer& to, std::string_view text, const LogStyle& style) {
  if (style.encoding == LogStyle::Encoding::json) return put_json(to, text);
  if (style.encoding == LogStyle::Encoding::cbor) return Cbor(to, style).text(3, text);
  if (style.quoted) to.put('"');
  if (text.empty() && style.mandatory && !style.quoted) to.put('-');
  else put_safe(to, text, style);
  if (style.quoted) to.put('"');
}

void write_list(Writer& to, std::span<const std::string_view> texts, const LogStyle& style) {
  const bool json = style.encoding == LogStyle::Encoding::json;
  const bool cbor = style.encoding == LogStyle::Encoding::cbor;
  LogStyle each = style;
  each.mandatory = true;
  if (json) to.put('[');
  if (cbor) Cbor(to, style).byte(0x9f);  // of indefinite length
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i && json) to.put(", ");
    else if (i && !cbor) to.put(' ');
    write_text(to, texts[i], each);
  }
  if (json) to.put(']');
  if (cbor) Cbor(to, style).byte(0xff);
}

void write_sample(Writer& to, const Sample& sample, const LogStyle& style, Arena& arena) {
  switch (style.encoding) {
    case LogStyle::Encoding::cbor: return Cbor(to, style).sample(sample, arena);
    case LogStyle::Encoding::json:
      if (!sample) return to.put("null");
      if (sample.type() == Type::boolean) return to.put(sample.truth() ? "true" : "false");
      if (sample.type() == Type::sint) return to.put_decimal(sample.integer());
      return put_json(to, text_of(sample, arena).value_or(std::string_view{}));
    case LogStyle::Encoding::text: return write_plain(to, sample, style, arena);
  }
}

void begin_named(Writer& to, const LogStyle& style) {
  if (style.encoding == LogStyle::Encoding::cbor) Cbor(to, style).byte(0xbf);
  else to.put('{');
}
void put_name(Writer& to, std::string_view name, bool first, const LogStyle& style) {
  if (style.encoding == LogStyle::Encoding::cbor) return Cbor(to, style).text(3, name);
  if (!first) to.put(", ");
  put_json(to, name);
  to.put(": ");
}
void end_named(Writer& to, const LogStyle& style) {
  if (style.encoding == LogStyle::Encoding::cbor) Cbor(to, style).byte(0xff);
  else to.put('}');
}

}  // namespace sluice::expr
