// Finds the lowest-numbered pattern among thousands that begins, equals or ends a text, in one walk over the text.
// Built once with the configuration, immutable afterwards, read by every worker. Pure: knows nothing of rules.
//
// Invariant: find(text) == the smallest `number` of all added patterns that match `text`, as if they were tried in turn.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::proxy {

// A radix tree: every node holds the text of the edge that leads to it.
class PrefixIndex {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  void add(std::string_view prefix, std::uint32_t number);
  // To be called after the last add and before the first find.
  void freeze();
  std::uint32_t find(std::string_view text) const;
  bool empty() const { return patterns_.empty(); }
  std::size_t size() const { return patterns_.size(); }

 private:
  struct Pattern {
    std::string text;
    std::uint32_t number;
  };
  struct Node {
    std::uint32_t label = 0;  // where the edge's text stands in labels_
    std::uint32_t label_size = 0;
    std::uint32_t best = none;  // the smallest number of a pattern that ends exactly here
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
  };
  void build(std::uint32_t node, std::size_t first, std::size_t last, std::size_t depth);
  const Node* child(const Node& node, char first) const;

  std::vector<Pattern> patterns_;
  std::vector<Node> nodes_;
  std::vector<char> first_bytes_;  // parallel to nodes_: the first byte of each node's label
  std::string labels_;
};

// Beginning, whole and end patterns together, each with or without regard to case.
class TextIndex {
 public:
  static constexpr std::uint32_t none = PrefixIndex::none;
  enum class Where : std::uint8_t { begins, equals, ends };
  enum class Case : std::uint8_t { matters, ignored };

  void add(Where where, Case letters, std::string_view pattern, std::uint32_t number);
  void freeze();
  // Texts longer than what any request head can hold are not expected; no allocation unless case is ignored and the
  // text is longer than an internal buffer.
  std::uint32_t find(std::string_view text) const;
  std::size_t size() const { return size_; }

 private:
  struct Side {
    PrefixIndex begins;
    PrefixIndex ends;  // of reversed texts
    std::unordered_map<std::string_view, std::uint32_t> equals;
    bool used() const { return !begins.empty() || !ends.empty() || !equals.empty(); }
  };
  static std::uint32_t find(const Side& side, std::string_view text);
  Side exact_;
  Side folded_;
  std::vector<std::unique_ptr<std::string>> kept_;
  std::size_t size_ = 0;
};

}  // namespace sluice::proxy
