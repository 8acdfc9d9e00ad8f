// -m str, beg, end, bin (manual 7.1.3, 7.1.5). Whole texts are found by hash, beginnings and ends in a radix tree; a handful
// of patterns is compared in turn.
#include <xxhash.h>

#include "base/text.hpp"
#include "expr/folded.hpp"
#include "expr/pattern.hpp"
#include "expr/text_tree.hpp"

namespace sluice::expr {
namespace {

constexpr std::size_t handful = 6;  // comparing these in turn is faster than any index

// All numbers of patterns equal to a text, by open addressing: those of one text in order along the probe.
class TextTable {
 public:
  explicit TextTable(const std::vector<std::string_view>& texts) : slots_(std::bit_ceil(texts.size() * 3 / 2 + 2)), mask_(slots_.size() - 1) {
    for (std::uint32_t i = 0; i < texts.size(); ++i) {
      const auto hash = hash_of(texts[i]);
      std::size_t at = hash & mask_;
      while (slots_[at].number != no_pattern) at = (at + 1) & mask_;
      slots_[at] = {hash, i};
    }
  }
  // The first number `is(number)` says yes to, among those whose hash is that of `text`.
  template <class Is>
  std::uint32_t find(std::string_view text, Is is) const {
    const auto hash = hash_of(text);
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == no_pattern) return no_pattern;
      if (slot.hash == hash && is(slot.number)) return slot.number;
    }
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = no_pattern;
  };
  static std::uint32_t hash_of(std::string_view text) { return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())); }
  std::vector<Slot> slots_;
  std::size_t mask_;
};

std::vector<std::string_view> texts_of(Patterns patterns) {
  std::vector<std::string_view> texts;
  texts.reserve(patterns.size());
  for (const PatternEntry* pattern : patterns) texts.push_back(pattern->text());
  return texts;
}

// What is indexed instead of the patterns: small letters, or backwards, or both. Only needed while an index is made.
std::vector<std::string> changed_texts(Patterns patterns, Letters letters, bool reversed) {
  std::vector<std::string> texts;
  texts.reserve(patterns.size());
  for (const PatternEntry* pattern : patterns) {
    texts.push_back(letters == Letters::any_case ? lower(pattern->text()) : std::string(pattern->text()));
    if (reversed) std::ranges::reverse(texts.back());
  }
  return texts;
}

enum class At : std::uint8_t { whole, begin, end };

template <At at>
class FewMatcher final : public Matcher {
 public:
  FewMatcher(Patterns patterns, MatchHow how) : letters_(how.letters), ranked_(at == At::begin && how.pick == Pick::best && how.letters == Letters::exact) {
    for (std::uint32_t i = 0; i < patterns.size(); ++i) patterns_.push_back({patterns[i], i});
    // The longest first, as it is the best.
    if (ranked_) std::ranges::stable_sort(patterns_, std::greater{}, [](const One& one) { return one.entry->text().size(); });
  }
  Found find(const Sample& sample, const Scope&) const override {
    const std::string_view text = sample.view();
    for (const One& one : patterns_) {
      const std::string_view pattern = one.entry->text();
      const std::size_t size = pattern.size();
      if (at == At::whole ? size != text.size() : size > text.size()) continue;
      const std::string_view part = at == At::end ? text.substr(text.size() - size) : text.substr(0, size);
      if ((letters_ == Letters::exact ? part == pattern : equal_nocase(part, pattern)) && one.entry->alive())
        return {one.number, ranked_ ? static_cast<std::uint32_t>(size) : 0};
    }
    return {};
  }

 private:
  struct One {
    const PatternEntry* entry;
    std::uint32_t number;
  };
  std::vector<One> patterns_;
  Letters letters_;
  bool ranked_;
};

class WholeMatcher final : public Matcher {
 public:
  explicit WholeMatcher(Patterns patterns) : patterns_(patterns), table_(texts_of(patterns)) {}
  Found find(const Sample& sample, const Scope&) const override {
    const std::string_view text = sample.view();
    return {table_.find(text, [&](std::uint32_t i) { return patterns_[i]->text() == text && patterns_[i]->alive(); })};
  }

 private:
  Patterns patterns_;
  TextTable table_;
};
class WholeAnyCaseMatcher final : public Matcher {
 public:
  explicit WholeAnyCaseMatcher(Patterns patterns) : patterns_(patterns), table_([&] {
    const auto texts = changed_texts(patterns, Letters::any_case, false);
    return TextTable(std::vector<std::string_view>(texts.begin(), texts.end()));
  }()) {}
  Found find(const Sample& sample, const Scope&) const override {
    return with_small_letters(sample.view(), [&](std::string_view text) {
      return Found{table_.find(text, [&](std::uint32_t i) { return equal_nocase(patterns_[i]->text(), text) && patterns_[i]->alive(); })};
    });
  }

 private:
  Patterns patterns_;
  TextTable table_;
};

// Beginnings, and ends as beginnings of what is turned around.
template <At at>
class EdgeMatcher final : public Matcher {
 public:
  EdgeMatcher(Patterns patterns, MatchHow how)
      : patterns_(patterns), letters_(how.letters), best_(at == At::begin && how.pick == Pick::best && how.letters == Letters::exact),
        tree_(tree_of(patterns, how)) {}
  Found find(const Sample& sample, const Scope&) const override {
    const std::string_view text = sample.view();
    if (letters_ == Letters::exact) return look(text);
    return with_small_letters(text, [this](std::string_view small) { return look(small); });
  }

 private:
  static TextTree tree_of(Patterns patterns, MatchHow how) {
    std::vector<TextTree::Item> items;
    items.reserve(patterns.size());
    if (at == At::begin && how.letters == Letters::exact) {
      for (std::uint32_t i = 0; i < patterns.size(); ++i) items.push_back({patterns[i]->text(), i});
      return TextTree(std::move(items));
    }
    const auto texts = changed_texts(patterns, how.letters, at == At::end);
    for (std::uint32_t i = 0; i < texts.size(); ++i) items.push_back({texts[i], i});
    return TextTree(std::move(items));
  }
  Found look(std::string_view text) const {
    if constexpr (at == At::end) return backwards(text, [this](std::string_view turned) { return walk(turned); });
    else return walk(text);
  }
  Found walk(std::string_view text) const {
    Found found;
    tree_.walk(text, [&](std::span<const std::uint32_t> numbers, std::size_t size) {
      for (const std::uint32_t number : numbers) {
        if (!best_ && number >= found.index) break;
        if (!patterns_[number]->alive()) continue;
        found = {number, best_ ? static_cast<std::uint32_t>(size) : 0};
        break;
      }
      return true;
    });
    return found;
  }
  Patterns patterns_;
  Letters letters_;
  bool best_;  // the longest; else the first in order
  TextTree tree_;
};

std::unique_ptr<Matcher> make_whole(Patterns patterns, MatchHow how, PatternError&) {
  if (patterns.size() <= handful) return std::make_unique<FewMatcher<At::whole>>(patterns, how);
  if (how.letters == Letters::exact) return std::make_unique<WholeMatcher>(patterns);
  return std::make_unique<WholeAnyCaseMatcher>(patterns);
}
template <At at>
std::unique_ptr<Matcher> make_edge(Patterns patterns, MatchHow how, PatternError&) {
  if (patterns.size() <= handful) return std::make_unique<FewMatcher<at>>(patterns, how);
  return std::make_unique<EdgeMatcher<at>>(patterns, how);
}

class BytesMatcher final : public Matcher {
 public:
  BytesMatcher(Patterns patterns, std::vector<std::string> bytes)
      : patterns_(patterns), bytes_(std::move(bytes)), table_(std::vector<std::string_view>(bytes_.begin(), bytes_.end())) {}
  Found find(const Sample& sample, const Scope&) const override {
    const std::string_view wanted = sample.view();
    return {table_.find(wanted, [&](std::uint32_t i) { return bytes_[i] == wanted && patterns_[i]->alive(); })};
  }

 private:
  Patterns patterns_;
  std::vector<std::string> bytes_;
  TextTable table_;
};
std::optional<std::string> bytes_of(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}
std::unique_ptr<Matcher> make_bytes(Patterns patterns, MatchHow, PatternError& error) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto bytes = bytes_of(patterns[i]->text());
    if (!bytes) {
      error = {i, fmt::format("'{}' is not an even number of hexadecimal digits", patterns[i]->text())};
      return nullptr;
    }
    all.push_back(std::move(*bytes));
  }
  return std::make_unique<BytesMatcher>(patterns, std::move(all));
}

const catalog::Add str{Match{.name = "str", .make = make_whole, .doc = "The text is one of the patterns."}};
const catalog::Add beg{Match{.name = "beg", .make = make_edge<At::begin>, .doc = "The text begins with a pattern."}};
const catalog::Add end{Match{.name = "end", .make = make_edge<At::end>, .doc = "The text ends with a pattern."}};
const catalog::Add bin{Match{.name = "bin", .takes = Type::bin, .make = make_bytes,
                             .doc = "The bytes are those of a pattern written in hexadecimal."}};

}  // namespace
}  // namespace sluice::expr
