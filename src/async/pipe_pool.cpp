#include "async/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "async/loop.hpp"
#include "base/check.hpp"

namespace sluice::async {

namespace {
constexpr Duration trim_interval = seconds(1);
}

Pipe& Pipe::operator=(Pipe&& other) noexcept {
  std::swap(held, other.held);
  std::swap(pool_, other.pool_);
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

void Pipe::release() {
  if (!pool_) return;
  PipePool& pool = *std::exchange(pool_, nullptr);
  --pool.in_use_;
  if (std::exchange(held, 0) == 0) {
    pool.keep({read_end_, write_end_, capacity_});
  } else {
    ::close(read_end_);
    ::close(write_end_);
  }
}

PipePool::PipePool(Loop& loop, std::size_t size, std::size_t most) : loop_(loop), size_(size ? size : 256 * 1024), most_(most) {
  free_.reserve(64);
  trim_.pool = this;
  trim_.step = [](Waiter& waiter) -> PromiseBase* {
    static_cast<Trim&>(waiter).pool->trim();
    return nullptr;
  };
}

PipePool::~PipePool() {
  check(in_use_ == 0, "all pipes are back before their pool goes");
  for (const Ends& ends : free_) {
    ::close(ends.read);
    ::close(ends.write);
  }
}

Pipe PipePool::take() {
  Pipe pipe;
  Ends ends;
  if (!free_.empty()) {
    ends = free_.back();
    free_.pop_back();
    least_ = std::min(least_, free_.size());
  } else {
    if (in_use_ >= most_) return pipe;
    int fds[2];
    if (::pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return pipe;
    // Beyond pipe-user-pages-soft this fails, and a default-sized pipe is no better than copying.
    const int capacity = ::fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(size_));
    if (capacity < 0) {
      ::close(fds[0]);
      ::close(fds[1]);
      return pipe;
    }
    ends = {fds[0], fds[1], static_cast<std::size_t>(capacity)};
  }
  ++in_use_;
  pipe.pool_ = this;
  pipe.read_end_ = ends.read;
  pipe.write_end_ = ends.write;
  pipe.capacity_ = ends.capacity;
  return pipe;
}

void PipePool::keep(Ends ends) {
  free_.push_back(ends);
  if (trim_.linked()) return;
  least_ = free_.size();
  loop_.start(trim_, loop_.after(trim_interval));
}

void PipePool::trim() {
  for (std::size_t n = (least_ + 1) / 2; n > 0; --n) {
    ::close(free_.back().read);
    ::close(free_.back().write);
    free_.pop_back();
  }
  least_ = free_.size();
  if (least_ != 0) loop_.start(trim_, loop_.after(trim_interval));
}

}  // namespace sluice::async
