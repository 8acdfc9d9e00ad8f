// Arena: bump allocation for what lives exactly as long as one exchange (rewritten header values, sample texts).
// Nothing is freed one by one and no destructor runs, so only trivially destructible things go in. The first chunk
// may belong to the caller (inline or pooled memory); further chunks come from a free list of this thread, so that
// the steady state never calls the heap. reset() gives every chunk but the caller's back.
// Owned by one exchange (or one test); used by that exchange's worker only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/check.hpp"

namespace sluice {

class Arena {
 public:
  static constexpr std::size_t chunk_size = 4096;  // payload and head of a pooled chunk together

  Arena() = default;
  // `first` is used before any chunk is taken and stays the caller's.
  explicit Arena(std::span<char> first) : first_(first), at_(first.data()), end_(first.data() + first.size()) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { release(); }

  char* allocate(std::size_t size, std::size_t alignment = 1) {
    const auto address = reinterpret_cast<std::uintptr_t>(at_);
    const std::size_t gap = (alignment - address % alignment) % alignment;
    if (static_cast<std::size_t>(end_ - at_) < size + gap) [[unlikely]] return allocate_slow(size, alignment);
    char* const result = at_ + gap;
    at_ = result + size;
    return result;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* const to = allocate(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  // a followed by b: a name with a prefix, an address with a port.
  std::string_view join(std::string_view a, std::string_view b) {
    char* const to = allocate(a.size() + b.size());
    if (!a.empty()) std::memcpy(to, a.data(), a.size());
    if (!b.empty()) std::memcpy(to + a.size(), b.data(), b.size());
    return {to, a.size() + b.size()};
  }
  // Value-initialised.
  template <class T>
  std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* const items = reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (items + i) T{};
    return {items, count};
  }
  template <class T, class... Arguments>
  T& make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>);
    return *new (allocate(sizeof(T), alignof(T))) T{static_cast<Arguments&&>(arguments)...};
  }
  // Gives the end of the latest allocation back: allocate the worst case, format, keep what was used.
  void shrink(const char* allocation, std::size_t size, std::size_t used) {
    check(used <= size, "shrink grows nothing");
    if (allocation + size == at_) at_ -= size - used;
  }
  void reset() {
    release();
    at_ = first_.data();
    end_ = first_.data() + first_.size();
  }
  // Bytes taken from chunks beyond the first one; for tests and limits.
  std::size_t chunk_bytes() const { return chunk_bytes_; }

 private:
  struct Chunk {
    Chunk* next;
    std::size_t size;  // with this head
  };
  char* allocate_slow(std::size_t size, std::size_t alignment);
  void release();

  std::span<char> first_{};
  char* at_ = nullptr;
  char* end_ = nullptr;
  Chunk* chunks_ = nullptr;
  std::size_t chunk_bytes_ = 0;
};

}  // namespace sluice
