// The header fields (or trailers) of one message, in the order they came.
//
// Names and values are views: into the head buffer for what was received, into the exchange's arena for what was
// added. Fields owns no text and calls no heap: the first fields are stored inline, more go to the arena.
// A HeaderName without text stands for every field. Owned by a Request or Response; one worker.
// Invariants: 1. names are never empty; 2. known_ has the bit of an id exactly if a field with that id is present,
// and then first_of_[id] is the index of the first one; 3. an id without its bit in repeated_ is there once at most.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "http/header_id.hpp"

namespace sluice::http {

class Field {
 public:
  Field() = default;  // leaves it uninitialised: arrays of them cost nothing until used
  Field(std::string_view name, std::string_view value, HeaderId id)
      : name_(name.data()),
        value_(value.data()),
        value_size_(static_cast<std::uint32_t>(value.size())),
        name_size_(static_cast<std::uint16_t>(name.size())),
        id_(id) {
    check(name.size() <= 0xffff && value.size() <= 0xffffffff, "field size");
  }
  std::string_view name() const { return {name_, name_size_}; }
  std::string_view value() const { return {value_, value_size_}; }
  HeaderId id() const { return id_; }

 private:
  const char* name_;
  const char* value_;
  std::uint32_t value_size_;
  std::uint16_t name_size_;
  HeaderId id_;
};

class Fields {
 public:
  explicit Fields(Arena& arena) : arena_(&arena) { items_ = inline_.data(); }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Field& operator[](std::size_t i) const { return items_[i]; }
  const Field* begin() const { return items_; }
  const Field* end() const { return items_ + size_; }
  Arena& arena() { return *arena_; }

  bool has(HeaderId id) const { return (known_ >> static_cast<unsigned>(id) & 1) != 0; }
  // The first field of that name at or after index `from`; null if there is none.
  const Field* find(const HeaderName& name, std::size_t from = 0) const;
  std::size_t count(const HeaderName& name) const;

  // Whole values, as req.fhdr(name,n) sees them: n > 0 from the first (1), n < 0 from the last (-1).
  std::optional<std::string_view> value(const HeaderName& name, int occurrence = -1) const;
  // Values between commas outside of quotes, without surrounding blanks, as req.hdr(name,n) sees them.
  std::optional<std::string_view> element(const HeaderName& name, int occurrence = -1) const;
  std::size_t count_elements(const HeaderName& name) const;
  // True if one element equals `token` without regard to case ("close" in Connection).
  bool has_token(const HeaderName& name, std::string_view token) const;

  // Appends. `add` copies value and name into the arena, the name in lower case; `append` only refers to them.
  void add(const HeaderName& name, std::string_view value);
  void append(std::string_view name, std::string_view value, HeaderId id) {
    changed();
    put_last(name, value, id);
  }
  // Appends and fails if there are `most` fields already: what the parsers use.
  bool append_within(std::size_t most, std::string_view name, std::string_view value, HeaderId id) {
    if (size_ >= most) [[unlikely]] return false;
    put_last(name, value, id);
    return true;
  }
  // The lines the fields came in with the empty one behind them, if a writer would write the very same: the parser says
  // so, and whatever changes a field forgets it. Else empty.
  std::string_view unchanged() const { return unchanged_; }
  void came_as(std::string_view lines) { unchanged_ = lines; }
  // Removes every field of that name, then adds (manual: http-request set-header).
  void set(const HeaderName& name, std::string_view value);
  // The same without copies: the name is lower case, and both stay as long as the fields.
  void set_referred(const HeaderName& name, std::string_view value) {
    remove(name);
    append(name.text, value, name.id);
  }
  std::size_t remove(const HeaderName& name);
  // Another value for field `i`, in place. `replace_value` copies it, `refer_value` does not.
  void replace_value(std::size_t i, std::string_view value);
  void refer_value(std::size_t i, std::string_view value);
  // Another spelling of field `i`'s name, referred to.
  void respell(std::size_t i, std::string_view name);
  // Removes what `matches(const Field&)`; keeps the order of the rest.
  template <class Predicate>
  std::size_t remove_if(Predicate matches) {
    return remove_from(0, matches);
  }
  void clear() {
    size_ = 0;
    known_ = repeated_ = 0;
    unchanged_ = {};
    items_ = inline_.data();  // what was grown lives in the arena, which its owner resets
    capacity_ = inline_.size();
  }

 private:
  void grow();
  void index();
  void remove_only(HeaderId id);
  std::string_view written_name(const HeaderName& name);
  bool repeats(HeaderId id) const { return (repeated_ >> static_cast<unsigned>(id) & 1) != 0; }
  void changed() { unchanged_ = {}; }
  void put_last(std::string_view name, std::string_view value, HeaderId id) {
    check(!name.empty(), "header fields have a name");
    if (size_ == capacity_) [[unlikely]] grow();
    items_[size_] = Field(name, value, id);
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(id);
    if (known_ & bit) {
      repeated_ |= bit;
    } else {
      known_ |= bit;
      first_of_[static_cast<std::size_t>(id)] = static_cast<std::uint16_t>(size_);
    }
    ++size_;
  }
  // None before `from` matches.
  template <class Predicate>
  std::size_t remove_from(std::size_t from, Predicate matches) {
    std::size_t kept = from;
    while (kept < size_ && !matches(static_cast<const Field&>(items_[kept]))) ++kept;
    if (kept == size_) return 0;
    for (std::size_t i = kept + 1; i < size_; ++i)
      if (!matches(static_cast<const Field&>(items_[i]))) items_[kept++] = items_[i];
    const std::size_t removed = size_ - kept;
    size_ = kept;
    changed();
    index();
    return removed;
  }

  // What every message uses comes first: it shares cache lines.
  static constexpr std::size_t inline_capacity = 24;
  Arena* arena_;
  Field* items_;
  std::size_t size_ = 0;
  std::size_t capacity_ = inline_capacity;
  std::uint64_t known_ = 0;
  std::uint64_t repeated_ = 0;
  std::string_view unchanged_;
  std::array<std::uint16_t, static_cast<std::size_t>(HeaderId::count_)> first_of_;  // valid where known_ says so
  std::array<Field, inline_capacity> inline_;                                       // valid up to size_
};

// Walks the comma-separated elements of one value: `while (auto e = list.next())`. Commas within double quotes do
// not separate. Empty elements count, and an empty value has one (as req.hdr_cnt counts).
class ElementList {
 public:
  explicit ElementList(std::string_view value) : rest_(value) {}
  std::optional<std::string_view> next();
  // The element next() gave last, with the blanks around it: all between two commas.
  std::string_view with_blanks() const { return whole_; }

 private:
  std::string_view rest_, whole_;
  bool ended_ = false;
};

// Walks the elements of all fields of a name, in order.
class Elements {
 public:
  Elements(const Fields& fields, const HeaderName& name) : fields_(&fields), name_(name) {}
  std::optional<std::string_view> next();

 private:
  const Fields* fields_;
  HeaderName name_;
  std::size_t from_ = 0;
  ElementList list_{{}};
  bool inside_ = false;
};

}  // namespace sluice::http
