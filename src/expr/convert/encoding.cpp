// base64 b64dec ub64enc ub64dec base2 hex hex2i be2dec le2dec be2hex htonl url_enc url_dec json
#include "base/text.hpp"
#include "expr/base64.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {

// What an encoded text is for: there is only "query".
struct EncodeFor {};

}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::EncodeFor> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::EncodeFor, std::string> read(std::string_view text) {
    if (text == "query") return sluice::expr::EncodeFor{};
    return std::unexpected("'" + std::string(text) + "' is not a way to encode; there is 'query'");
  }
};

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;
using std::string_view;

constexpr string_view hex_digits = "0123456789ABCDEF";

unsigned char byte_at(string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// A text of unknown length in the arena: room for the most there can be, given out with its real size.
struct Output {
  char* begin;
  std::size_t size = 0;
  Output(Arena& arena, std::size_t most) : begin(arena.allocate(most)) {}
  void add(char c) { begin[size++] = c; }
  void add(string_view text) {
    for (const char c : text) add(c);
  }
  string_view text() const { return {begin, size}; }
};

string_view base64(Binary in, Arena& arena) { return encode_base64(in.bytes, arena); }
string_view base64_url(Binary in, Arena& arena) { return encode_base64_url(in.bytes, arena); }
std::optional<Binary> binary(std::optional<string_view> text) {
  if (!text) return std::nullopt;
  return Binary{*text};
}
std::optional<Binary> from_base64(string_view in, Arena& arena) { return binary(decode_base64(in, arena)); }
std::optional<Binary> from_base64_url(string_view in, Arena& arena) { return binary(decode_base64_url(in, arena)); }

string_view base2(Binary in, Arena& arena) {
  Output out(arena, in.size() * 8);
  for (const char c : in.bytes)
    for (int bit = 7; bit >= 0; --bit) out.add(static_cast<unsigned char>(c) >> bit & 1 ? '1' : '0');
  return out.text();
}

string_view hex(Binary in, Arena& arena) {
  Output out(arena, in.size() * 2);
  for (std::size_t i = 0; i < in.size(); ++i) {
    out.add(hex_digits[byte_at(in.bytes, i) >> 4]);
    out.add(hex_digits[byte_at(in.bytes, i) & 15]);
  }
  return out.text();
}

std::optional<Int> hex_number(string_view in) {
  std::uint64_t value = 0;
  for (const char c : in) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return static_cast<Int>(value);
}

enum class Order : std::uint8_t { big, little };

template <Order order>
std::optional<string_view> numbers(Binary in, string_view separator, catalog::Within<1, 8> chunk,
                                   std::optional<catalog::Within<0, 1>> truncate, Arena& arena) {
  const auto step = static_cast<std::size_t>(chunk.value);
  const std::size_t end = truncate.value_or(catalog::Within<0, 1>{}) != 0 ? in.size() / step * step : in.size();
  Output out(arena, (end / step + 1) * (20 + separator.size()));
  for (std::size_t at = 0; at < end; at += step) {
    std::uint64_t number = 0;
    const std::size_t count = std::min(step, end - at);
    for (std::size_t i = 0; i < count; ++i)
      number = number << 8 | byte_at(in.bytes, order == Order::big ? at + i : at + count - 1 - i);
    if (at) out.add(separator);
    char digits[24];
    const auto written = std::to_chars(digits, digits + sizeof digits, number);
    out.add(string_view(digits, static_cast<std::size_t>(written.ptr - digits)));
  }
  return out.text();
}

string_view hex_chunks(Binary in, std::optional<string_view> separator, std::optional<catalog::Within<1, 1 << 30>> chunk,
                       std::optional<catalog::Within<0, 1>> truncate, Arena& arena) {
  const std::size_t step = chunk ? static_cast<std::size_t>(chunk->value) : std::max<std::size_t>(in.size(), 1);
  const std::size_t end = truncate.value_or(catalog::Within<0, 1>{}) != 0 ? in.size() / step * step : in.size();
  const string_view between = separator.value_or("");
  Output out(arena, end * 2 + (end / step + 1) * between.size());
  for (std::size_t i = 0; i < end; ++i) {
    if (i && i % step == 0) out.add(between);
    out.add(hex_digits[byte_at(in.bytes, i) >> 4]);
    out.add(hex_digits[byte_at(in.bytes, i) & 15]);
  }
  return out.text();
}

std::string separator_alone(std::span<const std::string> arguments) {
  const bool alone = !arguments.empty() && !arguments[0].empty() && (arguments.size() < 2 || arguments[1].empty());
  return alone ? "a separator needs a chunk size behind it" : "";
}

Binary network_order(Int in, Arena& arena) {
  const auto value = static_cast<std::uint32_t>(in);
  Output out(arena, 4);
  for (int shift = 24; shift >= 0; shift -= 8) out.add(static_cast<char>(value >> shift & 0xff));
  return Binary{out.text()};
}

bool stays_in_query(char c) { return is_alpha(c) || is_digit(c) || string_view("-._~").find(c) != string_view::npos; }

string_view url_encoded(string_view in, std::optional<EncodeFor>, Arena& arena) {
  Output out(arena, in.size() * 3);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (stays_in_query(in[i])) {
      out.add(in[i]);
      continue;
    }
    out.add('%');
    out.add(hex_digits[byte_at(in, i) >> 4]);
    out.add(hex_digits[byte_at(in, i) & 15]);
  }
  return out.text();
}

// '+' is a blank behind a '?', or everywhere if `in_form` is not 0.
std::optional<string_view> url_decoded(string_view in, Or<0> in_form, Arena& arena) {
  Output out(arena, in.size());
  bool plus_is_blank = in_form != 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '+' && plus_is_blank) {
      out.add(' ');
    } else if (in[i] == '%') {
      if (i + 2 >= in.size()) return std::nullopt;
      const int high = hex_digit(in[i + 1]), low = hex_digit(in[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.add(static_cast<char>(high << 4 | low));
      i += 2;
    } else {
      plus_is_blank = plus_is_blank || in[i] == '?';
      out.add(in[i]);
    }
  }
  return out.text();
}

// What to do with bytes that are not UTF-8: take them as single characters, fail, leave out, or mend overlong ones.
struct JsonCode {
  bool ascii = true, skips = false, mends = false;
};

struct Decoded {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool wrong = false, overlong = false;
};
Decoded decode_utf8(string_view in, std::size_t at) {
  const unsigned char first = byte_at(in, at);
  if (first < 0x80) return {.code = first};
  const std::size_t size = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (size == 0 || first >= 0xf8) return {.wrong = true};
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (at + i >= in.size() || (byte_at(in, at + i) & 0xc0) != 0x80) return {.size = i, .wrong = true};
    code = code << 6 | (byte_at(in, at + i) & 0x3fU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool prohibited = (code >= 0xd800 && code < 0xe000) || code > 0xffff;
  return {.code = code, .size = size, .wrong = prohibited, .overlong = code < least[size]};
}

void add_json(Output& out, std::uint32_t code) {
  switch (code) {
    case '"': return out.add("\\\"");
    case '\\': return out.add("\\\\");
    case '/': return out.add("\\/");
    case '\b': return out.add("\\b");
    case '\f': return out.add("\\f");
    case '\n': return out.add("\\n");
    case '\r': return out.add("\\r");
    case '\t': return out.add("\\t");
    default: break;
  }
  if (code >= 0x20 && code < 0x7f) return out.add(static_cast<char>(code));
  constexpr string_view small_digits = "0123456789abcdef";
  out.add("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.add(small_digits[code >> shift & 15]);
}

std::optional<string_view> json(string_view in, const JsonCode& how, Arena& arena) {
  Output out(arena, in.size() * 6);
  for (std::size_t i = 0; i < in.size();) {
    if (how.ascii) {
      add_json(out, byte_at(in, i++));
      continue;
    }
    const Decoded decoded = decode_utf8(in, i);
    i += decoded.size;
    const bool wrong = decoded.wrong || (decoded.overlong && !how.mends);
    if (wrong && !how.skips) return std::nullopt;
    if (!wrong) add_json(out, decoded.code);
  }
  return out.text();
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::JsonCode> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::JsonCode, std::string> read(std::string_view text) {
    if (text.empty() || text == "ascii") return sluice::expr::JsonCode{};
    if (text == "utf8") return sluice::expr::JsonCode{.ascii = false};
    if (text == "utf8s") return sluice::expr::JsonCode{.ascii = false, .skips = true};
    if (text == "utf8p") return sluice::expr::JsonCode{.ascii = false, .mends = true};
    if (text == "utf8ps") return sluice::expr::JsonCode{.ascii = false, .skips = true, .mends = true};
    return std::unexpected(fmt::format("'{}' is none of ascii, utf8, utf8s, utf8p, utf8ps", text));
  }
};

namespace sluice::expr {
namespace {

std::optional<string_view> json_or_ascii(string_view in, std::optional<JsonCode> how, Arena& arena) {
  return json(in, how.value_or(JsonCode{}), arena);
}

const Add base64_entry{Converter{.name = "base64", .run = typed<base64>, .doc = "Base64 (RFC 4648, section 4).",
                                 .examples = {{"str(hi),base64", "aGk="}, {"str(abc),base64", "YWJj"}}}};
const Add b64dec_entry{Converter{.name = "b64dec", .run = typed<from_base64>, .doc = "Decodes base64.",
                                 .examples = {{"str(aGk=),b64dec", "hi"}, {"str(a*b=),b64dec", undefined}}}};
const Add ub64enc_entry{Converter{.name = "ub64enc", .run = typed<base64_url>,
                                  .doc = "Base64 for URLs, without padding (RFC 4648, section 5).",
                                  .examples = {{"str(hi?>),ub64enc", "aGk_Pg"}}}};
const Add ub64dec_entry{Converter{.name = "ub64dec", .run = typed<from_base64_url>, .doc = "Decodes base64 for URLs.",
                                  .examples = {{"str(aGk_Pg),ub64dec", "hi?>"}}}};
const Add base2_entry{Converter{.name = "base2", .run = typed<base2>, .doc = "The bytes as binary digits.",
                                .examples = {{"bin(05),base2", "00000101"}}}};
const Add hex_entry{Converter{.name = "hex", .run = typed<hex>, .doc = "Two hex digits per byte.",
                              .examples = {{"str(abc),hex", "616263"}}}};
const Add hex2i_entry{Converter{.name = "hex2i", .run = typed<hex_number>, .doc = "The number hex digits stand for.",
                                .examples = {{"str(ff),hex2i", "255"}, {"str(zz),hex2i", undefined}}}};
const Add be2dec_entry{Converter{.name = "be2dec", .args = {"separator", "chunk", "truncate"}, .run = typed<numbers<Order::big>>,
                                 .doc = "A decimal number per {chunk} bytes, the first byte being the highest.",
                                 .examples = {{"bin(01020304050607),be2dec(:,2)", "258:772:1286:7"},
                                              {"bin(01020304050607),be2dec(-,2,1)", "258-772-1286"},
                                              {"bin(7f000001),be2dec(.,1)", "127.0.0.1"}}}};
const Add le2dec_entry{Converter{.name = "le2dec", .args = {"separator", "chunk", "truncate"}, .run = typed<numbers<Order::little>>,
                                 .doc = "A decimal number per {chunk} bytes, the first byte being the lowest.",
                                 .examples = {{"bin(01020304),le2dec(:,2)", "513:1027"}}}};
const Add be2hex_entry{Converter{.name = "be2hex", .args = {"separator", "chunk", "truncate"}, .run = typed<hex_chunks>, .objection = separator_alone,
                                 .doc = "Hex digits with a separator every {chunk} bytes.",
                                 .examples = {{"bin(01020304050607),be2hex", "01020304050607"},
                                              {"bin(01020304050607),be2hex(:,2)", "0102:0304:0506:07"},
                                              {"bin(01020304050607),be2hex(--,2,1)", "0102--0304--0506"}}}};
const Add htonl_entry{Converter{.name = "htonl", .run = typed<network_order>, .doc = "The number's low 32 bits as four bytes, highest first.",
                                .examples = {{"int(258),htonl,hex", "00000102"}}}};
const Add url_enc_entry{Converter{.name = "url_enc", .args = {"type"}, .run = typed<url_encoded>,
                                  .doc = "Percent-encodes all but unreserved characters (RFC 3986).",
                                  .examples = {{"str(a/c?d&~),url_enc", "a%2Fc%3Fd%26~"}}}};
const Add url_dec_entry{Converter{.name = "url_dec", .args = {"in_form"}, .run = typed<url_decoded>,
                                  .doc = "Decodes percent-encoding; '+' is a blank in forms and behind '?'.",
                                  .examples = {{"str(a+b%20c?x+y),url_dec", "a+b c?x y"}, {"str(a+b%20c),url_dec(1)", "a b c"},
                                               {"str(a%zz),url_dec", undefined}}}};
const Add json_entry{Converter{.name = "json", .args = {"code"}, .run = typed<json_or_ascii>,
                               .doc = "Escaped for the inside of a JSON string; {code} says how bytes are read.",
                               .examples = {{"str(a/b),json(utf8s)", "a\\/b"}, {"bin(c3a9),json(utf8)", "\\u00e9"},
                                            {"bin(c3),json(utf8)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
