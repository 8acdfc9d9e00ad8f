// lower upper length ltrim rtrim reverse cut_crlf bytes field word iif has_ctl concat add_item strcmp
#include "base/text.hpp"

#include "expr/convert/number.hpp"

namespace sluice::expr {

// Which field or word: from the left above 0, from the right below.
struct Place {
  Int index = 1;
  operator Int() const { return index; }  // NOLINT: it is an integer
};
struct Delimiters {
  std::string chars;
};

}  // namespace sluice::expr

namespace sluice::catalog {
template <>
struct Argument<expr::Place> {
  static constexpr std::string_view name = "integer";
  static std::expected<expr::Place, std::string> read(std::string_view text) {
    auto number = Argument<Int>::read(text);
    if (!number) return std::unexpected(std::move(number.error()));
    if (*number == 0) return std::unexpected("they are counted from 1, or from -1 at the end");
    return expr::Place{*number};
  }
};
template <>
struct Argument<expr::Delimiters> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::Delimiters, std::string> read(std::string_view text) {
    if (text.empty()) return std::unexpected("at least one character is needed; a comma has to be escaped or quoted twice");
    return expr::Delimiters{std::string(text)};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::Add;
using catalog::typed;
using catalog::undefined;
using std::string_view;

template <char (*change)(char)>
string_view each(string_view in, Arena& arena) {
  char* const out = arena.allocate(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = change(in[i]);
  return {out, in.size()};
}
Int length(string_view in) { return static_cast<Int>(in.size()); }
string_view without_leading(string_view in, string_view chars) {
  const auto at = in.find_first_not_of(chars);
  return at == string_view::npos ? in.substr(in.size()) : in.substr(at);
}
string_view without_trailing(string_view in, string_view chars) {
  const auto at = in.find_last_not_of(chars);
  return in.substr(0, at == string_view::npos ? 0 : at + 1);
}
string_view reversed(string_view in, Arena& arena) {
  char* const out = arena.allocate(in.size());
  std::reverse_copy(in.begin(), in.end(), out);
  return {out, in.size()};
}
string_view first_line(string_view in) { return in.substr(0, in.find_first_of("\r\n")); }

Binary bytes(Binary in, const NumberOrVariable& offset, std::optional<NumberOrVariable> length, const Scope& scope, Arena& arena) {
  const Binary none{in.bytes.substr(in.size())};  // of what is invalid
  const std::optional<Int> from = offset.value(scope.variables, arena);
  if (!from || *from < 0 || static_cast<std::size_t>(*from) >= in.size()) return none;
  std::size_t count = in.size();
  if (length) {
    const std::optional<Int> wanted = length->value(scope.variables, arena);
    if (!wanted || *wanted < 0) return none;
    count = static_cast<std::size_t>(*wanted);
  }
  return Binary{in.bytes.substr(static_cast<std::size_t>(*from), count)};
}

bool is_one_of(char c, string_view chars) { return chars.find(c) != string_view::npos; }

constexpr Int all = std::numeric_limits<Int>::max();
// The last of `count` places from `first` (1 and more) on; a count below 1 means all that remain.
Int last_of(Int first, Int count) { return count < 1 || count > all - first ? all : first + count - 1; }
// How far from its end an index lies.
Int distance(Int index) { return index > 0 ? index : index < -all ? all : -index; }

// Fields are what stands between delimiters, empty ones included. From the left for index > 0, from the right for < 0.
std::optional<string_view> field(string_view in, const Place& place, const Delimiters& between, Or<1> count) {
  const Int index = place;
  const string_view delimiters = between.chars;
  const bool from_left = index > 0;
  const Int wanted = distance(index);
  const Int last = last_of(wanted, count);
  Int number = 1;
  const std::size_t none = string_view::npos;
  std::size_t begin = none, end = none;
  if (from_left) {
    if (wanted == 1) begin = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!is_one_of(in[i], delimiters)) continue;
      if (number == last) {
        end = i;
        break;
      }
      if (++number == wanted) begin = i + 1;
    }
    if (begin == none) return std::nullopt;
    return in.substr(begin, end == none ? none : end - begin);
  }
  if (wanted == 1) end = in.size();
  begin = 0;
  for (std::size_t i = in.size(); i-- > 0;) {
    if (!is_one_of(in[i], delimiters)) continue;
    if (number == last) {
      begin = i + 1;
      break;
    }
    if (++number == wanted) end = i;
  }
  if (end == none) return std::nullopt;
  return in.substr(begin, end - begin);
}

// Words are the fields that are not empty; delimiters inside what is taken stay as they are.
std::optional<string_view> word(string_view in, const Place& place, const Delimiters& between, Or<1> count) {
  const Int index = place;
  const string_view delimiters = between.chars;
  const bool from_left = index > 0;
  const Int first = distance(index);
  const Int last = last_of(first, count);
  std::optional<std::size_t> begin, end;
  Int number = 0;
  const auto at = [&](std::size_t i) { return from_left ? i : in.size() - 1 - i; };
  for (std::size_t i = 0; i < in.size();) {
    while (i < in.size() && is_one_of(in[at(i)], delimiters)) ++i;
    if (i == in.size()) break;
    const std::size_t start = i;
    while (i < in.size() && !is_one_of(in[at(i)], delimiters)) ++i;
    ++number;
    if (number == first) begin = start;
    if (number >= first) end = i;
    if (number == last) break;
  }
  if (!begin) return in.substr(in.size());  // as many words there are not: empty
  return from_left ? in.substr(*begin, *end - *begin) : in.substr(in.size() - *end, *end - *begin);
}

string_view if_else(bool in, string_view when_true, string_view when_false) { return in ? when_true : when_false; }

bool has_control(Binary in) {
  return std::ranges::any_of(in.bytes, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::optional<string_view> variable_text(const std::optional<VariableName>& name, const Scope& scope, Arena& arena) {
  if (!name || !scope.variables) return std::nullopt;
  return text_of(scope.variables->get(name->variable, arena), arena);
}

string_view concat(string_view in, std::optional<string_view> before, std::optional<VariableName> variable, std::optional<string_view> after,
                   const Scope& scope, Arena& arena) {
  const string_view value = variable_text(variable, scope, arena).value_or("");
  return arena.join(arena.join(in, before.value_or("")), arena.join(value, after.value_or("")));
}

string_view add_item(string_view in, string_view delimiter, std::optional<VariableName> variable,
                     std::optional<string_view> suffix, const Scope& scope, Arena& arena) {
  const string_view item = arena.join(variable_text(variable, scope, arena).value_or(""), suffix.value_or(""));
  if (item.empty()) return in;
  return arena.join(in.empty() ? in : arena.join(in, delimiter), item);
}

std::string nothing_to_add(std::span<const std::string> arguments) {
  const bool some = std::ranges::any_of(arguments.subspan(std::min<std::size_t>(1, arguments.size())), [](const std::string& one) { return !one.empty(); });
  return some ? "" : "a variable, a suffix or both are needed behind the delimiter";
}

std::optional<Int> compare(string_view in, const VariableName& variable, const Scope& scope, Arena& arena) {
  const std::optional<string_view> other = variable_text(variable, scope, arena);
  if (!other) return std::nullopt;
  // The difference of the first bytes that differ, else which is longer.
  for (std::size_t i = 0; i < in.size() && i < other->size(); ++i)
    if (in[i] != (*other)[i]) return static_cast<unsigned char>(in[i]) - static_cast<unsigned char>((*other)[i]);
  return in.size() == other->size() ? 0 : in.size() < other->size() ? -1 : 1;
}

const Add lower_entry{Converter{.name = "lower", .run = typed<each<to_lower>>, .doc = "The text in small letters.",
                                .examples = {{"str(AbC),lower", "abc"}}}};
const Add upper_entry{Converter{.name = "upper", .run = typed<each<to_upper>>, .doc = "The text in capital letters.",
                                .examples = {{"str(aBc),upper", "ABC"}}}};
const Add length_entry{Converter{.name = "length", .run = typed<length>, .doc = "The number of bytes.",
                                 .examples = {{"str(abc),length", "3"}}}};
const Add ltrim_entry{Converter{.name = "ltrim", .args = {"chars"}, .run = typed<without_leading>,
                                .doc = "Without these characters at the beginning.", .examples = {{"str(xxaxx),ltrim(x)", "axx"}}}};
const Add rtrim_entry{Converter{.name = "rtrim", .args = {"chars"}, .run = typed<without_trailing>,
                                .doc = "Without these characters at the end.", .examples = {{"str(xxaxx),rtrim(x)", "xxa"}}}};
const Add reverse_entry{Converter{.name = "reverse", .run = typed<reversed>, .doc = "The bytes from last to first.",
                                  .examples = {{"str(abc),reverse", "cba"}}}};
const Add cut_entry{Converter{.name = "cut_crlf", .run = typed<first_line>,
                              .doc = "What stands before the first carriage return or newline.",
                              .examples = {{"str(one),cut_crlf", "one"}}}};
const Add bytes_entry{Converter{.name = "bytes", .args = {"offset", "length"}, .run = typed<bytes>,
                                .doc = "{length} bytes from {offset} on, or all the rest.",
                                .examples = {{"str(hello),bytes(1,3)", "ell"}, {"str(hello),bytes(2)", "llo"},
                                             {"str(hello),bytes(9)", ""}, {"str(hello),bytes(-1,2)", ""}}}};
const Add field_entry{Converter{.name = "field", .args = {"index", "delimiters", "count"}, .run = typed<field>,
                                .doc = "The field at {index} (negative: from the end) between delimiters, or {count} of them.",
                                .examples = {{"str(f1_f2_f3__f5),field(5,_)", "f5"}, {"str(f1_f2_f3__f5),field(2,_,0)", "f2_f3__f5"},
                                             {"str(f1_f2_f3__f5),field(2,_,2)", "f2_f3"}, {"str(f1_f2_f3__f5),field(-2,_,3)", "f2_f3_"},
                                             {"str(f1_f2_f3__f5),field(-3,_,0)", "f1_f2_f3"}, {"str(f1_f2_f3__f5),field(-3,_,-1)", "f1_f2_f3"}, {"str(a),field(3,_)", undefined}}}};
const Add word_entry{Converter{.name = "word", .args = {"index", "delimiters", "count"}, .run = typed<word>,
                               .doc = "As field, but empty fields do not count.",
                               .examples = {{"str(f1_f2_f3__f5),word(4,_)", "f5"}, {"str(f1_f2_f3__f5),word(2,_,0)", "f2_f3__f5"},
                                            {"str(f1_f2_f3__f5),word(3,_,2)", "f3__f5"}, {"str(f1_f2_f3__f5),word(-2,_,3)", "f1_f2_f3"},
                                            {"str(f1_f2_f3__f5),word(-3,_,0)", "f1_f2"}, {"str(/f1/f2/f3/f4),word(1,/)", "f1"}}}};
const Add iif_entry{Converter{.name = "iif", .args = {"true", "false"}, .run = typed<if_else>,
                              .doc = "One text if the value is true, the other if not.",
                              .examples = {{"bool(1),iif(yes,no)", "yes"}, {"bool(0),iif(yes,no)", "no"}}}};
const Add has_ctl_entry{Converter{.name = "has_ctl", .run = typed<has_control>,
                                  .doc = "True if there is a control character.",
                                  .examples = {{"str(abc),has_ctl", "0"}, {"bin(0a),has_ctl", "1"}}}};
const Add concat_entry{Converter{.name = "concat", .args = {"before", "variable", "after"}, .run = typed<concat>,
                                 .doc = "Appends a text, the value of a variable and another text.",
                                 .examples = {{"str(a),concat(b)", "ab"}, {"str(a),concat(b,,c)", "abc"}}}};
const Add add_item_entry{Converter{.name = "add_item", .args = {"delimiter", "variable", "suffix"}, .run = typed<add_item>,
                                   .objection = nothing_to_add,
                                   .doc = "Appends an item, after the delimiter if there is something before it.",
                                   .examples = {{"str(a),add_item(-,,b)", "a-b"}, {"str(),add_item(-,,b)", "b"}}}};
const Add strcmp_entry{Converter{.name = "strcmp", .args = {"variable"}, .run = typed<compare>,
                                 .doc = "Compares with a variable's text: 0 if equal, negative if the value is less.",
                                 .examples = {{"str(a),strcmp(txn.never_set)", undefined}}}};

}  // namespace
}  // namespace sluice::expr
