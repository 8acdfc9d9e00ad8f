// SubstringIndex: the first of many patterns that stands anywhere in a text, found in one pass (Aho and Corasick's
// automaton). Built once, immutable afterwards. Memory grows with the patterns' bytes, not with the alphabet: the edges of
// all states are in one hash table; only the root's are in an array.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::expr {

class SubstringIndex {
 public:
  // Number i is texts[i]. Empty ones are everywhere.
  explicit SubstringIndex(const std::vector<std::string_view>& texts);

  // The smallest number of a pattern that is in `text` and that `counts(number)` says yes to, or 0xffffffff.
  template <class Counts>
  std::uint32_t find(std::string_view text, Counts counts) const {
    std::uint32_t best = none;
    const auto look = [&](std::uint32_t state) {
      // Along the suffixes that are patterns themselves; `least` ends the search where nothing better can follow.
      for (std::uint32_t at = states_[state].first != none ? state : states_[state].shorter; at != 0; at = states_[at].shorter) {
        if (states_[at].least >= best) return;
        for (std::uint32_t number = states_[at].first; number < best && number != none; number = next_[number])
          if (counts(number)) best = number;
      }
    };
    for (std::uint32_t number = states_[0].first; number != none; number = next_[number])
      if (counts(number)) {
        best = number;
        break;
      }
    std::uint32_t state = 0;
    for (const char c : text) {
      state = step(state, c);
      if (states_[state].least < best) look(state);
    }
    return best;
  }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct State {
    std::uint32_t failure = 0;   // the longest proper suffix that is a state
    std::uint32_t shorter = 0;   // the longest proper suffix that is a pattern; 0: none
    std::uint32_t first = none;  // patterns that end here: first, then next_
    std::uint32_t least = none;  // the smallest number here and on all suffixes
  };
  struct Edge {
    std::uint32_t state = none;
    std::uint32_t to = 0;
    char byte = 0;
  };
  std::uint32_t step(std::uint32_t state, char c) const {
    for (;;) {
      if (state == 0) return root_[static_cast<unsigned char>(c)];
      const std::uint32_t to = edge(state, c);
      if (to) return to;
      state = states_[state].failure;
    }
  }
  static std::uint64_t hash(std::uint32_t state, char c) {
    return (std::uint64_t{state} << 8 | static_cast<unsigned char>(c)) * 0x9e3779b97f4a7c15u >> 20;
  }
  std::uint32_t edge(std::uint32_t state, char c) const {
    for (std::size_t at = hash(state, c) & mask_;; at = (at + 1) & mask_) {
      const Edge& one = edges_[at];
      if (one.state == none) return 0;
      if (one.state == state && one.byte == c) return one.to;
    }
  }
  std::uint32_t add_edge(std::uint32_t state, char c);

  std::vector<State> states_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> next_;
  std::uint32_t root_[256] = {};
  std::size_t mask_ = 0;
};

}  // namespace sluice::expr
