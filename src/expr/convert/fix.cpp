// fix_is_valid fix_tag_value (manual 7.3.1): Financial Information eXchange, "tag=value" with SOH behind each.
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

constexpr char separator = '\1';
struct TagArg {
  std::uint64_t number = 0;
};

struct Tag {
  std::uint64_t number = 0;
  string_view value;
};
// The next tag; nothing if there is no whole one.
std::optional<Tag> take_tag(string_view& from) {
  const auto end = from.find(separator);
  const auto equals = from.find('=');
  if (end == string_view::npos || equals == string_view::npos || equals == 0 || equals + 1 >= end) return std::nullopt;
  const auto number = parse_uint(from.substr(0, equals));
  if (!number) return std::nullopt;
  const Tag tag{*number, from.substr(equals + 1, end - equals - 1)};
  from.remove_prefix(end + 1);
  return tag;
}

bool is_version(string_view text) {
  for (const string_view known : {"FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"})
    if (text == known) return true;
  return false;
}

// 8 BeginString, 9 BodyLength, 35 MsgType come first; 10 CheckSum is the last.
bool is_valid(Binary in) {
  string_view rest = in.bytes;
  const auto begin = take_tag(rest);
  const auto length = take_tag(rest);
  if (!begin || begin->number != 8 || !is_version(begin->value) || !length || length->number != 9) return false;
  const auto size = parse_uint(length->value);
  if (!size || *size > rest.size()) return false;
  string_view body = rest.substr(0, static_cast<std::size_t>(*size));
  const std::size_t summed = in.size() - rest.size() + body.size();
  rest.remove_prefix(body.size());
  const auto type = take_tag(body);
  if (!type || type->number != 35) return false;
  while (!body.empty())
    if (!take_tag(body)) return false;
  const auto check = take_tag(rest);
  if (!check || check->number != 10 || check->value.size() != 3) return false;
  unsigned sum = 0;
  for (const char c : in.bytes.substr(0, summed)) sum += static_cast<unsigned char>(c);
  return parse_uint(check->value) == sum % 256;
}

std::optional<Binary> tag_value(Binary in, TagArg wanted) {
  string_view rest = in.bytes;
  while (const auto tag = take_tag(rest))
    if (tag->number == wanted.number) return Binary{tag->value};
  return std::nullopt;
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::TagArg> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::TagArg, std::string> read(std::string_view text) {
    constexpr std::pair<std::string_view, std::uint64_t> names[] = {{"BeginString", 8}, {"BodyLength", 9}, {"MsgType", 35},
                                                                    {"SenderCompID", 49}, {"TargetCompID", 56}, {"CheckSum", 10}};
    for (const auto& [word, number] : names)
      if (text == word) return sluice::expr::TagArg{number};
    const auto number = sluice::parse_uint(text);
    if (!number) return std::unexpected(fmt::format("'{}' is neither the number of a tag nor a name that is known", text));
    return sluice::expr::TagArg{*number};
  }
};

namespace sluice::expr {
namespace {

// 8=FIX.4.2|9=15|35=0|49=A|56=B|10=169|
const catalog::Add a{Converter{.name = "fix_is_valid", .run = typed<is_valid>, .doc = "True for a valid message of Financial Information eXchange.",
    .examples = {{"bin(383d4649582e342e3201393d31350133353d300134393d410135363d420131303d31363901),fix_is_valid", "1"}, {"bin(383d4649582e342e3201393d31350133353d300134393d410135363d420131303d31373001),fix_is_valid", "0"}, {"str(8=FIX.4.2),fix_is_valid", "0"}}}};
const catalog::Add b{Converter{.name = "fix_tag_value", .args = {"tag"}, .run = typed<tag_value>, .doc = "The value of a tag of a FIX message.",
    .examples = {{"bin(383d4649582e342e3201393d31350133353d300134393d410135363d420131303d31363901),fix_tag_value(49)", "A"}, {"bin(383d4649582e342e3201393d31350133353d300134393d410135363d420131303d31363901),fix_tag_value(MsgType)", "0"}, {"bin(383d4649582e342e3201393d31350133353d300134393d410135363d420131303d31363901),fix_tag_value(99)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
