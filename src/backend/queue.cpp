#include "backend/queue.hpp"

namespace sluice::backend {

void Ticket::deliver() {
  if (orphan) {
    delete this;
    return;
  }
  in_mail = false;
  waiting.wake_one();
}

void Queue::insert(Ticket& ticket) {
  check(!ticket.queue, "a ticket waits in one queue");
  List<Ticket> later;
  ticket.place = size_ + 1;
  while (!tickets_.empty() && ticket.before(tickets_.back())) {
    Ticket& last = tickets_.back();
    static_cast<ListNode&>(last).unlink();
    later.push_front(last);
    --ticket.place;
  }
  tickets_.push_back(ticket);
  tickets_.splice_back(later);
  ticket.queue = this;
  ++size_;
}

void Queue::remove(Ticket& ticket) {
  check(ticket.queue == this, "a ticket leaves the queue it is in");
  static_cast<ListNode&>(ticket).unlink();
  ticket.queue = nullptr;
  --size_;
}

}  // namespace sluice::backend
