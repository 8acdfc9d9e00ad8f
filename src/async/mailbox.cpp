#include "async/mailbox.hpp"

#include "async/loop.hpp"

namespace sluice::async {

namespace {
// Newest first -> oldest first.
Mailbox::Message* reversed(Mailbox::Message* message) {
  Mailbox::Message* before = nullptr;
  while (message) {
    Mailbox::Message* const next = message->next;
    message->next = before;
    before = message;
    message = next;
  }
  return before;
}
}  // namespace

Mailbox::Mailbox(Loop& loop) : loop_(loop) {
  drain_.box = this;
  drain_.step = [](Waiter& waiter) -> PromiseBase* {
    static_cast<Drain&>(waiter).box->deliver_all();
    return nullptr;
  };
  loop.attach(*this);
}

Mailbox::~Mailbox() {
  for (Message* message = newest_.exchange(nullptr, std::memory_order_acquire); message;) {
    Message* const next = message->next;
    message->discard();
    message = next;
  }
}

void Mailbox::post(Message& message) {
  Message* newest = newest_.load(std::memory_order_relaxed);
  do {
    message.next = newest;
  } while (!newest_.compare_exchange_weak(newest, &message, std::memory_order_release, std::memory_order_relaxed));
  if (!newest) loop_.io().wake();
}

void Mailbox::collect() {
  if (!empty() && !drain_.linked()) loop_.push(drain_);
}

void Mailbox::deliver_all() {
  Message* message = reversed(newest_.exchange(nullptr, std::memory_order_acquire));
  while (message) {
    Message* const next = message->next;  // the message may be gone, or posted again, afterwards
    message->deliver();
    message = next;
  }
}

}  // namespace sluice::async
