// Memory for coroutine frames and the small objects that live and die with connections. One pool per thread, no
// lock; a block may be freed on another thread and then belongs to that thread's pool. Blocks are cut from 64 KB
// chunks in classes of 16 bytes and are never given back. Under AddressSanitizer every block comes from the heap, or
// use-after-free would hide.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_FRAMES_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_FRAMES_FROM_HEAP 1
#endif
#endif

namespace sluice::async {

class FramePool {
 public:
  constexpr FramePool() = default;

  // Null when memory is out.
  void* take(std::size_t size) noexcept {
#ifdef SLUICE_FRAMES_FROM_HEAP
    ++live_;
    return ::operator new(size, std::nothrow);
#else
    const std::size_t index = class_of(size);
    if (index < classes) [[likely]] {
      if (Free* const block = free_[index]) [[likely]] {
        free_[index] = block->next;
        ++live_;
        return block;
      }
    }
    return take_slowly(size);
#endif
  }

  void give_back(void* memory, std::size_t size) noexcept {
    --live_;
#ifdef SLUICE_FRAMES_FROM_HEAP
    ::operator delete(memory, size);
#else
    const std::size_t index = class_of(size);
    if (index >= classes) [[unlikely]] return ::operator delete(memory, size);
    Free* const block = static_cast<Free*>(memory);
    block->next = free_[index];
    free_[index] = block;
#endif
  }

  // Blocks taken and not given back on this thread (may be negative if they wander between threads).
  std::int64_t live() const { return live_; }

 private:
  struct Free { Free* next; };
  static constexpr std::size_t granule = 16, classes = 257;  // up to 4 KB
  static constexpr std::size_t class_of(std::size_t size) { return (size + granule - 1) / granule; }
  void* take_slowly(std::size_t size) noexcept;

  Free* free_[classes] = {};
  char* chunk_ = nullptr;
  std::size_t chunk_left_ = 0;
  std::int64_t live_ = 0;
};

inline thread_local constinit FramePool frame_pool;

// Base of small objects with a short life (one per connection or request): new and delete go to the pool.
struct Pooled {
  static void* operator new(std::size_t size) {
    void* const memory = frame_pool.take(size);
    if (!memory) out_of_memory();
    return memory;
  }
  static void operator delete(void* memory, std::size_t size) noexcept { frame_pool.give_back(memory, size); }

 private:
  [[noreturn]] static void out_of_memory();
};

}  // namespace sluice::async
