// Pattern, Matcher, PatternSet: what samples are compared with. A PatternSet is compiled once from the words of an ACL
// and its files into the index its match deserves (hash for whole strings, radix tree for prefixes, trie for networks,
// compiled regexes) and is immutable afterwards; any worker may ask it.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/entries.hpp"
#include "expr/regex.hpp"

namespace sluice::expr {

struct Pattern {
  std::string text;
  std::string value{};              // second column of a map
  Letters letters = Letters::exact; // -i
  std::string_view file{};          // where it came from; empty: the configuration line
  std::uint32_t line = 0;
};

inline constexpr std::uint32_t no_pattern = 0xffffffff;

// The index over one set of patterns, made by Match::make. The sample already has the match's type.
class Matcher {
 public:
  virtual ~Matcher() = default;
  // The index of the pattern that matches best: the longest for beg, end and networks, else the first; or no_pattern.
  virtual std::uint32_t find(const Sample& sample, const Scope& scope) const = 0;
};

// Files of patterns or maps, read once per configuration however often they are named.
class PatternFiles {
 public:
  enum class Columns : std::uint8_t { one, two };
  // The error says why it cannot be read.
  std::expected<std::shared_ptr<const std::vector<Pattern>>, std::string> read(std::string_view path, Columns columns);

 private:
  std::map<std::pair<std::string, Columns>, std::shared_ptr<const std::vector<Pattern>>> files_;
};

class PatternSet {
 public:
  PatternSet() = default;
  static std::optional<PatternSet> make(const Match& match, std::vector<Pattern> patterns, PatternError& error);
  // The sample is cast as the match wants it; true if a pattern matches.
  bool matches(const Sample& sample, const Scope& scope) const { return find(sample, scope) != no_pattern; }
  std::uint32_t find(const Sample& sample, const Scope& scope) const;
  const std::vector<Pattern>& patterns() const { return patterns_; }
  const Match& match() const { return *match_; }

 private:
  const Match* match_ = nullptr;
  std::vector<Pattern> patterns_;
  std::unique_ptr<Matcher> matcher_;
};

}  // namespace sluice::expr
