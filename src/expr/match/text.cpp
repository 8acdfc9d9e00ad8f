// -m str, beg, end, bin, sub, dir, dom (manual 7.1.3, 7.1.5). Whole texts, beginnings and ends are found by hash: one
// lookup for each length that occurs among the patterns. The others look for each pattern in turn.
#include <xxhash.h>

#include "base/text.hpp"
#include "expr/pattern.hpp"

namespace sluice::expr {
namespace {

struct ExactHash {
  std::size_t operator()(std::string_view text) const { return XXH3_64bits(text.data(), text.size()); }
};
struct AnyCaseHash {
  std::size_t operator()(std::string_view text) const {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x100000001b3u;
    return hash;
  }
};
struct AnyCaseEqual {
  bool operator()(std::string_view a, std::string_view b) const { return equal_nocase(a, b); }
};

enum class At : std::uint8_t { whole, begin, end };
enum class Pick : std::uint8_t { longest, first };

// Patterns of one sort of case, by length.
template <class Hash, class Equal>
class ByLength {
 public:
  void add(std::string_view pattern, std::uint32_t index) {
    patterns_.try_emplace(pattern, index);  // of equal ones the first counts
    if (std::ranges::find(lengths_, pattern.size()) == lengths_.end()) lengths_.push_back(pattern.size());
    std::ranges::sort(lengths_, std::greater{});
  }
  bool empty() const { return lengths_.empty(); }
  template <At at, Pick pick>
  std::uint32_t find(std::string_view text) const {
    std::uint32_t best = no_pattern;
    if constexpr (at == At::whole) return look(text);
    for (const std::size_t length : lengths_) {
      if (length > text.size()) continue;
      const std::uint32_t found = look(at == At::begin ? text.substr(0, length) : text.substr(text.size() - length));
      if (found != no_pattern && pick == Pick::longest) return found;
      best = std::min(best, found);
    }
    return best;
  }

 private:
  std::uint32_t look(std::string_view text) const {
    const auto found = patterns_.find(text);
    return found == patterns_.end() ? no_pattern : found->second;
  }
  std::unordered_map<std::string_view, std::uint32_t, Hash, Equal> patterns_;
  std::vector<std::size_t> lengths_;
};

template <At at, Pick pick>
class HashMatcher final : public Matcher {
 public:
  HashMatcher(std::span<const Pattern> patterns) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (patterns[i].letters == Letters::exact) exact_.add(patterns[i].text, static_cast<std::uint32_t>(i));
      else any_case_.add(patterns[i].text, static_cast<std::uint32_t>(i));
    }
  }
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    const std::uint32_t exact = exact_.empty() ? no_pattern : exact_.template find<at, pick>(sample.view());
    if (any_case_.empty()) return exact;
    return std::min(exact, any_case_.template find<at, pick>(sample.view()));
  }

 private:
  ByLength<ExactHash, std::equal_to<std::string_view>> exact_;
  ByLength<AnyCaseHash, AnyCaseEqual> any_case_;
};

// A handful of patterns, the usual case: comparing them in turn is faster than any hash.
template <At at, Pick pick>
class FewMatcher final : public Matcher {
 public:
  FewMatcher(std::span<const Pattern> patterns) {
    for (std::size_t i = 0; i < patterns.size(); ++i)
      patterns_.push_back({patterns[i].text, patterns[i].letters, static_cast<std::uint32_t>(i)});
    if constexpr (pick == Pick::longest)
      std::ranges::stable_sort(patterns_, std::greater{}, [](const One& one) { return one.text.size(); });
  }
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    const std::string_view text = sample.view();
    for (const One& one : patterns_) {
      const std::size_t size = one.text.size();
      if (at == At::whole ? size != text.size() : size > text.size()) continue;
      const std::string_view part = at == At::end ? text.substr(text.size() - size) : text.substr(0, size);
      if (one.letters == Letters::exact ? part == one.text : equal_nocase(part, one.text)) return one.index;
    }
    return no_pattern;
  }

 private:
  struct One {
    std::string_view text;
    Letters letters;
    std::uint32_t index;
  };
  std::vector<One> patterns_;
};

template <At at, Pick pick>
std::unique_ptr<Matcher> make(std::span<const Pattern> patterns, PatternError&) {
  if (patterns.size() <= 6) return std::make_unique<FewMatcher<at, pick>>(patterns);
  return std::make_unique<HashMatcher<at, pick>>(patterns);
}

class BytesMatcher final : public Matcher {
 public:
  void add(std::string bytes, std::uint32_t index) { patterns_.try_emplace(std::move(bytes), index); }
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    const auto found = patterns_.find(std::string_view(sample.view()));
    return found == patterns_.end() ? no_pattern : found->second;
  }

 private:
  struct Hash : ExactHash {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> patterns_;
};
std::unique_ptr<Matcher> make_bytes(std::span<const Pattern> patterns, PatternError& error) {
  auto matcher = std::make_unique<BytesMatcher>();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string& text = patterns[i].text;
    std::string bytes;
    bool fine = text.size() % 2 == 0;
    for (std::size_t at = 0; fine && at < text.size(); at += 2) {
      const int high = hex_digit(text[at]);
      const int low = hex_digit(text[at + 1]);
      fine = high >= 0 && low >= 0;
      bytes += static_cast<char>(high * 16 + low);
    }
    if (!fine) {
      error = {i, "'" + text + "' is not an even number of hexadecimal digits"};
      return nullptr;
    }
    matcher->add(std::move(bytes), static_cast<std::uint32_t>(i));
  }
  return matcher;
}

std::size_t find_in(std::string_view text, std::string_view part, Letters letters, std::size_t from) {
  if (letters == Letters::exact) return text.find(part, from);
  for (std::size_t at = from; at + part.size() <= text.size(); ++at)
    if (equal_nocase(text.substr(at, part.size()), part)) return at;
  return std::string_view::npos;
}

class SubMatcher final : public Matcher {
 public:
  explicit SubMatcher(std::span<const Pattern> patterns) : patterns_(patterns) {}
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (find_in(sample.view(), patterns_[i].text, patterns_[i].letters, 0) != std::string_view::npos)
        return static_cast<std::uint32_t>(i);
    return no_pattern;
  }

 private:
  std::span<const Pattern> patterns_;
};
std::unique_ptr<Matcher> make_sub(std::span<const Pattern> patterns, PatternError&) {
  return std::make_unique<SubMatcher>(patterns);
}

// A pattern that stands between delimiters; its own delimiters at both ends do not count.
class PartMatcher final : public Matcher {
 public:
  PartMatcher(std::span<const Pattern> patterns, std::string_view delimiters) : delimiters_(delimiters) {
    for (const Pattern& pattern : patterns) {
      std::string_view text = pattern.text;
      while (!text.empty() && is_delimiter(text.front())) text.remove_prefix(1);
      while (!text.empty() && is_delimiter(text.back())) text.remove_suffix(1);
      patterns_.emplace_back(text, pattern.letters);
    }
  }
  std::uint32_t find(const Sample& sample, const Scope&) const override {
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (stands_in(sample.view(), patterns_[i].first, patterns_[i].second)) return static_cast<std::uint32_t>(i);
    return no_pattern;
  }

 private:
  bool is_delimiter(char c) const { return delimiters_.find(c) != std::string_view::npos; }
  bool stands_in(std::string_view text, std::string_view part, Letters letters) const {
    if (part.empty()) return false;
    for (std::size_t at = 0; (at = find_in(text, part, letters, at)) != std::string_view::npos; ++at) {
      const std::size_t end = at + part.size();
      if ((at == 0 || is_delimiter(text[at - 1])) && (end == text.size() || is_delimiter(text[end]))) return true;
    }
    return false;
  }
  std::vector<std::pair<std::string_view, Letters>> patterns_;
  std::string_view delimiters_;
};
std::unique_ptr<Matcher> make_dir(std::span<const Pattern> patterns, PatternError&) {
  return std::make_unique<PartMatcher>(patterns, "/?");
}
std::unique_ptr<Matcher> make_dom(std::span<const Pattern> patterns, PatternError&) {
  return std::make_unique<PartMatcher>(patterns, "/?.:");
}

const catalog::Add str{Match{.name = "str", .make = make<At::whole, Pick::first>, .doc = "The text is one of the patterns."}};
const catalog::Add beg{Match{.name = "beg", .make = make<At::begin, Pick::longest>, .doc = "The text begins with a pattern."}};
const catalog::Add end{Match{.name = "end", .make = make<At::end, Pick::first>, .doc = "The text ends with a pattern."}};
const catalog::Add bin{Match{.name = "bin", .takes = Type::bin, .make = make_bytes,
                             .doc = "The bytes are those of a pattern written in hexadecimal."}};
const catalog::Add sub{Match{.name = "sub", .make = make_sub, .doc = "A pattern stands somewhere in the text."}};
const catalog::Add dir{Match{.name = "dir", .make = make_dir,
                             .doc = "A pattern stands in the text between slashes, or between one and an end."}};
const catalog::Add dom{Match{.name = "dom", .make = make_dom,
                             .doc = "A pattern stands in the text between dots, colons, slashes or question marks."}};

}  // namespace
}  // namespace sluice::expr
