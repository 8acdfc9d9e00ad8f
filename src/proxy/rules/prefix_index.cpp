#include "proxy/rules/prefix_index.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sluice::proxy {

void PrefixIndex::add(std::string_view prefix, std::uint32_t number) { patterns_.push_back({std::string(prefix), number}); }

void PrefixIndex::freeze() {
  std::ranges::stable_sort(patterns_, [](const Pattern& a, const Pattern& b) {
    return a.text != b.text ? a.text < b.text : a.number < b.number;
  });
  nodes_.assign(1, Node{});
  first_bytes_.assign(1, '\0');
  labels_.clear();
  build(0, 0, patterns_.size(), 0);
}

// Patterns [first, last) share their first `depth` bytes, which lead to `node`.
void PrefixIndex::build(std::uint32_t node, std::size_t first, std::size_t last, std::size_t depth) {
  while (first < last && patterns_[first].text.size() == depth) {
    nodes_[node].best = std::min(nodes_[node].best, patterns_[first].number);
    ++first;
  }
  struct Group {
    std::size_t first, last, depth;
  };
  std::vector<Group> groups;
  for (std::size_t i = first; i < last;) {
    std::size_t end = i + 1;
    while (end < last && patterns_[end].text[depth] == patterns_[i].text[depth]) ++end;
    // Sorted, so what the first and the last have in common all have in common.
    const std::string& a = patterns_[i].text;
    const std::string& b = patterns_[end - 1].text;
    std::size_t common = depth + 1;
    while (common < a.size() && common < b.size() && a[common] == b[common]) ++common;
    groups.push_back({i, end, common});
    i = end;
  }
  const auto child = static_cast<std::uint32_t>(nodes_.size());
  nodes_[node].first_child = child;
  nodes_[node].child_count = static_cast<std::uint32_t>(groups.size());
  for (const Group& group : groups) {
    const std::string_view label = std::string_view(patterns_[group.first].text).substr(depth, group.depth - depth);
    nodes_.push_back({static_cast<std::uint32_t>(labels_.size()), static_cast<std::uint32_t>(label.size()), none, 0, 0});
    first_bytes_.push_back(label[0]);
    labels_ += label;
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    build(child + static_cast<std::uint32_t>(i), groups[i].first, groups[i].last, groups[i].depth);
}

const PrefixIndex::Node* PrefixIndex::child(const Node& node, char first) const {
  const auto begin = first_bytes_.begin() + node.first_child;
  const auto end = begin + node.child_count;
  // Children are sorted as unsigned bytes, which is how std::string compares.
  const auto less = [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); };
  const auto at = std::lower_bound(begin, end, first, less);
  return at != end && *at == first ? &nodes_[static_cast<std::size_t>(at - first_bytes_.begin())] : nullptr;
}

std::uint32_t PrefixIndex::find(std::string_view text) const {
  const Node* node = nodes_.data();
  std::uint32_t best = node->best;
  std::size_t at = 0;
  while (node->child_count && at < text.size()) {
    node = child(*node, text[at]);
    if (!node || text.size() - at < node->label_size ||
        std::memcmp(text.data() + at, labels_.data() + node->label, node->label_size) != 0)
      break;
    at += node->label_size;
    best = std::min(best, node->best);
  }
  return best;
}

namespace {

// The text in lower case or reversed, in a buffer of its own only if it is long.
template <class Fill>
std::uint32_t with_copy(std::size_t size, Fill fill) {
  constexpr std::size_t usual = 1024;
  char buffer[usual];
  if (size <= usual) return fill(buffer);
  std::string longer(size, '\0');
  return fill(longer.data());
}

std::uint32_t find_reversed(const PrefixIndex& index, std::string_view text) {
  return with_copy(text.size(), [&](char* copy) {
    std::reverse_copy(text.begin(), text.end(), copy);
    return index.find({copy, text.size()});
  });
}

}  // namespace

void TextIndex::add(Where where, Case letters, std::string_view pattern, std::uint32_t number) {
  Side& side = letters == Case::ignored ? folded_ : exact_;
  std::string text = letters == Case::ignored ? lower(pattern) : std::string(pattern);
  ++size_;
  switch (where) {
    case Where::begins: side.begins.add(text, number); return;
    case Where::ends:
      std::ranges::reverse(text);
      side.ends.add(text, number);
      return;
    case Where::equals: {
      const auto found = side.equals.find(text);
      if (found != side.equals.end()) {
        found->second = std::min(found->second, number);
        return;
      }
      kept_.push_back(std::make_unique<std::string>(std::move(text)));
      side.equals.emplace(*kept_.back(), number);
    }
  }
}

void TextIndex::freeze() {
  for (Side* side : {&exact_, &folded_}) {
    side->begins.freeze();
    side->ends.freeze();
  }
}

std::uint32_t TextIndex::find(const Side& side, std::string_view text) {
  std::uint32_t best = none;
  if (!side.begins.empty()) best = side.begins.find(text);
  if (!side.equals.empty())
    if (const auto found = side.equals.find(text); found != side.equals.end()) best = std::min(best, found->second);
  if (!side.ends.empty()) best = std::min(best, find_reversed(side.ends, text));
  return best;
}

std::uint32_t TextIndex::find(std::string_view text) const {
  std::uint32_t best = exact_.used() ? find(exact_, text) : none;
  if (folded_.used()) {
    best = std::min(best, with_copy(text.size(), [&](char* copy) {
                      std::ranges::transform(text, copy, to_lower);
                      return find(folded_, {copy, text.size()});
                    }));
  }
  return best;
}

}  // namespace sluice::proxy
