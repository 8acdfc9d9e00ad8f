#include "expr/substring_index.hpp"

#include <bit>

namespace sluice::expr {

std::uint32_t SubstringIndex::add_edge(std::uint32_t state, char c) {
  const auto made = static_cast<std::uint32_t>(states_.size());
  states_.push_back({});
  std::size_t at = hash(state, c) & mask_;
  while (edges_[at].state != none) at = (at + 1) & mask_;
  edges_[at] = {state, made, c};
  return made;
}

SubstringIndex::SubstringIndex(const std::vector<std::string_view>& texts) : states_(1), next_(texts.size(), none) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  edges_.resize(std::bit_ceil(bytes * 3 / 2 + 8));
  mask_ = edges_.size() - 1;
  struct Origin {
    std::uint32_t from;
    char byte;
  };
  std::vector<Origin> origins(1);
  std::vector<std::uint32_t> last;  // of each state: its latest pattern, so that chains are in ascending order
  last.push_back(none);
  for (std::uint32_t number = 0; number < texts.size(); ++number) {
    std::uint32_t state = 0;
    for (const char c : texts[number]) {
      std::uint32_t to = edge(state, c);
      if (!to) {
        to = add_edge(state, c);
        origins.push_back({state, c});
        last.push_back(none);
      }
      state = to;
    }
    if (last[state] == none) states_[state].first = number;
    else next_[last[state]] = number;
    last[state] = number;
  }
  for (unsigned c = 0; c < 256; ++c) root_[c] = edge(0, static_cast<char>(c));
  // Shorter texts first, as the failure of a state is shorter than it. States are made before those behind them, so depth
  // can be computed in order; sorting by it is a counting sort in effect.
  std::vector<std::uint32_t> depth(states_.size(), 0);
  for (std::size_t i = 1; i < states_.size(); ++i) depth[i] = depth[origins[i].from] + 1;
  std::vector<std::uint32_t> order(states_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return depth[i]; });
  for (const std::uint32_t i : order) {
    if (i == 0) continue;
    State& state = states_[i];
    const Origin& origin = origins[i];
    if (origin.from != 0) state.failure = step(states_[origin.from].failure, origin.byte);
    const State& suffix = states_[state.failure];
    state.shorter = state.failure != 0 && suffix.first != none ? state.failure : suffix.shorter;
    state.least = std::min(state.first, state.failure ? suffix.least : none);
  }
}

}  // namespace sluice::expr
