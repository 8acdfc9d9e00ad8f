// Task<T>: a coroutine with one owner. It is lazy (runs when awaited or started), move-only, and destroying it cancels
// whatever it is doing, at any depth. Errors leave through co_await:
//
//   std::size_t n = co_await stream.read(space, deadline);   // an error ends this coroutine and its callers ...
//   auto r = co_await attempt(fetch());                      // ... up to the first attempt(), which has a Result<T>
//   co_await check_head(head);                               // a plain function's Result<T> works the same
//   co_await fail(Kind::bad_message, Side::client);          // end this coroutine with an error
//
// How an error leaves: the coroutine stays suspended at its co_await for ever; its promise notes the error, and whoever
// holds the Task destroys the frame (all locals die there) before going on. Nothing in between is resumed.
//
// Three rules make "destroy = cancel" safe:
//   R1  Only two parties resume a coroutine: the loop, and a parent starting its own child. To wake someone is to push
//       its Waiter on the loop's ready list.
//   R2  Only the holder of a Task destroys it, and only from outside. Code that may run inside a Task asks
//       (Nursery::cancel). ~Task checks that the coroutine is not on the call stack.
//   R3  A turn of the loop has two phases: events and timers only push waiters; then the ready list is run.
//
// The await rule (g++ 12 miscompiles otherwise; tests/lint/coroutines.py): ONE co_await per statement, alone or as the
// whole right side; no ?:, &&, ||, lambda or braced aggregate `T{...}` in the same statement.
//
// Frames do not overlap: each co_await of a function adds its awaiter to the frame for ever. So no arrays in
// coroutines, and long dialogues are several small coroutines. One worker (thread) only.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "async/frame_pool.hpp"
#include "base/check.hpp"
#include "base/result.hpp"

namespace sluice::async {

template <class T = void>
class Task;
template <class T>
struct Promise;
struct PromiseBase;
struct Account;

enum class State : std::uint8_t { suspended, running, value, failed };

// Who gets to know that a coroutine has ended.
enum class Link : std::uint8_t {
  none,   // nobody yet: we still run inside whoever started us, who will look at the state
  plain,  // a parent that fails with us (plain co_await)
  keep,   // a parent that keeps the error (attempt)
  join,   // both, race, within, a nursery
};

// Something that has children other than through a plain await. `ended` is called as the last act of a child, which is
// already suspended; it returns whom to resume next, null: nobody.
struct Join {
  using Ended = PromiseBase* (*)(Join&, PromiseBase& child) noexcept;
  explicit Join(Ended f) : ended(f) {}
  Ended ended;
  union {
    PromiseBase* waiting = nullptr;  // both, race, within: who awaits them; null while the children are being started
    Account* account;                // a nursery: whom its child's time is charged to (async/profiler.hpp)
  };
};

struct PromiseBase {
  union {
    PromiseBase* parent = nullptr;
    Join* join;
  };
  Error error{};
  State state = State::suspended;
  Link link = Link::none;

  std::coroutine_handle<> handle() noexcept { return std::coroutine_handle<PromiseBase>::from_promise(*this); }
  PromiseBase* resume_me() noexcept {
    state = State::running;
    return this;
  }

  // What an await_suspend returns: `who` goes on now, null: nobody does.
  static std::coroutine_handle<> next(PromiseBase* who) noexcept { return who ? who->handle() : std::noop_coroutine(); }

  // Ends this coroutine with an error; the caller is its own await_suspend, or the loop on its behalf.
  PromiseBase* fail(Error e) noexcept {
    error = e;
    state = State::failed;
    return leave();
  }

  // Called when state is value or failed: tells whoever waits. A failure walks up the chain of plain awaits here.
  PromiseBase* leave() noexcept {
    PromiseBase* p = this;
    for (;;) {
      switch (p->link) {
        case Link::none: return nullptr;
        case Link::keep: return p->parent->resume_me();
        case Link::join: return p->join->ended(*p->join, *p);
        case Link::plain:
          if (p->state == State::value) return p->parent->resume_me();
          p->parent->error = p->error;
          p->parent->state = State::failed;
          p = p->parent;
      }
    }
  }

  static void* operator new(std::size_t size) noexcept { return frame_pool.take(size); }
  static void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return frame_pool.take(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { frame_pool.give_back(memory, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      PromiseBase& me = h.promise();
      if (me.state == State::running) me.state = State::value;
      return next(me.leave());
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    check_failed("no exception reaches a coroutine", std::source_location::current());
  }

};
static_assert(sizeof(PromiseBase) == 16);

template <class T>
struct Promise : PromiseBase {
  union {
    T result;
  };
  bool has_result = false;
  Promise() noexcept {}
  ~Promise() {
    if (has_result) result.~T();
  }
  Task<T> get_return_object() noexcept;
  static Task<T> get_return_object_on_allocation_failure() noexcept;
  template <class U>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& u) {
    std::construct_at(std::addressof(result), std::forward<U>(u));
    has_result = true;
  }
  void return_value(std::unexpected<Error> e) {  // co_return fail(...)
    error = e.error();
    state = State::failed;
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  static Task<void> get_return_object_on_allocation_failure() noexcept;
  void return_void() noexcept {}
};

template <class T, bool keep>
struct AwaitTask;

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;
  using Value = T;

  Task() = default;  // empty; awaiting it is Error{no_resource}
  explicit Task(Handle h) noexcept : handle_(h) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    Task old(std::move(*this));
    handle_ = std::exchange(other.handle_, nullptr);
    return *this;
  }
  ~Task() { reset(); }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  AwaitTask<T, false> operator co_await() && noexcept;

  // What follows is for awaiters and nurseries.
  void reset() noexcept {
    if (!handle_) return;
    check(handle_.promise().state != State::running, "a coroutine on the call stack is never destroyed");
    std::exchange(handle_, nullptr).destroy();
  }
  promise_type& promise() const { return handle_.promise(); }
  State state() const { return handle_.promise().state; }
  bool ended() const { return state() == State::value || state() == State::failed; }
  void start() {
    handle_.promise().state = State::running;
    handle_.resume();
  }
  // The result of an ended task; frees the frame first.
  Result<T> take() {
    if (!handle_) return sluice::fail(Kind::no_resource);
    if (state() == State::failed) {
      const Error error = promise().error;
      reset();
      return sluice::fail(error);
    }
    if constexpr (std::is_void_v<T>) {
      reset();
      return {};
    } else {
      Result<T> value(std::move(promise().result));
      reset();
      return value;
    }
  }
  T take_value() {
    if constexpr (std::is_void_v<T>) {
      reset();
    } else {
      T value(std::move(promise().result));
      reset();
      return value;
    }
  }

 private:
  static_assert(alignof(promise_type) <= 16, "PromiseBase::handle() needs the usual place of the promise");
  Handle handle_{};
};

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
template <class T>
Task<T> Promise<T>::get_return_object_on_allocation_failure() noexcept {
  return {};
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object_on_allocation_failure() noexcept { return {}; }

// keep: attempt(). The child is started by a plain call in await_ready: no symmetric transfer, so a loop of awaits
// never deepens the stack, even at -O0.
template <class T, bool keep>
struct AwaitTask {
  Task<T> child;
  bool await_ready() {
    if (!child) return keep;
    child.start();
    return keep ? child.ended() : child.state() == State::value;
  }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    PromiseBase& me = h.promise();
    if (!child) return PromiseBase::next(me.fail(Error{Kind::no_resource}));
    PromiseBase& c = child.promise();
    if (c.state == State::failed) return PromiseBase::next(me.fail(c.error));
    me.state = State::suspended;
    c.parent = &me;
    c.link = keep ? Link::keep : Link::plain;
    return std::noop_coroutine();
  }
  auto await_resume() {
    if constexpr (keep) {
      return child.take();
    } else {
      return child.take_value();
    }
  }
};

template <class T>
AwaitTask<T, false> Task<T>::operator co_await() && noexcept {
  return AwaitTask<T, false>{std::move(*this)};
}

// Awaiting attempt(task) yields Result<T>: the error stays here.
template <class T>
AwaitTask<T, true> attempt(Task<T> task) noexcept {
  return AwaitTask<T, true>{std::move(task)};
}

// Awaiting a Result or fail(...): what async/task.hpp says about errors. Found by argument-dependent lookup (Error is
// ours), so that promises need no await_transform, which would cost a copy of every leaf awaiter on g++ 12.
template <class T>
struct AwaitResult {
  Result<T> result;
  bool await_ready() const noexcept { return result.has_value(); }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(h.promise().fail(result.error()));
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
};
struct AwaitError {
  Error error;
  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return PromiseBase::next(h.promise().fail(error));
  }
  void await_resume() const noexcept {}
};

}  // namespace sluice::async

namespace sluice {
template <class T>
async::AwaitResult<T> operator co_await(Result<T> result) {
  return async::AwaitResult<T>{std::move(result)};
}
inline async::AwaitError operator co_await(std::unexpected<Error> error) { return async::AwaitError{error.error()}; }
}  // namespace sluice
