#include "async/wait_queue.hpp"

namespace sluice::async {

bool WaitQueue::Wait::try_now() {
  if (woken_) return result_ = true;
  if (queue_.loop_.now() < deadline_) return false;
  outcome_ = fail(Kind::timeout);
  return result_ = true;
}

void WaitQueue::Wait::arm(Step f) {
  step = f;
  if (!entry_.linked()) {
    queue_.waiting_.push_back(entry_);
    ++queue_.size_;
  }
  queue_.loop_.start(*this, deadline_);
}

void WaitQueue::Wait::disarm() {
  unlink();
  if (!entry_.linked()) return;
  entry_.unlink();
  --queue_.size_;
}

bool WaitQueue::wake_one() {
  Wait::Entry* const entry = waiting_.pop_front();
  if (!entry) return false;
  --size_;
  entry->wait->woken_ = true;
  loop_.push(*entry->wait);
  return true;
}

void WaitQueue::wake_all() {
  while (wake_one()) {}
}

}  // namespace sluice::async
