// The queue of requests that wait for a slot: of one server, or of a whole backend. Ordered by priority class (lower
// first), then by time of arrival plus priority offset (manual "http-request set-priority-class",
// "set-priority-offset"); with equal priorities it is first come, first served.
//
// Ticket: one waiting request. It belongs to the worker that waits; everything but `waiting` and `orphan` is under
// BackendState::mutex. Whoever grants it takes it out of its queue and, if on another worker, mails it home: that mail
// is the ticket itself, so a request that stops waiting meanwhile leaves an orphan behind, freed when the mail arrives.
#pragma once
#include <cstdint>

#include "async/mailbox.hpp"
#include "async/wait_queue.hpp"
#include "async/worker.hpp"
#include "base/intrusive.hpp"
#include "base/time.hpp"

namespace sluice::backend {

class Backend;
class Server;
class Queue;

struct Priority {
  std::int32_t priority_class = 0;  // -2047 .. 2047
  std::int32_t offset_ms = 0;       // -524287 .. 524287
};

struct Ticket final : ListNode, async::Mailbox::Message, async::Pooled {
  Ticket(async::Worker& home, Backend& for_backend, Server* only, Priority priority)
      : worker(home), backend(for_backend), wanted(only), priority_class(priority.priority_class),
        turn_us(home.loop.now().us + std::int64_t{priority.offset_ms} * 1000), waiting(home.loop) {}

  void deliver() override;
  bool before(const Ticket& other) const {
    return priority_class != other.priority_class ? priority_class < other.priority_class : turn_us < other.turn_us;
  }

  async::Worker& worker;
  Backend& backend;                 // of the configuration that asks
  Server* const wanted;             // null: any server of the backend
  const std::int32_t priority_class;
  const std::int64_t turn_us;
  Queue* queue = nullptr;           // where it waits; null: its fate is decided
  Server* granted = nullptr;        // with `served` counted; null and decided: choose again
  std::uint32_t place = 0;          // in the queue when it came, from 1
  bool in_mail = false;
  async::WaitQueue waiting;
  bool orphan = false;
};

class Queue {
 public:
  bool empty() const { return size_ == 0; }
  std::uint32_t size() const { return size_; }
  Ticket* front() { return tickets_.empty() ? nullptr : &tickets_.front(); }
  // Puts the ticket behind all it does not come before; notes its place. O(1) for equal priorities.
  void insert(Ticket& ticket);
  void remove(Ticket& ticket);

 private:
  List<Ticket> tickets_;
  std::uint32_t size_ = 0;
};

}  // namespace sluice::backend
