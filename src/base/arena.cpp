#include "base/arena.hpp"

#include <cstdlib>

namespace sluice {
namespace {

// Free chunks of this thread. Bounded, so that a burst of giant requests does not pin memory for ever.
struct FreeChunks {
  void* first = nullptr;
  unsigned count = 0;
  static constexpr unsigned most = 256;
  ~FreeChunks() {
    while (first) {
      void* const next = *static_cast<void**>(first);
      std::free(first);
      first = next;
    }
    count = most;  // what is released by later thread-exit destructors goes straight to the heap
  }
};
thread_local FreeChunks free_chunks;

}  // namespace

char* Arena::allocate_slow(std::size_t size, std::size_t alignment) {
  check(alignment <= alignof(std::max_align_t), "arena alignment");
  constexpr std::size_t head = (sizeof(Chunk) + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
  const bool pooled = size <= chunk_size - head;
  const std::size_t bytes = pooled ? chunk_size : size + head;
  void* memory = nullptr;
  if (pooled && free_chunks.first) {
    memory = free_chunks.first;
    free_chunks.first = *static_cast<void**>(memory);
    --free_chunks.count;
  } else {
    memory = std::malloc(bytes);
    check(memory != nullptr, "out of memory");
  }
  auto* const chunk = new (memory) Chunk{chunks_, bytes};
  chunks_ = chunk;
  chunk_bytes_ += bytes;
  char* const start = static_cast<char*>(memory) + head;
  if (!pooled) return start;  // exactly full: keep bumping in the chunk we have
  at_ = start + size;
  end_ = static_cast<char*>(memory) + bytes;
  return start;
}

void Arena::release() {
  while (chunks_) {
    Chunk* const chunk = chunks_;
    chunks_ = chunk->next;
    if (chunk->size == chunk_size && free_chunks.count < FreeChunks::most) {
      void* const memory = chunk;
      *static_cast<void**>(memory) = free_chunks.first;
      free_chunks.first = memory;
      ++free_chunks.count;
    } else {
      std::free(chunk);
    }
  }
  chunk_bytes_ = 0;
}

}  // namespace sluice
