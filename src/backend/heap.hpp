// A 4-ary heap of small integer ids with keys that may change: the smallest key is on top, update and erase are
// O(log n). Ids are 0 .. capacity-1. Memory is taken at construction only. Not locked.
#pragma once
#include <cstdint>
#include <vector>

namespace sluice::backend {

template <class Key>
class Heap {
 public:
  explicit Heap(std::size_t capacity) : place_(capacity, absent) { items_.reserve(capacity); }

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  bool contains(std::uint32_t id) const { return place_[id] != absent; }
  std::uint32_t top() const { return items_.front().id; }
  const Key& top_key() const { return items_.front().key; }
  void grow(std::size_t capacity) {
    if (capacity > place_.size()) place_.resize(capacity, absent);
    items_.reserve(place_.size());
  }

  // Inserts the id, or changes its key.
  void set(std::uint32_t id, const Key& key) {
    std::uint32_t at = place_[id];
    if (at == absent) {
      at = static_cast<std::uint32_t>(items_.size());
      items_.push_back({key, id});
      place_[id] = at;
      up(at);
      return;
    }
    const bool smaller = key < items_[at].key;
    items_[at].key = key;
    if (smaller) up(at);
    else down(at);
  }
  void erase(std::uint32_t id) {
    const std::uint32_t at = place_[id];
    if (at == absent) return;
    place_[id] = absent;
    const Item last = items_.back();
    items_.pop_back();
    if (last.id == id) return;
    items_[at] = last;
    place_[last.id] = at;
    up(at);
    down(place_[last.id]);
  }

 private:
  static constexpr std::uint32_t absent = ~0U;
  struct Item {
    Key key;
    std::uint32_t id;
  };
  void put(std::uint32_t at, const Item& item) {
    items_[at] = item;
    place_[item.id] = at;
  }
  void up(std::uint32_t at) {
    const Item item = items_[at];
    while (at != 0) {
      const std::uint32_t parent = (at - 1) / 4;
      if (!(item.key < items_[parent].key)) break;
      put(at, items_[parent]);
      at = parent;
    }
    put(at, item);
  }
  void down(std::uint32_t at) {
    const Item item = items_[at];
    const auto count = static_cast<std::uint32_t>(items_.size());
    for (;;) {
      const std::uint32_t first = at * 4 + 1;
      if (first >= count) break;
      std::uint32_t best = first;
      for (std::uint32_t child = first + 1; child < count && child < first + 4; ++child)
        if (items_[child].key < items_[best].key) best = child;
      if (!(items_[best].key < item.key)) break;
      put(at, items_[best]);
      at = best;
    }
    put(at, item);
  }

  std::vector<Item> items_;
  std::vector<std::uint32_t> place_;
};

}  // namespace sluice::backend
