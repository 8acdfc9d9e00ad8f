// -m int and -m len: single numbers in a hash, ranges in a list (manual 7.1.2). Operators have become ranges already.
#include <limits>

#include "base/text.hpp"
#include "expr/pattern.hpp"

namespace sluice::expr {
namespace {

struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

std::optional<Range> range_of(std::string_view text) {
  Range range;
  auto colon = text.find(':');
  // 2.6 takes a dash between two numbers, or behind one, for a colon. One at the beginning is a sign here: there it is not,
  // and "-5" means "up to 5" (the manual knows positive numbers only).
  if (colon == std::string_view::npos && !text.empty() && text.front() != '-') colon = text.find('-');
  const auto number = [](std::string_view part, std::int64_t& to) {
    if (part.empty()) return true;
    const auto value = parse_int(part);
    if (value) to = *value;
    return value.has_value();
  };
  if (text.empty() || text == ":") return std::nullopt;
  if (colon == std::string_view::npos) {
    if (!number(text, range.least)) return std::nullopt;
    range.most = range.least;
    return range;
  }
  if (!number(text.substr(0, colon), range.least) || !number(text.substr(colon + 1), range.most)) return std::nullopt;
  if (range.least > range.most) return std::nullopt;
  return range;
}

class Numbers {
 public:
  static std::optional<Numbers> make(Patterns patterns, PatternError& error) {
    Numbers numbers;
    numbers.patterns_ = patterns;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const auto range = range_of(patterns[i]->text());
      if (!range) {
        error = {i, fmt::format("'{}' is neither a number nor a range of numbers", patterns[i]->text())};
        return std::nullopt;
      }
      if (range->least == range->most && patterns.size() > 8) numbers.single_.emplace(range->least, static_cast<std::uint32_t>(i));
      else numbers.ranges_.emplace_back(*range, static_cast<std::uint32_t>(i));
    }
    return numbers;
  }
  Found find(std::int64_t value) const {
    std::uint32_t best = no_pattern;
    if (!single_.empty()) {
      const auto [first, last] = single_.equal_range(value);
      for (auto at = first; at != last; ++at)
        if (at->second < best && patterns_[at->second]->alive()) best = at->second;
    }
    for (const auto& [range, index] : ranges_) {
      if (index >= best) break;
      if (value >= range.least && value <= range.most && patterns_[index]->alive()) return {index};
    }
    return {best};
  }

 private:
  Patterns patterns_;
  std::vector<std::pair<Range, std::uint32_t>> ranges_;
  std::unordered_multimap<std::int64_t, std::uint32_t> single_;
};

class NumberMatcher final : public Matcher {
 public:
  explicit NumberMatcher(Numbers numbers) : numbers_(std::move(numbers)) {}
  Found find(const Sample& sample, const Scope&) const override { return numbers_.find(sample.integer()); }

 private:
  Numbers numbers_;
};
class LengthMatcher final : public Matcher {
 public:
  explicit LengthMatcher(Numbers numbers) : numbers_(std::move(numbers)) {}
  Found find(const Sample& sample, const Scope& scope) const override {
    const auto text = sample.is_text() ? std::optional(sample.view()) : text_of(sample, *scope.arena);
    return text ? numbers_.find(static_cast<std::int64_t>(text->size())) : Found{};
  }

 private:
  Numbers numbers_;
};

template <class M>
std::unique_ptr<Matcher> make(Patterns patterns, MatchHow, PatternError& error) {
  auto numbers = Numbers::make(patterns, error);
  if (!numbers) return nullptr;
  return std::make_unique<M>(std::move(*numbers));
}

const catalog::Add integer{Match{.name = "int", .takes = Type::sint, .make = make<NumberMatcher>,
                                 .doc = "Compares an integer with numbers, ranges and operators."}};
const catalog::Add length{Match{.name = "len", .takes = Type::any, .make = make<LengthMatcher>,
                                .doc = "Compares the length of a text with numbers, ranges and operators."}};

}  // namespace
}  // namespace sluice::expr
