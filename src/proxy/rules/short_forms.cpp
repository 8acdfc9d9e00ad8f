#include "proxy/rules/short_forms.hpp"

#include <initializer_list>
#include <string_view>

namespace sluice::proxy {
namespace {

// The line with other words at its beginning instead of the first `without`; the first of them is its keyword.
config::Line standing_for(const config::Line& line, std::initializer_list<std::string_view> beginning, std::size_t without) {
  std::vector<config::Word> words;
  for (const std::string_view text : beginning) {
    words.push_back(line.words()[0]);
    words.back().text = text;
    words.back().columns.clear();
  }
  words.insert(words.end(), line.words().begin() + static_cast<std::ptrdiff_t>(without), line.words().end());
  config::Line other = line.with_words(std::move(words));
  other.begin(1);
  return other;
}

// Where a `redirect` line leads is no format, other than that of http-request redirect (manual 4.2, "redirect").
config::Line without_formats(const config::Line& line) {
  std::vector<config::Word> words(line.words().begin(), line.words().end());
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != "location" && words[i] != "prefix" && words[i] != "scheme") continue;
    config::Word& target = words[++i];
    if (target.text.find('%') == target.text.npos) continue;
    std::string escaped;
    for (const char c : target.text) escaped.append(c == '%' ? 2 : 1, c);
    target.text = escaped;
    target.columns.clear();
  }
  config::Line other = line.with_words(std::move(words));
  other.begin(1);
  return other;
}

}  // namespace

RuleList compile_redirects(const std::vector<config::Line>& lines, RuleCompile& with) {
  std::vector<config::Line> rules;
  for (const config::Line& line : lines) rules.push_back(without_formats(standing_for(line, {"http-request"}, 0)));
  return compile_rules(RuleSet::http_request, rules, with);
}

RuleList compile_blocks(const std::vector<config::Line>& lines, RuleCompile& with) {
  std::vector<config::Line> rules;
  for (const config::Line& line : lines) rules.push_back(standing_for(line, {"http-request", "deny"}, 1));
  return compile_rules(RuleSet::http_request, rules, with);
}

}  // namespace sluice::proxy
