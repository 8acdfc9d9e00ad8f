// language param reverse_dom (manual 7.3.1)
#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using std::string_view;

struct Languages {
  std::vector<std::string> names;
};

// "q=0.5" in thousandths; 1000 for everything else.
int quality(string_view parameter) {
  parameter = trim(parameter);
  if (!parameter.starts_with("q=")) return 1000;
  parameter.remove_prefix(2);
  int value = 0, weight = 1000;
  bool fraction = false;
  for (const char c : parameter) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(c)) break;
    if (fraction) weight /= 10;
    value += (c - '0') * weight;
  }
  return std::min(value, 1000);
}

// The first of the best; one with a variant stands for its language, too, if the variant itself is not in the list.
std::optional<string_view> language(string_view in, const Languages& known, std::optional<string_view> fallback) {
  std::optional<string_view> best;
  int best_quality = 0;
  while (!in.empty()) {
    string_view item = take_until(in, ',');
    const string_view name = trim(take_until(item, ';'));
    const int q = item.empty() ? 1000 : quality(item);
    if (q <= best_quality) continue;
    auto found = std::ranges::find(known.names, name);
    if (found == known.names.end()) found = std::ranges::find(known.names, name.substr(0, name.find('-')));
    if (found == known.names.end()) continue;
    best = *found;
    best_quality = q;
  }
  return best ? best : fallback;
}

// The value behind "name=", between delimiters.
std::optional<string_view> param(string_view in, string_view name, std::optional<string_view> delimiter) {
  const char between = delimiter && !delimiter->empty() ? (*delimiter)[0] : '&';
  while (!in.empty()) {
    string_view value = take_until(in, between);
    if (!value.starts_with(name)) continue;
    value.remove_prefix(name.size());
    if (value.empty()) return value;
    if (value[0] == '=') return value.substr(1);
  }
  return std::nullopt;
}

// The labels of a domain in the other order.
string_view reverse_domain(string_view in, Arena& arena) {
  char* const out = arena.allocate(in.size());
  std::size_t at = in.size();
  const auto put = [&](string_view label) {
    at -= label.size();
    if (!label.empty()) std::memcpy(out + at, label.data(), label.size());
  };
  const std::size_t size = in.size();
  for (auto dot = in.find('.'); dot != string_view::npos; dot = in.find('.')) {
    put(in.substr(0, dot));
    out[--at] = '.';
    in.remove_prefix(dot + 1);
  }
  put(in);
  return {out, size};
}

}  // namespace
}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::Languages> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::Languages, std::string> read(std::string_view text) {
    sluice::expr::Languages list;
    while (!text.empty()) {
      const std::string_view one = sluice::take_until(text, ';');
      if (!one.empty()) list.names.emplace_back(one);
    }
    if (list.names.empty()) return std::unexpected("a list of languages is missing");
    return list;
  }
};

namespace sluice::expr {
namespace {

const catalog::Add a{Converter{.name = "language", .args = {"value", "default"}, .run = typed<language>,
    .doc = "Which of the languages in {value} (with semicolons between) the client wants most, as Accept-Language says.",
    .examples = {{"str('fr;q=0.5, en;q=0.8, de'),language(en;fr)", "en"}, {"str('en-GB,fr'),language(fr;en)", "en"}, {"str('de'),language(fr;en,fr)", "fr"},
                 {"str('de;q=0'),language(de)", undefined}, {"str('fr;q=0.5,en;q=0.5'),language(en;fr)", "fr"}}}};
const catalog::Add b{Converter{.name = "param", .args = {"name", "delim"}, .run = typed<param>, .doc = "The value of parameter {name} in a text such as a query string.",
    .examples = {{"str('a=1&b=2'),param(b)", "2"}, {"str('a=1;b=2'),param(b,;)", "2"}, {"str('a=1&b'),param(b)", ""}, {"str('ab=1'),param(b)", undefined}}}};
const catalog::Add c{Converter{.name = "reverse_dom", .run = typed<reverse_domain>, .doc = "A domain with its labels in the other order.",
    .examples = {{"str(www.example.com),reverse_dom", "com.example.www"}, {"str(localhost),reverse_dom", "localhost"}}}};

}  // namespace
}  // namespace sluice::expr
