// PipePool: empty kernel pipes of one worker for splice(). A pipe that is not empty when it is given back is closed,
// never pooled. Pipes nobody needed for a second go, half of them at a time: a descriptor is not kept for a load that is over. When no pipe of the wanted size can be had (pipe-user-pages-soft, descriptors) take() is empty and the
// caller copies instead.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "async/waiter.hpp"

namespace sluice::async {

class Loop;
class PipePool;

// A pipe in use. `held` is what was spliced in and not yet out.
class Pipe {
 public:
  Pipe() = default;
  Pipe(Pipe&& other) noexcept
      : held(std::exchange(other.held, 0)),
        pool_(std::exchange(other.pool_, nullptr)),
        read_end_(other.read_end_),
        write_end_(other.write_end_),
        capacity_(other.capacity_) {}
  Pipe& operator=(Pipe&& other) noexcept;
  ~Pipe() { release(); }

  explicit operator bool() const { return pool_; }
  int read_end() const { return read_end_; }
  int write_end() const { return write_end_; }
  std::size_t capacity() const { return capacity_; }
  void release();

  std::size_t held = 0;

 private:
  friend class PipePool;
  PipePool* pool_ = nullptr;
  int read_end_ = -1, write_end_ = -1;
  std::size_t capacity_ = 0;
};

class PipePool {
 public:
  // `size`: wanted capacity (tune.pipesize, 0: 256 KB); `most`: pipes at once (maxpipes), 0 turns splicing off.
  explicit PipePool(Loop& loop, std::size_t size = 0, std::size_t most = 1024);
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  Pipe take();
  std::size_t in_use() const { return in_use_; }
  std::size_t kept() const { return free_.size(); }

 private:
  friend class Pipe;
  struct Ends {
    int read = -1, write = -1;
    std::size_t capacity = 0;
  };
  struct Trim : Timer {
    PipePool* pool = nullptr;
  };
  void keep(Ends ends);
  void trim();

  Loop& loop_;
  std::size_t size_;
  std::size_t most_;
  std::size_t in_use_ = 0;
  std::vector<Ends> free_;
  std::size_t least_ = 0;  // the fewest that were free since the last trim
  Trim trim_;
};

}  // namespace sluice::async
