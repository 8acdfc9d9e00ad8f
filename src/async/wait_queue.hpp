// WaitQueue: tasks of one worker waiting, first come first served, for something another task of that worker brings
// about. For other workers' news post to the mailbox and wake here.
//
//   co_await queue.wait(deadline);      // Kind::timeout if nobody woke us in time
//   queue.wake_one(); queue.wake_all(); // push the waiters; they run in the next turn
#pragma once
#include "async/loop.hpp"

namespace sluice::async {

class WaitQueue {
 public:
  explicit WaitQueue(Loop& loop) : loop_(loop) {}

  class [[nodiscard]] Wait : public Leaf<Wait>, private Timer {
   public:
    using Value = void;
    Wait(WaitQueue& queue, Instant deadline) : queue_(queue), deadline_(deadline) { entry_.wait = this; }
    ~Wait() { disarm(); }
    bool try_now();
    bool pending() const { return !result_; }
    Result<void>& result() { return outcome_; }
    void arm(Step step);
    void disarm();
    static Wait& of(Waiter& w) { return static_cast<Wait&>(static_cast<Timer&>(w)); }

   private:
    friend class WaitQueue;
    struct Entry : ListNode { Wait* wait = nullptr; };
    WaitQueue& queue_;
    Instant deadline_;
    Entry entry_;
    Result<void> outcome_{};
    bool result_ = false, woken_ = false;
  };
  Wait wait(Instant deadline) { return Wait(*this, deadline); }

  bool wake_one();  // false if nobody waits
  void wake_all();
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return size_; }

 private:
  Loop& loop_;
  List<Wait::Entry> waiting_;
  std::size_t size_ = 0;
};

}  // namespace sluice::async
