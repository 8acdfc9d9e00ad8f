// Running several tasks: both, race, within, Nursery. Whoever is left when the outcome is decided is destroyed on the
// spot (it is suspended, never on the stack).
//
//   co_await both(std::move(a), std::move(b));            // until both have ended; the first error ends it
//   std::size_t who = co_await race(std::move(a), std::move(b));   // 0 or 1: who ended first; an error ends it too
//   int n = co_await within(loop, deadline, fetch());     // Kind::timeout at the deadline
//   auto r = co_await attempt(within(loop, deadline, fetch()));    // attempt works with each of them
//
//   Nursery nursery(loop);       // background tasks; dies with its scope and takes them along
//   nursery.start(serve(...));   // runs at once up to its first wait; its failure is its own affair
//   co_await nursery.close();    // until all have ended
//   nursery.cancel();            // asks: everything in it is destroyed when the stack is empty
// One worker only.
#pragma once
#include <cstddef>
#include <functional>

#include "async/loop.hpp"
#include "async/task.hpp"

namespace sluice::async {

// both and race. `first`: the first end decides (race), else the last (both).
template <bool first>
class Pair : Join {
 public:
  Pair(Task<> a, Task<> b) : Join(&Pair::child_ended), a_(std::move(a)), b_(std::move(b)) {}
  Pair(Pair&&) = default;
  using Value = std::conditional_t<first, std::size_t, void>;

  bool await_ready() { return begin() && !failed_; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(suspend(h.promise(), false));
  }
  auto await_resume() {
    if constexpr (first) return winner_;
  }

  // For attempt().
  bool begin() {
    start(a_);
    if (!decided_) start(b_);
    return decided_;
  }
  PromiseBase* suspend(PromiseBase& me, bool keep) noexcept {
    if (decided_) return me.fail(error_);
    keep_ = keep;
    me.state = State::suspended;
    waiting = &me;
    return nullptr;
  }
  Result<Value> outcome() {
    if (failed_) return sluice::fail(error_);
    if constexpr (first) {
      return winner_;
    } else {
      return {};
    }
  }

 private:
  void start(Task<>& task) {
    if (!task) {
      decided_ = failed_ = true;
      error_ = Error{Kind::no_resource};
      a_.reset();
      return;
    }
    task.promise().join = this;
    task.promise().link = Link::join;
    task.start();
  }
  static PromiseBase* child_ended(Join& join, PromiseBase& child) noexcept {
    Pair& self = static_cast<Pair&>(join);
    const bool is_a = &child == &self.a_.promise();
    --self.left_;
    if (child.state == State::failed) {
      self.error_ = child.error;
      self.decided_ = self.failed_ = true;
    } else if (first || self.left_ == 0) {
      self.decided_ = true;
      self.winner_ = is_a ? 0 : 1;
    }
    if (!self.decided_) return nullptr;
    (is_a ? self.b_ : self.a_).reset();
    if (!self.waiting) return nullptr;  // still inside await_ready
    return self.failed_ && !self.keep_ ? self.waiting->fail(self.error_) : self.waiting->resume_me();
  }

  Task<> a_, b_;
  Error error_{};
  std::uint8_t left_ = 2, winner_ = 0;
  bool decided_ = false, failed_ = false, keep_ = false;
};

inline Pair<false> both(Task<> a, Task<> b) { return Pair<false>(std::move(a), std::move(b)); }
inline Pair<true> race(Task<> a, Task<> b) { return Pair<true>(std::move(a), std::move(b)); }

// One child and one event that ends it with an error: within() and net::unless_hangup().
template <class T, class Event>
class Until : Join {
 public:
  using Value = T;
  Until(Task<T> child, Event event) : Join(&Until::child_ended), child_(std::move(child)), event_(std::move(event)) {}
  Until(Until&&) = default;

  bool await_ready() { return begin() && !failed_; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(suspend(h.promise(), false));
  }
  T await_resume() { return child_.take_value(); }

  bool begin() {
    if (!child_) {
      decided_ = failed_ = true;
      error_ = Error{Kind::no_resource};
      return true;
    }
    child_.promise().join = this;
    child_.promise().link = Link::join;
    child_.start();
    return decided_;
  }
  PromiseBase* suspend(PromiseBase& me, bool keep) noexcept {
    if (decided_) return me.fail(error_);
    keep_ = keep;
    me.state = State::suspended;
    waiting = &me;
    event_.arm(&Until::happened, this);
    return nullptr;
  }
  Result<T> outcome() {
    if (failed_) return sluice::fail(error_);
    return child_.take();
  }

 private:
  static PromiseBase* child_ended(Join& join, PromiseBase& child) noexcept {
    Until& self = static_cast<Until&>(join);
    self.decided_ = true;
    if (child.state == State::failed) {
      self.failed_ = true;
      self.error_ = child.error;
    }
    if (!self.waiting) return nullptr;
    self.event_.disarm();
    return self.failed_ && !self.keep_ ? self.waiting->fail(self.error_) : self.waiting->resume_me();
  }
  static PromiseBase* happened(Waiter& waiter) {
    Until& self = *static_cast<Until*>(Event::who(waiter));
    if (!self.event_.holds()) {
      self.event_.arm(&Until::happened, &self);
      return nullptr;
    }
    self.event_.disarm();
    self.decided_ = self.failed_ = true;
    self.error_ = self.event_.error();
    self.child_.reset();
    return self.keep_ ? self.waiting->resume_me() : self.waiting->fail(self.error_);
  }

  Task<T> child_;
  Event event_;
  Error error_{};
  bool decided_ = false, failed_ = false, keep_ = false;
};

// A deadline as an Event of Until.
class DeadlineEvent {
 public:
  DeadlineEvent(Loop& loop, Instant when) : loop_(&loop), when_(when) {}
  DeadlineEvent(DeadlineEvent&& other) noexcept : loop_(other.loop_), when_(other.when_) {}
  void arm(Waiter::Step step, void* who) {
    timer_.step = step;
    timer_.who = who;
    loop_->start(timer_, when_);
  }
  void disarm() { timer_.unlink(); }
  bool holds() const { return loop_->now() >= when_; }
  Error error() const { return Error{Kind::timeout}; }
  static void* who(Waiter& w) { return static_cast<Node&>(w).who; }

 private:
  struct Node : Timer { void* who = nullptr; };
  Loop* loop_;
  Instant when_;
  Node timer_;
};

// The task, or Error{timeout} at `deadline` (at once tried, even if that has passed).
template <class T>
Until<T, DeadlineEvent> within(Loop& loop, Instant deadline, Task<T> task) {
  return Until<T, DeadlineEvent>(std::move(task), DeadlineEvent(loop, deadline));
}

// attempt(both(...)), attempt(race(...)), attempt(within(...)).
template <class J>
struct AttemptJoin {
  J& join;
  bool await_ready() { return join.begin(); }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(join.suspend(h.promise(), true));
  }
  Result<typename J::Value> await_resume() { return join.outcome(); }
};
template <bool first>
AttemptJoin<Pair<first>> attempt(Pair<first>&& pair) {
  return {pair};
}
template <class T, class Event>
AttemptJoin<Until<T, Event>> attempt(Until<T, Event>&& until) {
  return {until};
}

class Nursery {
 public:
  explicit Nursery(Loop& loop);
  ~Nursery();  // destroys what is left; its holder does this from outside (R2)
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  // Runs the task now up to its first wait. Its errors end only itself; wrap it if somebody wants to know.
  void start(Task<> task);
  // Destroys all children when the stack is empty; whoever waits in close() goes on then. May be called by a child.
  void cancel();
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The child of a nursery a suspended coroutine belongs to; null: none.
  static Join* root(const PromiseBase& coroutine) noexcept;

  class [[nodiscard]] Close {
   public:
    explicit Close(Nursery& nursery) : nursery_(nursery) {}
    ~Close() {
      if (nursery_.closer_ == me_) nursery_.closer_ = nullptr;
    }
    bool await_ready() const { return nursery_.empty(); }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) noexcept {
      check(!nursery_.closer_, "one waits for a nursery to close");
      me_ = &h.promise();
      me_->state = State::suspended;
      nursery_.closer_ = me_;
    }
    void await_resume() {}

   private:
    Nursery& nursery_;
    PromiseBase* me_ = nullptr;
  };
  Close close() { return Close(*this); }  // until all children have ended

 private:
  struct Child : Join, ListNode, Pooled {
    Child(Nursery& n, Task<> t);
    Nursery& nursery;
    Task<> task;
  };
  struct Cancel : Waiter { Nursery* nursery = nullptr; };
  static PromiseBase* child_ended(Join& join, PromiseBase& child) noexcept;
  static PromiseBase* cancel_now(Waiter& waiter);
  void destroy_all();
  PromiseBase* maybe_closed() noexcept;

  Loop& loop_;
  List<Child> children_;
  std::size_t size_ = 0;
  PromiseBase* closer_ = nullptr;
  Cancel cancel_;
};

}  // namespace sluice::async
