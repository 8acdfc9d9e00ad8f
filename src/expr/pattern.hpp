// PatternEntry, Matcher: what samples are compared with, and the index over many of them that each Match makes (hash for
// whole texts, radix tree for beginnings and ends, intervals for networks, one automaton for substrings and for regexes).
// Entries belong to a PatternStore (pattern_store.hpp) or a PatternList; both are immutable but for an entry's value and
// whether it is alive, which writers change while workers read. Matchers are immutable; any worker may ask one, inside a
// ReadSection if the entries belong to a store.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/entries.hpp"
#include "expr/regex.hpp"

namespace sluice::expr {

// What is written: a pattern of a line or file, and for maps what it stands for.
struct PatternRow {
  std::string_view key;
  std::string_view value{};
  std::uint32_t line = 0;  // of the file
};

class PatternChunk;

class PatternEntry {
 public:
  std::string_view text() const { return {text_, size_}; }
  // As it is now; lives until the ReadSection ends.
  std::string_view value() const {
    const char* const at = value_.load(std::memory_order_acquire);
    std::uint32_t size;
    std::memcpy(&size, at, sizeof size);
    return {at + sizeof size, size};
  }
  bool alive() const { return alive_.load(std::memory_order_relaxed); }
  std::uint32_t line() const { return line_; }

 private:
  friend class PatternChunk;
  friend class PatternStore;
  const char* text_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t line_ = 0;
  std::atomic<const char*> value_{nullptr};  // four bytes of size, then the text
  PatternChunk* chunk_ = nullptr;
  std::atomic<bool> alive_{true};
  bool value_is_own_ = false;                // not in the chunk's block: it was changed
};

// Entries that came together (a file, one command), in one block of memory.
class PatternChunk {
 public:
  explicit PatternChunk(std::span<const PatternRow> rows);
  PatternChunk(const PatternChunk&) = delete;
  ~PatternChunk();
  std::span<PatternEntry> entries() { return {entries_.get(), count_}; }

  std::size_t held = 0;  // entries still in a store; the store counts

 private:
  std::unique_ptr<PatternEntry[]> entries_;
  std::unique_ptr<char[]> block_;
  std::size_t count_ = 0;
};

using Patterns = std::span<const PatternEntry* const>;

// Patterns nobody changes: route indexes, tests.
class PatternList {
 public:
  void add(std::string_view text) { texts_.emplace_back(text); }
  void freeze();
  Patterns patterns() const { return pointers_; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::vector<std::string> texts_;
  std::unique_ptr<PatternChunk> chunk_;
  std::vector<const PatternEntry*> pointers_;
};

inline constexpr std::uint32_t no_pattern = 0xffffffff;

struct Found {
  std::uint32_t index = no_pattern;
  std::uint32_t rank = 0;  // the higher the better: how long the prefix or the network's prefix is; 0 where order decides
  explicit operator bool() const { return index != no_pattern; }
};

// `best` is what HAProxy's trees give for beginnings and networks: the longest. `first` is the first in order.
enum class Pick : std::uint8_t { best, first };
struct MatchHow {
  Letters letters = Letters::exact;
  Pick pick = Pick::best;
};

// The index over some patterns, made by Match::make. The sample already has the match's type.
class Matcher {
 public:
  virtual ~Matcher() = default;
  // Only entries that are alive are found.
  virtual Found find(const Sample& sample, const Scope& scope) const = 0;
  // The expression of a pattern, where patterns are regular expressions.
  virtual const Regex* regex(std::uint32_t) const { return nullptr; }
};

// Casts as the match wants it; no sample if that cannot be.
Sample cast_for(const Match& match, const Sample& sample, const Scope& scope);

}  // namespace sluice::expr
