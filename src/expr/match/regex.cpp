// -m reg and -m regm (manual 7.1.4).
#include "expr/pattern.hpp"
#include "expr/regex_set.hpp"

namespace sluice::expr {
namespace {

class RegexMatcher final : public Matcher {
 public:
  RegexMatcher(Patterns patterns, RegexSet set) : patterns_(patterns), set_(std::move(set)) {}
  Found find(const Sample& sample, const Scope&) const override {
    return {set_.find(sample.view(), [this](std::uint32_t i) { return patterns_[i]->alive(); })};
  }
  const Regex* regex(std::uint32_t number) const override { return &set_[number]; }

 private:
  Patterns patterns_;
  RegexSet set_;
};
std::unique_ptr<Matcher> make(Patterns patterns, MatchHow how, PatternError& error) {
  std::vector<Regex> all;
  all.reserve(patterns.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto regex = Regex::compile(patterns[i]->text(), how.letters);
    if (!regex) {
      error = {i, std::move(regex.error())};
      return nullptr;
    }
    all.push_back(std::move(*regex));
  }
  return std::make_unique<RegexMatcher>(patterns, RegexSet(std::move(all), how.letters));
}

const catalog::Add reg{Match{.name = "reg", .make = make, .doc = "A regular expression matches the text."}};
const catalog::Add regm{Match{.name = "regm", .make = make,
                              .doc = "As reg; in a map, the value may refer to groups of the match."}};

}  // namespace
}  // namespace sluice::expr
