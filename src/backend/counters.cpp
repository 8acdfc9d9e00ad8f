#include "backend/counters.hpp"

namespace sluice::backend {

void Rate::roll(std::int64_t second) {
  const std::int64_t seen = second_.load(std::memory_order_relaxed);
  if (seen >= second) return;
  most_.set(most());
  before_.set(seen + 1 == second ? count_.value() : 0);
  count_.set(0);
  forgotten_.set(0);
  second_.store(second, std::memory_order_relaxed);
}

std::uint64_t Rate::per_second(Instant now) const {
  const std::int64_t seen = second_.load(std::memory_order_relaxed);
  const std::int64_t second = now.us / 1'000'000;
  if (seen < 0 || second > seen + 1) return 0;
  const std::uint64_t left = 1'000'000 - static_cast<std::uint64_t>(now.us % 1'000'000);
  if (second == seen + 1) return count_.value() * left / 1'000'000;
  return count_.value() + before_.value() * left / 1'000'000;
}

}  // namespace sluice::backend
