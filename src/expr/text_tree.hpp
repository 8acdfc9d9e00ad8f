// TextTree: all patterns that begin a text, found in one walk over it. A radix tree: every node holds the text of the edge
// that leads to it. Built once, immutable afterwards. Knows nothing of samples.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::expr {

class TextTree {
 public:
  struct Item {
    std::string_view text;  // needed only while the tree is built
    std::uint32_t number = 0;
  };
  explicit TextTree(std::vector<Item> items);

  // Calls visit(numbers, size) for each length of the patterns that begin `text`, the shortest first; numbers are those of
  // the patterns of that very text in ascending order. False from visit ends the walk.
  template <class Visit>
  void walk(std::string_view text, Visit visit) const {
    const Node* node = nodes_.data();
    std::size_t at = 0;
    for (;;) {
      if (node->number_count && !visit(std::span(numbers_).subspan(node->first_number, node->number_count), at)) return;
      if (!node->child_count || at >= text.size()) return;
      node = child(*node, text[at]);
      if (!node || text.size() - at < node->label_size ||
          std::memcmp(text.data() + at, labels_.data() + node->label, node->label_size) != 0)
        return;
      at += node->label_size;
    }
  }
  bool empty() const { return numbers_.empty(); }

 private:
  struct Node {
    std::uint32_t label = 0;  // where the edge's text stands in labels_
    std::uint32_t label_size = 0;
    std::uint32_t first_number = 0;
    std::uint32_t number_count = 0;
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
  };
  void build(std::uint32_t node, std::span<const Item> items, std::size_t first, std::size_t last, std::size_t depth);
  const Node* child(const Node& node, char first) const;

  std::vector<Node> nodes_;
  std::vector<char> first_bytes_;  // parallel to nodes_: the first byte of each node's label
  std::vector<std::uint32_t> numbers_;
  std::string labels_;
};

}  // namespace sluice::expr
