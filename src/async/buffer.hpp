// BufferPool: buffers of one size (tune.bufsize) of one worker. Buffer: the right to one of them; gives it back when
// destroyed. Take one when there is something to put into it: an idle connection holds none.
#pragma once
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace sluice::async {

class BufferPool {
 public:
  explicit BufferPool(std::size_t size, std::size_t keep = 256);  // `keep`: at most so many free ones are kept
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  std::size_t size() const { return size_; }
  std::size_t in_use() const { return in_use_; }
  std::size_t kept() const { return free_.size(); }

 private:
  friend class Buffer;
  char* take();  // null when memory is out
  void give_back(char* memory);

  std::size_t size_;
  std::size_t keep_;
  std::size_t in_use_ = 0;
  std::vector<char*> free_;
};

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(BufferPool& pool) : pool_(&pool), memory_(pool.take()) {}  // empty (false) when memory is out
  Buffer(Buffer&& other) noexcept : pool_(other.pool_), memory_(std::exchange(other.memory_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Buffer() { release(); }

  explicit operator bool() const { return memory_; }
  char* begin() const { return memory_; }
  std::size_t size() const { return memory_ ? pool_->size() : 0; }
  std::span<char> span() const { return {memory_, size()}; }
  void release() {
    if (memory_) pool_->give_back(std::exchange(memory_, nullptr));
  }

 private:
  BufferPool* pool_ = nullptr;
  char* memory_ = nullptr;
};

}  // namespace sluice::async
