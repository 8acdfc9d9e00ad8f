// Parameters of the query string and of form bodies (manual 7.3.6).
#include "base/text.hpp"
#include "expr/entries.hpp"
#include "expr/fetch/value.hpp"
#include "http/message.hpp"

namespace sluice::expr {
struct LettersArg {
  bool any_case = false;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::LettersArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::LettersArg, std::string> read(std::string_view text) {
    if (text == "i") return expr::LettersArg{true};
    return std::unexpected("expected 'i' (ignore case) instead of '" + std::string(text) + "'");
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using http::Request;
using Name = std::optional<std::string_view>;

// Calls visit(name, value) for each "a=b" of the text, until it says true. As in HAProxy a parameter ends at '&', at ';'
// and at what stands before the first one.
template <class Visitor>
bool walk(std::string_view text, char delimiter, Visitor visit) {
  const char ends[] = {'&', ';', delimiter};
  while (!text.empty()) {
    const auto end = text.find_first_of({ends, sizeof ends});
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (visit(pair.substr(0, equals), pair.substr(equals + 1))) return true;
  }
  return false;
}
bool same(std::string_view a, std::string_view b, const std::optional<LettersArg>& letters) {
  return letters && letters->any_case ? equal_nocase(a, b) : a == b;
}
constexpr char in_body = '&';
// What the parameters of a target stand behind: '?', or something else (manual: for things like "/x;a=1").
char delimiter_of(Name delimiter) { return delimiter && !delimiter->empty() ? delimiter->front() : '?'; }
std::string_view parameters(const Request& request, char delimiter) {
  const auto at = request.uri.text.find(delimiter);
  return at == std::string_view::npos ? std::string_view{} : request.uri.text.substr(at + 1);
}
bool is_meant(std::string_view key, Name name, const std::optional<LettersArg>& letters) {
  return !name || name->empty() || same(key, *name, letters);
}
std::optional<std::string_view> first(std::string_view text, char delimiter, Name name, const std::optional<LettersArg>& letters) {
  std::optional<std::string_view> found;
  walk(text, delimiter, [&](std::string_view key, std::string_view value) {
    if (!is_meant(key, name, letters)) return false;
    found = value;
    return true;
  });
  return found;
}
std::optional<std::string_view> one(const Request& r, Name name, Name delimiter, std::optional<LettersArg> letters) {
  const char begin = delimiter_of(delimiter);
  return first(parameters(r, begin), begin, name, letters);
}
bool all(Visit visit, const Request& r, Name name, Name delimiter, std::optional<LettersArg> letters) {
  const char begin = delimiter_of(delimiter);
  return walk(parameters(r, begin), begin, [&](std::string_view key, std::string_view value) {
    return is_meant(key, name, letters) && visit(Sample::text(value));
  });
}
Sample number(const Request& r, Name name, Name delimiter, std::optional<LettersArg> letters, Arena& arena) {
  const auto text = one(r, name, delimiter, letters);
  return text ? value_of(*text, arena) : Sample{};
}
std::optional<std::string_view> body_one(const Scope& scope, Name name, std::optional<LettersArg> letters) {
  if (!scope.request_body) return std::nullopt;
  return first(scope.request_body->bytes, in_body, name, letters);
}
bool body_all(Visit visit, const Scope& scope, Name name, std::optional<LettersArg> letters) {
  if (!scope.request_body) return false;
  return walk(scope.request_body->bytes, in_body, [&](std::string_view key, std::string_view value) {
    return is_meant(key, name, letters) && visit(Sample::text(value));
  });
}

const catalog::Add a{Fetch{.name = "url_param", .args = {"name", "delim", "i"}, .run = all_of<one, all>,
    .doc = "The value of parameter {name} of the query string, as it stands there (not decoded).",
    .examples = {{"url_param(a)", "1"}, {"url_param(b)", "x%20y"}, {"url_param(A)", undefined}, {"url_param(A,,i)", "1"}}}};
const catalog::Add b{Fetch{.name = "urlp", .args = {"name", "delim", "i"}, .run = all_of<one, all>, .doc = "Short name of url_param.",
    .examples = {{"urlp(b),url_dec", "x y"}}}};
const catalog::Add c{Fetch{.name = "urlp_val", .args = {"name", "delim", "i"}, .run = typed<number>, .out = Type::sint,
    .doc = "The value of parameter {name} as an integer.", .examples = {{"urlp_val(a),add(1)", "2"}}}};
const catalog::Add d{Fetch{.name = "req.body_param", .args = {"name", "i"}, .run = all_of<body_one, body_all>, .out = Type::bin,
    .origin = Origin::request, .doc = "The value of parameter {name} of a form in the request body.",
    .examples = {{"req.body_param(q)", "z"}, {"req.body_param(Q,i)", "z"}}}};
}  // namespace
}  // namespace sluice::expr
