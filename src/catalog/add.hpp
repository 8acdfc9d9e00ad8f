// Registering catalog entries. An entry is an aggregate of its kind (Converter, Fetch, Action, Setting, ...):
//
//   const Add entry{Converter{.name = "bytes", .run = typed<bytes>, .doc = "...", .examples = {...}}};
//
// Add<T> links it into a constinit list of its kind before main; entries<T>() is that list, frozen and sorted by
// name. What must hold of every entry (a name, a doc) is checked at compile time; duplicates abort at start with
// both places. Entry objects and their handlers are static or in an unnamed namespace.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.hpp"

namespace sluice::catalog {

// A short list inside an aggregate. A stored std::initializer_list would dangle.
template <class T, std::size_t capacity = 6>
class Few {
 public:
  constexpr Few() = default;
  constexpr Few(std::initializer_list<T> items) {
    for (const T& item : items) items_[size_++] = item;  // more than `capacity` is not a constant expression
  }
  constexpr const T* begin() const { return items_; }
  constexpr const T* end() const { return items_ + size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T& operator[](std::size_t i) const { return items_[i]; }

 private:
  T items_[capacity]{};
  std::size_t size_ = 0;
};

// An example of an expression-like entry: what is typed and what it gives. No `output` means "no sample".
struct Undefined {};
inline constexpr Undefined undefined;
struct Example {
  std::string_view input;
  std::string_view output;
  bool has_output = false;
  constexpr Example() = default;
  constexpr Example(std::string_view in, std::string_view out) : input(in), output(out), has_output(true) {}
  constexpr Example(std::string_view in, Undefined) : input(in) {}
};
using Examples = Few<Example, 8>;

// Not constexpr on purpose: the compiler's complaint names the function that was reached.
void an_entry_needs_a_name();
void an_entry_needs_a_doc();

// A kind may add rules of its own by overloading verify_entry(const T&) as constexpr in its namespace (found by ADL).
template <class T>
constexpr void verify_entry(const T&) {}

template <class T>
struct Checked {
  T value;
  consteval Checked(const T& v) : value(v) {  // NOLINT: the implicit conversion is the point
    if (v.name.empty()) an_entry_needs_a_name();
    if (v.doc.empty()) an_entry_needs_a_doc();
    verify_entry(v);
  }
};

template <class T>
class Add {
 public:
  explicit Add(Checked<T> entry, std::source_location where = std::source_location::current())
      : entry_(entry.value), where_(where), next_(first_) {
    first_ = this;
  }
  Add(const Add&) = delete;
  Add& operator=(const Add&) = delete;

  const T& entry() const { return entry_; }
  std::source_location where() const { return where_; }
  static const Add* first() { return first_; }
  const Add* next() const { return next_; }

 private:
  T entry_;
  std::source_location where_;
  const Add* next_;
  static inline constinit const Add* first_ = nullptr;
};
template <class T>
Add(T) -> Add<T>;

// The entries of one kind sorted by name. Immutable once made; tests may make small ones of their own.
template <class T>
class Index {
 public:
  explicit Index(std::vector<const T*> entries) : entries_(std::move(entries)) {
    std::ranges::sort(entries_, {}, [](const T* entry) { return entry->name; });
  }
  // Null if there is none of this name.
  const T* find(std::string_view name) const {
    const auto at = std::ranges::lower_bound(entries_, name, {}, [](const T* entry) { return entry->name; });
    return at != entries_.end() && (*at)->name == name ? *at : nullptr;
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  std::size_t size() const { return entries_.size(); }
  std::vector<std::string_view> names() const {
    std::vector<std::string_view> out;
    for (const T* entry : entries_) out.push_back(entry->name);
    return out;
  }

 private:
  std::vector<const T*> entries_;
};

[[noreturn]] void duplicate_entry(std::string_view name, std::source_location a, std::source_location b);

// Everything registered of a kind. Kinds in which a name may stand once per `where` differ in `same_entry` (ADL).
template <class T>
constexpr bool same_entry(const T& a, const T& b) {
  return a.name == b.name;
}

template <class T>
const Index<T>& entries() {
  static const Index<T> index = [] {
    std::vector<const Add<T>*> found;
    for (const Add<T>* node = Add<T>::first(); node; node = node->next()) found.push_back(node);
    std::ranges::stable_sort(found, {}, [](const Add<T>* node) { return node->entry().name; });
    std::vector<const T*> all;
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (std::size_t j = i; j-- > 0 && found[j]->entry().name == found[i]->entry().name;)
        if (same_entry(found[j]->entry(), found[i]->entry()))
          duplicate_entry(found[i]->entry().name, found[j]->where(), found[i]->where());
      all.push_back(&found[i]->entry());
    }
    return Index<T>(std::move(all));
  }();
  return index;
}

}  // namespace sluice::catalog
