// Mailbox: how other threads ask a worker to do something. post() may be called from any thread; the function runs on
// the owning worker in phase 2 with an empty stack, in order per sender, so it may wake, start and destroy tasks there.
// A lock-free stack of messages; the worker is woken only when the box was empty.
#pragma once
#include <atomic>
#include <concepts>
#include <utility>

#include "async/waiter.hpp"

namespace sluice::async {

class Loop;
class Io;

class Mailbox {
 public:
  // A message that is posted again and again may be such an object of the sender's own, to save the allocation.
  struct Message {
    virtual void deliver() = 0;  // runs on the receiving worker; the message may delete itself
    virtual void discard() {}    // instead of deliver() when the mailbox dies first
    Message* next = nullptr;

   protected:
    ~Message() = default;
  };

  explicit Mailbox(Loop& loop);
  ~Mailbox();  // delivers nothing that is left, but frees what post(function) allocated
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Message& message);
  template <std::invocable F>
  void post(F function);

  // Phase 1: if there is mail, has it delivered in phase 2.
  void collect();
  bool empty() const { return !newest_.load(std::memory_order_relaxed); }

 private:
  struct Drain : Waiter { Mailbox* box = nullptr; };
  template <class F>
  struct Letter;
  void deliver_all();

  Loop& loop_;
  std::atomic<Message*> newest_ = nullptr;
  Drain drain_;
};

template <class F>
struct Mailbox::Letter final : Message {
  explicit Letter(F f) : function(std::move(f)) {}
  void deliver() override {
    F f(std::move(function));
    delete this;
    f();
  }
  void discard() override { delete this; }
  F function;
};

template <std::invocable F>
void Mailbox::post(F function) {
  post(static_cast<Message&>(*new Letter<F>(std::move(function))));
}

}  // namespace sluice::async
