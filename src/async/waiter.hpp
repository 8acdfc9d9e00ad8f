// Waiter: somebody who can be pushed on a loop's ready list. Timer: a waiter the timer wheel pushes when it is due. A
// node is in at most one list (ready, a wheel slot, a queue) and leaves it when destroyed, so cancelling a wait is
// destroying its node.
#pragma once
#include <cstdint>

#include "base/intrusive.hpp"
#include "base/time.hpp"

namespace sluice::async {

struct PromiseBase;

struct Waiter : ListNode {
  // Called in phase 2 with an empty stack below the loop; returns whom to resume, null: nobody. The waiter may be gone
  // afterwards.
  using Step = PromiseBase* (*)(Waiter&);
  Step step = nullptr;
};

struct Timer : Waiter {
  Instant due = never;
};

}  // namespace sluice::async
