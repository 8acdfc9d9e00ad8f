// Five levels of 64 slots, one millisecond each at the lowest: starting and stopping a timer is a list operation.
// Timers further away than the horizon (12 days) are put at its end and inserted again when they get there. A stopped
// timer just leaves its slot; bits of slots found empty are cleared lazily. Belongs to one Loop.
#pragma once
#include <cstdint>

#include "async/waiter.hpp"

namespace sluice::async {

class TimerWheel {
 public:
  explicit TimerWheel(Instant now) : tick_(now.us / 1000) {}

  // Files the unlinked `timer` under timer.due, which is not never. Due already: expires at the next advance.
  void insert(Timer& timer);
  // An instant not later than the earliest timer's due (rounded up to a millisecond); never if there is none.
  Instant next();
  // Moves all timers that are due at `now` to `ready`, earliest first.
  void advance(Instant now, List<Waiter>& ready);

 private:
  static constexpr int levels = 5, bits = 6, slots = 1 << bits;
  struct Slot {
    int level = -1;
    int index = 0;
    std::int64_t start = 0;  // the tick at which it begins
  };
  Slot first_occupied();

  std::int64_t tick_;  // everything due before or at this tick has been moved
  std::uint64_t occupied_[levels] = {};
  List<Timer> overdue_;  // were due when they were inserted
  List<Timer> slots_[levels][slots];
};

}  // namespace sluice::async
