// -m reg and -m regm (manual 7.1.4).
#include "expr/pattern.hpp"
#include "expr/regex.hpp"

namespace sluice::expr {
namespace {

class RegexMatcher final : public Matcher {
 public:
  std::vector<Regex> patterns;
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    for (std::size_t i = 0; i < patterns.size(); ++i)
      if (patterns[i].matches(sample.view())) return static_cast<std::uint32_t>(i);
    return no_pattern;
  }
};
std::unique_ptr<Matcher> make(std::span<const Pattern> patterns, PatternError& error) {
  auto matcher = std::make_unique<RegexMatcher>();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto regex = Regex::compile(patterns[i].text, patterns[i].letters);
    if (!regex) {
      error = {i, std::move(regex.error())};
      return nullptr;
    }
    matcher->patterns.push_back(std::move(*regex));
  }
  return matcher;
}

const catalog::Add reg{Match{.name = "reg", .make = make, .doc = "A regular expression matches the text."}};
const catalog::Add regm{Match{.name = "regm", .make = make,
                              .doc = "As reg; in a map, the value may refer to groups of the match."}};

}  // namespace
}  // namespace sluice::expr
