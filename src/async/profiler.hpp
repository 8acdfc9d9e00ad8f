// Profiler: what the tasks of a nursery cost their worker (global "profiling.tasks"; manual 7.3.2 cpu_calls, cpu_ns_tot,
// lat_ns_tot). A loop has one only if somebody reads it (Loop::profile); then every coroutine the loop resumes is charged to
// the account its nursery's child has open. One worker only.
#pragma once
#include <cstdint>

#include "async/waiter.hpp"
#include "base/time.hpp"

namespace sluice::async {

struct Join;

struct Account {
  std::uint64_t calls = 0;    // how often the loop resumed it
  std::int64_t cpu_ns = 0;    // from being resumed to waiting again, by the monotonic clock
  std::int64_t late_ns = 0;   // from the end of the poll that found it ready to being resumed
};

class Profiler {
 public:
  enum class Timing : std::uint8_t { off, automatic, on };  // calls are counted in any case

  explicit Profiler(Timing timing) : timing_(timing) {}

  // The nursery's child that is running is charged to `account` from the beginning of this run until close(); times are
  // added when a run ends, and by close().
  void open(Account& account);
  void close(Account& account);

  bool times() const { return timing_ == Timing::on || slow_; }

  // For the loop: runs what is ready; a turn took so long without waiting (automatic: timing begins when turns take a
  // millisecond on average over the last 1024, and ends below 990 us).
  void run(List<Waiter>& batch);
  void turn_took(Duration busy);

  // For a nursery: the child that is started within somebody else's run.
  class Started {
   public:
    Started(Profiler* profiler, Join& child);
    ~Started();
    Started(const Started&) = delete;

   private:
    Profiler* profiler_;
    Join* root_;
    Account* account_;
    std::int64_t began_, started_;
  };

 private:
  std::int64_t clock() const;  // 0 while times are not taken
  void begin(Join* root, std::int64_t now);
  void charge(std::int64_t now);

  Timing timing_;
  bool slow_ = false;              // automatic: turns take long
  bool turned_ = false;            // the first turn began before somebody asked
  Join* root_ = nullptr;           // of what runs now
  Account* account_ = nullptr;     // its open account
  std::int64_t began_ = 0;         // when it was resumed, ns
  std::int64_t polled_ = 0;        // when this turn's poll ended, ns
  std::int64_t busy_ = 0;          // sum of the last 1024 turns, us, fading
};

}  // namespace sluice::async
