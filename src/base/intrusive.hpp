// A doubly linked list whose nodes live in the listed objects. A node is in at most one list and leaves it in its
// destructor: this is what makes cancelling a wait the same as destroying the waiter. One thread only.
#pragma once
#include "base/check.hpp"

namespace sluice {

class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    next_->prev_ = prev_;
    prev_->next_ = next_;
    next_ = prev_ = nullptr;
  }

 private:
  template <class T>
  friend class List;
  ListNode* next_ = nullptr;
  ListNode* prev_ = nullptr;
};

// T derives from ListNode (publicly). The list owns nothing.
template <class T>
class List {
 public:
  List() { root_.next_ = root_.prev_ = &root_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    while (!empty()) root_.next_->unlink();
    root_.next_ = root_.prev_ = nullptr;
  }

  bool empty() const { return root_.next_ == &root_; }
  T& front() { return static_cast<T&>(*root_.next_); }
  T& back() { return static_cast<T&>(*root_.prev_); }
  void push_back(T& item) { link(item, *root_.prev_); }
  void push_front(T& item) { link(item, root_); }
  T* pop_front() {
    if (empty()) return nullptr;
    T& item = front();
    static_cast<ListNode&>(item).unlink();
    return &item;
  }
  // Moves everything `other` holds to the end of this list.
  void splice_back(List& other) {
    if (other.empty()) return;
    ListNode* const first = other.root_.next_;
    ListNode* const last = other.root_.prev_;
    other.root_.next_ = other.root_.prev_ = &other.root_;
    first->prev_ = root_.prev_;
    root_.prev_->next_ = first;
    last->next_ = &root_;
    root_.prev_ = last;
  }
  // `visit(T&)` may unlink the item it is given, nothing else.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListNode* node = root_.next_; node != &root_;) {
      ListNode* const next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  void link(ListNode& node, ListNode& after) {
    check(!node.linked(), "node in one list only");
    node.prev_ = &after;
    node.next_ = after.next_;
    after.next_->prev_ = &node;
    after.next_ = &node;
  }
  ListNode root_;
};

}  // namespace sluice
