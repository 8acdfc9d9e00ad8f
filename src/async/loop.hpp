// Loop: one per worker. Runs coroutines that are ready, keeps timers, tells the time. A turn has two phases (R3):
//   1. Io::poll and the timer wheel push Waiters on the ready list; no coroutine runs, nothing is destroyed;
//   2. the waiters that were on the list when the phase began are stepped and resumed, one after the other. What they
//      push runs in the next turn, after another poll, so that nobody starves the sockets.
// Leaf: an operation of the outside world a coroutine awaits; it is tried before suspending and, when its waiter was
// pushed, again before resuming. Data beats a timeout: at the deadline it is tried once more.
#pragma once
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>

#include "async/io.hpp"
#include "async/profiler.hpp"
#include "async/task.hpp"
#include "async/timer_wheel.hpp"
#include "async/waiter.hpp"
#include "base/time.hpp"

namespace sluice::async {

// A Duration that means "no limit". Loop::after(forever) is never.
inline constexpr Duration forever{never.us};

class Mailbox;

class Loop {
 public:
  explicit Loop(Io& io);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Instant now() const { return now_; }                // monotonic, frozen during a turn
  WallTime wall();                                    // frozen during a turn, read from the clock on first use
  Instant after(Duration d) const { return d.us >= forever.us - now_.us ? never : now_ + d; }
  std::uint64_t random();                             // deterministic from Io::seed()
  Io& io() { return io_; }

  // Runs turns until stop(). stop() may be called from a coroutine, or from another thread.
  void run();
  void stop();
  bool stopping() const { return stop_.load(std::memory_order_relaxed); }
  // One turn that waits for events at most until `limit`.
  void turn(Instant limit = never);

  // R1: the way to wake someone.
  void push(Waiter& waiter) {
    waiter.unlink();
    ready_.push_back(waiter);
  }
  // Pushes `timer` at `when`; it must not be linked. never: does nothing.
  void start(Timer& timer, Instant when) {
    timer.due = when;
    if (when != never) wheel_.insert(timer);
  }

  std::uint64_t turns() const { return turns_; }
  std::size_t ready() const;  // waiters that will be stepped next; on this thread
  // Share of the last full second that was spent waiting for events, 0..100. May be read from other threads.
  unsigned idle_percent() const { return idle_percent_.load(std::memory_order_relaxed); }
  void attach(Mailbox& mailbox) { mailbox_ = &mailbox; }
  // From now on what nurseries' tasks cost is counted. Null: it is not.
  void profile(Profiler::Timing timing) { profiler_ = std::make_unique<Profiler>(timing); }
  Profiler* profiler() const { return profiler_.get(); }

 private:
  void count_idle(Duration waited);

  Io& io_;
  Instant now_;
  WallTime wall_{};
  bool wall_known_ = false;
  std::atomic<bool> stop_ = false;
  Mailbox* mailbox_ = nullptr;
  std::uint64_t random_[2];
  std::uint64_t turns_ = 0;
  Instant second_;                    // when the second now being measured began
  Duration waited_{};                 // in it
  std::atomic<unsigned> idle_percent_ = 100;
  std::unique_ptr<Profiler> profiler_;
  List<Waiter> ready_;
  TimerWheel wheel_;
};

// CRTP base of leaf awaiters (keep them <= 64 bytes). L provides
//   using Value = ...;
//   bool try_now();               // tries; true when result() is known
//   bool pending() const;         // false when result() is known
//   Result<Value>& result();
//   void arm(Waiter::Step step);  // wait: have `step` called in phase 2 with L's waiter; called again after a vain try
//   void disarm();
//   static L& of(Waiter&);
// and disarms in its destructor if armed: that is how a wait is cancelled. Who disarms may forget `promise` by that.
template <class L>
struct Leaf {
  PromiseBase* promise = nullptr;

  bool await_ready() { return self().try_now() && self().result().has_value(); }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(suspend<false>(h.promise()));
  }
  auto await_resume() { return value(); }

  template <bool keep>
  PromiseBase* suspend(PromiseBase& me) noexcept {
    if (!self().pending()) return me.fail(self().result().error());
    me.state = State::suspended;
    promise = &me;
    self().arm(&on_step<keep>);
    return nullptr;
  }
  auto value() {
    if constexpr (!std::is_void_v<typename L::Value>) return std::move(*self().result());
  }

 private:
  L& self() { return static_cast<L&>(*this); }
  template <bool keep>
  static PromiseBase* on_step(Waiter& waiter) {
    L& leaf = L::of(waiter);
    if (!leaf.try_now()) {
      leaf.arm(&on_step<keep>);
      return nullptr;
    }
    PromiseBase& me = *leaf.promise;
    leaf.disarm();
    if constexpr (!keep) {
      if (!leaf.result()) return me.fail(leaf.result().error());
    }
    return me.resume_me();
  }
};

// Awaiting attempt(leaf) yields Result<Value>. Refers to the leaf, which lives in the awaiting statement.
template <class L>
struct AttemptLeaf {
  L& leaf;
  bool await_ready() { return leaf.try_now(); }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(leaf.template suspend<true>(h.promise()));
  }
  Result<typename L::Value> await_resume() { return std::move(leaf.result()); }
};
template <class L>
  requires std::is_base_of_v<Leaf<L>, L>
AttemptLeaf<L> attempt(L&& leaf) noexcept {
  return AttemptLeaf<L>{leaf};
}

// co_await sleep_until(loop, when): resumes at `when`, at once if it has passed.
class Sleep : public Leaf<Sleep>, private Timer {
 public:
  using Value = void;
  Sleep(Loop& loop, Instant when) : loop_(loop), when_(when) {}
  bool try_now() { return loop_.now() >= when_; }
  bool pending() { return true; }
  Result<void> result() const { return {}; }
  void arm(Step f) {
    step = f;
    loop_.start(*this, when_);
  }
  void disarm() {}
  static Sleep& of(Waiter& w) { return static_cast<Sleep&>(static_cast<Timer&>(w)); }

 private:
  Loop& loop_;
  Instant when_;
};
inline Sleep sleep_until(Loop& loop, Instant when) { return Sleep(loop, when); }
inline Sleep sleep_for(Loop& loop, Duration d) { return Sleep(loop, loop.after(d)); }

// co_await yield(loop): goes on in the next turn, after the sockets were looked at.
class Yield : public Leaf<Yield>, private Waiter {
 public:
  using Value = void;
  explicit Yield(Loop& loop) : loop_(loop) {}
  bool try_now() { return std::exchange(armed_, true); }
  bool pending() { return true; }
  Result<void> result() const { return {}; }
  void arm(Step f) {
    step = f;
    loop_.push(*this);
  }
  void disarm() {}
  static Yield& of(Waiter& w) { return static_cast<Yield&>(w); }

 private:
  Loop& loop_;
  bool armed_ = false;
};
inline Yield yield(Loop& loop) { return Yield(loop); }

}  // namespace sluice::async
