#include "async/loop.hpp"

#include <bit>

#include "async/mailbox.hpp"

namespace sluice::async {

namespace {
std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
}  // namespace

Loop::Loop(Io& io) : io_(io), now_(io.now()), second_(now_), wheel_(now_) {
  std::uint64_t seed = io.seed();
  random_[0] = split_mix(seed);
  random_[1] = split_mix(seed);
}

WallTime Loop::wall() {
  if (!wall_known_) {
    wall_ = io_.wall();
    wall_known_ = true;
  }
  return wall_;
}

// xoroshiro128+ by Blackman and Vigna.
std::uint64_t Loop::random() {
  const std::uint64_t a = random_[0];
  std::uint64_t b = random_[1];
  const std::uint64_t result = a + b;
  b ^= a;
  random_[0] = std::rotl(a, 24) ^ b ^ (b << 16);
  random_[1] = std::rotl(b, 37);
  return result;
}

std::size_t Loop::ready() const {
  std::size_t count = 0;
  const_cast<List<Waiter>&>(ready_).for_each([&](Waiter&) { ++count; });
  return count;
}

void Loop::run() {
  while (!stop_.load(std::memory_order_acquire)) turn();
  stop_.store(false, std::memory_order_relaxed);
}

void Loop::stop() {
  stop_.store(true, std::memory_order_release);
  io_.wake();
}

void Loop::count_idle(Duration waited) {
  waited_ = waited_ + waited;
  const Duration passed = now_ - second_;
  if (passed < seconds(1)) [[likely]] return;
  idle_percent_.store(static_cast<unsigned>(waited_.us * 100 / passed.us), std::memory_order_relaxed);
  waited_ = {};
  second_ = now_;
}

void Loop::turn(Instant limit) {
  ++turns_;
  Instant until = now_;
  if (ready_.empty()) {
    until = wheel_.next();
    if (limit < until) until = limit;
  }
  const Instant begun = io_.poll(until);
  if (profiler_) [[unlikely]] profiler_->turn_took(begun - now_);
  now_ = io_.now();
  count_idle(now_ - begun);
  wall_known_ = false;
  if (mailbox_) mailbox_->collect();
  wheel_.advance(now_, ready_);

  List<Waiter> batch;
  batch.splice_back(ready_);
  if (profiler_) [[unlikely]] return profiler_->run(batch);
  while (Waiter* const waiter = batch.pop_front())
    if (PromiseBase* const who = waiter->step(*waiter)) who->handle().resume();
}

}  // namespace sluice::async
