// -m sub, dir, dom (manual 7.1.3): what stands in a text, anywhere or between delimiters. A few patterns are looked for in
// turn, more of them in one pass.
#include "base/text.hpp"
#include "expr/folded.hpp"
#include "expr/pattern.hpp"
#include "expr/substring_index.hpp"
#include "expr/text_tree.hpp"

namespace sluice::expr {
namespace {

constexpr std::size_t few = 4;

std::size_t find_in(std::string_view text, std::string_view part, Letters letters, std::size_t from) {
  if (letters == Letters::exact) return text.find(part, from);
  for (std::size_t at = from; at + part.size() <= text.size(); ++at)
    if (equal_nocase(text.substr(at, part.size()), part)) return at;
  return std::string_view::npos;
}

class FewSubMatcher final : public Matcher {
 public:
  FewSubMatcher(Patterns patterns, Letters letters) : patterns_(patterns), letters_(letters) {}
  Found find(const Sample& sample, const Scope&) const override {
    for (std::uint32_t i = 0; i < patterns_.size(); ++i)
      if (find_in(sample.view(), patterns_[i]->text(), letters_, 0) != std::string_view::npos && patterns_[i]->alive()) return {i};
    return {};
  }

 private:
  Patterns patterns_;
  Letters letters_;
};

class SubMatcher final : public Matcher {
 public:
  SubMatcher(Patterns patterns, Letters letters) : patterns_(patterns), letters_(letters), index_([&] {
    std::vector<std::string> texts;
    for (const PatternEntry* pattern : patterns) texts.push_back(letters == Letters::exact ? std::string(pattern->text()) : lower(pattern->text()));
    return SubstringIndex(std::vector<std::string_view>(texts.begin(), texts.end()));
  }()) {}
  Found find(const Sample& sample, const Scope&) const override {
    const auto look = [this](std::string_view text) {
      return Found{index_.find(text, [this](std::uint32_t i) { return patterns_[i]->alive(); })};
    };
    return letters_ == Letters::exact ? look(sample.view()) : with_small_letters(sample.view(), look);
  }

 private:
  Patterns patterns_;
  Letters letters_;
  SubstringIndex index_;
};
std::unique_ptr<Matcher> make_sub(Patterns patterns, MatchHow how, PatternError&) {
  if (patterns.size() <= few) return std::make_unique<FewSubMatcher>(patterns, how.letters);
  return std::make_unique<SubMatcher>(patterns, how.letters);
}

// A pattern that stands between delimiters; its own delimiters at both ends do not count. Wherever one may begin, behind a
// delimiter, all patterns are tried at once.
class PartMatcher final : public Matcher {
 public:
  PartMatcher(Patterns patterns, Letters letters, std::string_view delimiters)
      : patterns_(patterns), letters_(letters), delimiters_(delimiters), tree_(tree_of(patterns, letters, delimiters)) {}
  Found find(const Sample& sample, const Scope&) const override {
    const auto look = [this](std::string_view text) { return find_in_parts(text); };
    return letters_ == Letters::exact ? look(sample.view()) : with_small_letters(sample.view(), look);
  }

 private:
  static TextTree tree_of(Patterns patterns, Letters letters, std::string_view delimiters) {
    std::vector<std::string> texts;
    for (const PatternEntry* pattern : patterns) {
      std::string_view text = pattern->text();
      while (!text.empty() && delimiters.contains(text.front())) text.remove_prefix(1);
      while (!text.empty() && delimiters.contains(text.back())) text.remove_suffix(1);
      texts.push_back(letters == Letters::exact ? std::string(text) : lower(text));
    }
    std::vector<TextTree::Item> items;
    for (std::uint32_t i = 0; i < texts.size(); ++i)
      if (!texts[i].empty()) items.push_back({texts[i], i});
    return TextTree(std::move(items));
  }
  Found find_in_parts(std::string_view text) const {
    Found found;
    // A pattern that is nothing but delimiters is nothing, which an empty text is.
    for (std::uint32_t i = 0; text.empty() && i < patterns_.size(); ++i)
      if (patterns_[i]->text().find_first_not_of(delimiters_) == std::string_view::npos && patterns_[i]->alive()) return {i};
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (at != 0 && !delimiters_.contains(text[at - 1])) continue;
      tree_.walk(text.substr(at), [&](std::span<const std::uint32_t> numbers, std::size_t size) {
        if (at + size != text.size() && !delimiters_.contains(text[at + size])) return true;
        for (const std::uint32_t number : numbers) {
          if (number >= found.index) break;
          if (!patterns_[number]->alive()) continue;
          found.index = number;
          break;
        }
        return true;
      });
    }
    return found;
  }
  Patterns patterns_;
  Letters letters_;
  std::string_view delimiters_;
  TextTree tree_;
};
std::unique_ptr<Matcher> make_dir(Patterns patterns, MatchHow how, PatternError&) {
  return std::make_unique<PartMatcher>(patterns, how.letters, "/?");
}
std::unique_ptr<Matcher> make_dom(Patterns patterns, MatchHow how, PatternError&) {
  return std::make_unique<PartMatcher>(patterns, how.letters, "/?.:");
}

const catalog::Add sub{Match{.name = "sub", .make = make_sub, .doc = "A pattern stands somewhere in the text."}};
const catalog::Add dir{Match{.name = "dir", .make = make_dir,
                             .doc = "A pattern stands in the text between slashes, or between one and an end."}};
const catalog::Add dom{Match{.name = "dom", .make = make_dom,
                             .doc = "A pattern stands in the text between dots, colons, slashes or question marks."}};

}  // namespace
}  // namespace sluice::expr
