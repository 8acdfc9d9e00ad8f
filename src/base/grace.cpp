#include "base/grace.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>

namespace sluice {

namespace grace {
namespace {

// Slots are never freed, only taken again by later threads: their number is the most threads there ever were.
struct Registry {
  std::mutex lock;
  std::vector<std::unique_ptr<Slot>> all;
  std::vector<Slot*> free;
};
Registry& registry() {
  static Registry* const one = new Registry;  // threads may end after static destructors
  return *one;
}

struct Leaver {
  Slot* slot = nullptr;
  ~Leaver() {
    if (!slot) return;
    const std::lock_guard guard(registry().lock);
    registry().free.push_back(slot);
    this_thread = nullptr;
  }
};
thread_local Leaver leaver;

bool membarrier(int command) { return ::syscall(__NR_membarrier, command, 0, 0) == 0; }

}  // namespace

Slot* register_thread() {
  Registry& all = registry();
  const std::lock_guard guard(all.lock);
  if (all.all.empty()) writers_fence = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  if (all.free.empty()) {
    all.all.push_back(std::make_unique<Slot>());
    this_thread = all.all.back().get();
  } else {
    this_thread = all.free.back();
    all.free.pop_back();
  }
  leaver.slot = this_thread;
  return this_thread;
}

namespace {
// The oldest epoch a section that is open began in.
std::uint64_t oldest_section() {
  full_fence();
  if (writers_fence && !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
    // A new process image of a fork has not registered yet; without the fence nothing may be freed.
    if (!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) || !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return 0;
  }
  Registry& all = registry();
  const std::lock_guard guard(all.lock);
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& slot : all.all) {
    const std::uint64_t since = slot->since.load(std::memory_order_acquire);
    if (since) oldest = std::min(oldest, since);
  }
  return oldest;
}
}  // namespace
}  // namespace grace

void Graveyard::add(void* thing, void (*free)(void*)) {
  buried_.push_back({thing, free, grace::epoch.fetch_add(1, std::memory_order_seq_cst)});
}

void Graveyard::collect() {
  if (buried_.empty()) return;
  const std::uint64_t oldest = grace::oldest_section();
  std::erase_if(buried_, [oldest](const Buried& one) {
    if (one.epoch >= oldest) return false;
    one.free(one.thing);
    return true;
  });
}

Graveyard::~Graveyard() {
  for (const Buried& one : buried_) one.free(one.thing);
}

}  // namespace sluice
