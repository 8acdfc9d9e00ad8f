#include "expr/text_tree.hpp"

namespace sluice::expr {

TextTree::TextTree(std::vector<Item> items) {
  std::ranges::stable_sort(items, {}, [](const Item& item) { return std::pair(item.text, item.number); });
  numbers_.reserve(items.size());
  for (const Item& item : items) numbers_.push_back(item.number);
  nodes_.assign(1, Node{});
  first_bytes_.assign(1, '\0');
  build(0, items, 0, items.size(), 0);
  nodes_.shrink_to_fit();
  first_bytes_.shrink_to_fit();
  labels_.shrink_to_fit();
}

// Items [first, last) share their first `depth` bytes, which lead to `node`.
void TextTree::build(std::uint32_t node, std::span<const Item> items, std::size_t first, std::size_t last, std::size_t depth) {
  nodes_[node].first_number = static_cast<std::uint32_t>(first);
  while (first < last && items[first].text.size() == depth) {
    ++nodes_[node].number_count;
    ++first;
  }
  struct Group {
    std::size_t first, last, depth;
  };
  std::vector<Group> groups;
  for (std::size_t i = first; i < last;) {
    std::size_t end = i + 1;
    while (end < last && items[end].text[depth] == items[i].text[depth]) ++end;
    // Sorted, so what the first and the last have in common all have in common.
    const std::string_view a = items[i].text;
    const std::string_view b = items[end - 1].text;
    std::size_t common = depth + 1;
    while (common < a.size() && common < b.size() && a[common] == b[common]) ++common;
    groups.push_back({i, end, common});
    i = end;
  }
  const auto child = static_cast<std::uint32_t>(nodes_.size());
  nodes_[node].first_child = child;
  nodes_[node].child_count = static_cast<std::uint32_t>(groups.size());
  for (const Group& group : groups) {
    const std::string_view label = items[group.first].text.substr(depth, group.depth - depth);
    nodes_.push_back({static_cast<std::uint32_t>(labels_.size()), static_cast<std::uint32_t>(label.size()), 0, 0, 0, 0});
    first_bytes_.push_back(label[0]);
    labels_ += label;
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    build(child + static_cast<std::uint32_t>(i), items, groups[i].first, groups[i].last, groups[i].depth);
}

const TextTree::Node* TextTree::child(const Node& node, char first) const {
  const auto begin = first_bytes_.begin() + node.first_child;
  const auto end = begin + node.child_count;
  // Children are sorted as unsigned bytes, which is how string views compare.
  const auto less = [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); };
  const auto at = std::lower_bound(begin, end, first, less);
  return at != end && *at == first ? &nodes_[static_cast<std::size_t>(at - first_bytes_.begin())] : nullptr;
}

}  // namespace sluice::expr
