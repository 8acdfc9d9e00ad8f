// Counters that cost a plain add on the hot path: each is written by one worker only and may be read by any thread.
// What has to be exact over all workers at once (sessions in progress, queue lengths) is in state.hpp instead.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/time.hpp"

namespace sluice::backend {

// Written by one worker, read by any: no read-modify-write on the bus.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  void take_back() {
    if (value() != 0) set(value() - 1);  // it may have been cleared meanwhile
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Events per second: the second that runs and the whole one before it, as the CSV's `rate` wants it.
class Rate {
 public:
  void add(Instant now, std::uint64_t n = 1) {
    roll(now.us / 1'000'000);
    count_.add(n);
  }
  // The last whole second weighted by what is left of it, plus what the current one has.
  std::uint64_t per_second(Instant now) const;
  // The most there were in a second since it was forgotten.
  std::uint64_t most() const { return std::max(most_.value(), count_.value() - forgotten_.value()); }
  // By the worker that counts.
  void forget_most(Instant now) {
    roll(now.us / 1'000'000);
    most_.set(0);
    forgotten_.set(count_.value());
  }

 private:
  void roll(std::int64_t second);
  std::atomic<std::int64_t> second_{-1};
  Counter count_, before_, most_;
  Counter forgotten_;  // of count_
};

// A sliding mean over about the last 1024 values, and the largest one ever (queue, connect, response and total times of the statistics).
class Mean {
 public:
  void add(std::uint64_t value) {
    const std::uint64_t sum = sum_.value();
    sum_.set(sum - (sum + 1023) / 1024 + value);
    if (value > most_.value()) most_.set(value);
  }
  std::uint64_t value() const { return (sum_.value() + 511) / 1024; }
  std::uint64_t most() const { return most_.value(); }
  void forget_most() { most_.set(0); }

 private:
  Counter sum_, most_;
};

// What one worker has done for one server or one backend. Names follow the statistics' columns (management 9.1).
struct Counters {
  Counter stot;                     // sessions (server: slots taken)
  Counter bin, bout;                // bytes from and to the client
  Counter econ, eresp;              // connection errors, response errors
  Counter wretr, wredis;            // retries, redispatches
  Counter dreq, dresp;              // denied
  Counter cli_abrt, srv_abrt;       // transfers aborted by the client, by the server
  Counter hrsp_1xx, hrsp_2xx, hrsp_3xx, hrsp_4xx, hrsp_5xx, hrsp_other;
  Counter req_tot;                  // HTTP requests
  Counter connect, reuse;           // connections opened, requests sent over one that existed
  Counter wrew, eint;               // rewrites that could not be done, errors of our own
  Counter lbtot;                    // chosen by the balancing algorithm
  Counter last_session_us;          // monotonic time of the last session, 0 = none yet
  Mean qtime, ctime, rtime, ttime;  // milliseconds
  Rate sessions;                    // rate, rate_max

  // One of the hrsp_* counters.
  void count_status(unsigned status) {
    switch (status / 100) {
      case 1: return hrsp_1xx.add();
      case 2: return hrsp_2xx.add();
      case 3: return hrsp_3xx.add();
      case 4: return hrsp_4xx.add();
      case 5: return hrsp_5xx.add();
      default: return hrsp_other.add();
    }
  }
};

// One T per worker, each on its own cache lines. Sized once per process for the largest number of workers.
template <class T>
class PerWorker {
 public:
  explicit PerWorker(unsigned workers) : size_(workers), items_(std::make_unique<Padded[]>(workers)) {}
  T& at(unsigned worker) { return items_[worker].item; }
  const T& at(unsigned worker) const { return items_[worker].item; }
  unsigned size() const { return size_; }
  // By that worker only, or while none runs. T holds nothing but atomic numbers.
  void clear(unsigned worker) {
    static_assert(std::is_standard_layout_v<T> && sizeof(T) % sizeof(std::atomic<std::uint64_t>) == 0);
    auto* const numbers = reinterpret_cast<std::atomic<std::uint64_t>*>(&items_[worker].item);
    for (std::size_t i = 0; i < sizeof(T) / sizeof *numbers; ++i) numbers[i].store(0, std::memory_order_relaxed);
  }
  // The sum of what rates had at most in a second, each on its own worker.
  template <class Member>
  std::uint64_t most(Member member) const {
    std::uint64_t total = 0;
    for (unsigned i = 0; i < size_; ++i) total += (items_[i].item.*member).most();
    return total;
  }
  template <class Member>
  std::uint64_t sum(Member member) const {
    std::uint64_t total = 0;
    for (unsigned i = 0; i < size_; ++i) total += (items_[i].item.*member).value();
    return total;
  }

 private:
  struct alignas(64) Padded {
    T item;
  };
  unsigned size_;
  std::unique_ptr<Padded[]> items_;
};

// The largest value ever seen; any worker may raise it.
class Peak {
 public:
  void raise(std::uint64_t value) {
    std::uint64_t seen = value_.load(std::memory_order_relaxed);
    while (seen < value && !value_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace sluice::backend
