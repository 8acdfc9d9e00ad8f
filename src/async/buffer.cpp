#include "async/buffer.hpp"

#include <new>

#include "base/check.hpp"

namespace sluice::async {

BufferPool::BufferPool(std::size_t size, std::size_t keep) : size_(size), keep_(keep) { free_.reserve(keep); }

BufferPool::~BufferPool() {
  check(in_use_ == 0, "all buffers are back before their pool goes");
  for (char* memory : free_) ::operator delete(memory, size_);
}

char* BufferPool::take() {
  char* memory;
  if (free_.empty()) {
    memory = static_cast<char*>(::operator new(size_, std::nothrow));
  } else {
    memory = free_.back();
    free_.pop_back();
  }
  if (memory) ++in_use_;
  return memory;
}

void BufferPool::give_back(char* memory) {
  --in_use_;
  if (free_.size() < keep_) {
    free_.push_back(memory);
  } else {
    ::operator delete(memory, size_);
  }
}

}  // namespace sluice::async
