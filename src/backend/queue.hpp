// The queue of requests that wait for a slot: of one server, or of a whole backend. Under BackendState::mutex.
// Ordered by priority class (lower first), then by time of arrival plus priority offset (manual
// "http-request set-priority-class", "set-priority-offset"); with equal priorities it is first come, first served.
#pragma once
#include <cstdint>

#include "base/intrusive.hpp"
#include "base/time.hpp"

namespace sluice::backend {

class Server;

struct Priority {
  std::int32_t priority_class = 0;  // -2047 .. 2047
  std::int32_t offset_ms = 0;       // -524287 .. 524287
};

class Ticket;

class Queue {
 public:
  bool empty() const { return size_ == 0; }
  std::uint32_t size() const { return size_; }
  // Puts the ticket behind all that are not after it; the result is how many are before it.
  std::uint32_t insert(Ticket& ticket);
  void remove(Ticket& ticket);
  Ticket* front();

 private:
  List<Ticket> tickets_;
  std::uint32_t size_ = 0;
};

}  // namespace sluice::backend
