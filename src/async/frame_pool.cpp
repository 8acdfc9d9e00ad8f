#include "async/frame_pool.hpp"

#include "base/check.hpp"

namespace sluice::async {

void* FramePool::take_slowly(std::size_t size) noexcept {
  constexpr std::size_t chunk = 64 * 1024;
  const std::size_t rounded = class_of(size) * granule;
  if (class_of(size) >= classes) {
    void* const memory = ::operator new(size, std::nothrow);
    if (memory) ++live_;
    return memory;
  }
  if (chunk_left_ < rounded) {
    while (chunk_left_ >= granule) {  // what is left of the old chunk becomes one free block of its size
      const std::size_t rest = chunk_left_ < (classes - 1) * granule ? chunk_left_ : (classes - 1) * granule;
      Free* const block = reinterpret_cast<Free*>(chunk_);
      block->next = free_[rest / granule];
      free_[rest / granule] = block;
      chunk_ += rest;
      chunk_left_ -= rest;
    }
    chunk_ = static_cast<char*>(::operator new(chunk, std::nothrow));
    if (!chunk_) {
      chunk_left_ = 0;
      return nullptr;
    }
    chunk_left_ = chunk;
  }
  char* const memory = chunk_;
  chunk_ += rounded;
  chunk_left_ -= rounded;
  ++live_;
  return memory;
}

void Pooled::out_of_memory() { check_failed("memory for a pooled object", std::source_location::current()); }

}  // namespace sluice::async
