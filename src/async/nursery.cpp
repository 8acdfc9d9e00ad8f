#include "async/nursery.hpp"

namespace sluice::async {

Nursery::Nursery(Loop& loop) : loop_(loop) {
  cancel_.nursery = this;
  cancel_.step = &cancel_now;
}

Nursery::~Nursery() { destroy_all(); }

Nursery::Child::Child(Nursery& n, Task<> t) : Join(&Nursery::child_ended), nursery(n), task(std::move(t)) {}

void Nursery::start(Task<> task) {
  if (!task) return;  // no memory for its frame: it has failed already
  Child* const child = new Child(*this, std::move(task));
  PromiseBase& promise = child->task.promise();
  promise.join = child;
  promise.link = Link::join;
  children_.push_back(*child);
  ++size_;
  const Profiler::Started profiled(loop_.profiler(), *child);
  child->task.start();  // the child may be gone afterwards
}

Join* Nursery::root(const PromiseBase& coroutine) noexcept {
  const PromiseBase* p = &coroutine;
  while (p && p->link != Link::none) {
    if (p->link != Link::join) {
      p = p->parent;
    } else if (p->join->ended == &Nursery::child_ended) {
      return p->join;
    } else {
      p = p->join->waiting;
    }
  }
  return nullptr;
}

void Nursery::cancel() {
  if (!empty()) loop_.push(cancel_);
}

// The child is suspended in its last await_suspend, so its frame may go now: its destructors run before anybody else.
PromiseBase* Nursery::child_ended(Join& join, PromiseBase&) noexcept {
  Child* const child = static_cast<Child*>(&join);
  Nursery& nursery = child->nursery;
  --nursery.size_;
  delete child;
  return nursery.maybe_closed();
}

PromiseBase* Nursery::maybe_closed() noexcept {
  if (!empty() || !closer_) return nullptr;
  cancel_.unlink();
  return std::exchange(closer_, nullptr)->resume_me();
}

PromiseBase* Nursery::cancel_now(Waiter& waiter) {
  Nursery& nursery = *static_cast<Cancel&>(waiter).nursery;
  nursery.destroy_all();
  return nursery.maybe_closed();
}

void Nursery::destroy_all() {
  while (Child* const child = children_.pop_front()) {
    --size_;
    delete child;
  }
}

}  // namespace sluice::async
