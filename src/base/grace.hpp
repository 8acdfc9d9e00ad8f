// Grace: readers that never wait, beside writers that replace what they read. A reader opens a ReadSection, follows
// atomic pointers, and closes it before it waits for anything. A writer puts the new thing in its place and gives the
// old one to a Graveyard, which frees it once no section is open that could still see it.
//
// A section costs a reader two plain stores of its own thread: the fence it would need is made by the writer for all
// threads at once (membarrier(2)), or by the reader where the kernel has none. Sections nest. A Graveyard belongs to one
// writer, or is guarded by the writers' lock.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

namespace sluice {

namespace grace {
struct alignas(64) Slot {
  std::atomic<std::uint64_t> since{0};  // the epoch its outermost section began in; 0: none is open
  unsigned depth = 0;
};
inline thread_local constinit Slot* this_thread = nullptr;
inline std::atomic<std::uint64_t> epoch{1};
inline std::atomic<bool> writers_fence{false};
Slot* register_thread();

// A fence between a store and a later load of other memory, for two threads that both pass one.
inline void full_fence() {
#ifdef __SANITIZE_THREAD__
  // The thread sanitizer knows no fences (g++ refuses to compile them): two changes of one atomic are ordered as well.
  static constinit std::atomic<unsigned> turnstile{0};
  turnstile.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}
}  // namespace grace

class ReadSection {
 public:
  ReadSection() : slot_(grace::this_thread ? grace::this_thread : grace::register_thread()) {
    if (slot_->depth++ != 0) return;
    slot_->since.store(grace::epoch.load(std::memory_order_acquire), std::memory_order_release);
    if (grace::writers_fence.load(std::memory_order_relaxed)) std::atomic_signal_fence(std::memory_order_seq_cst);
    else grace::full_fence();
  }
  ReadSection(const ReadSection&) = delete;
  ~ReadSection() {
    if (--slot_->depth == 0) slot_->since.store(0, std::memory_order_release);
  }

 private:
  grace::Slot* slot_;
};

class Graveyard {
 public:
  Graveyard() = default;
  Graveyard(const Graveyard&) = delete;
  ~Graveyard();  // frees everything: nobody reads any more

  // `thing` can no longer be found by sections opened from now on.
  template <class T>
  void bury(const T* thing) {
    add(const_cast<T*>(thing), [](void* pointer) { delete static_cast<T*>(pointer); });
  }
  void add(void* thing, void (*free)(void*));
  // Frees what no section can see any more; to be called now and then.
  void collect();
  std::size_t size() const { return buried_.size(); }

 private:
  struct Buried {
    void* thing;
    void (*free)(void*);
    std::uint64_t epoch;
  };
  std::vector<Buried> buried_;
};

}  // namespace sluice
