#include "async/timer_wheel.hpp"

#include <bit>

namespace sluice::async {

namespace {
constexpr std::int64_t ticks_until(Instant due) { return due.us / 1000 + (due.us % 1000 != 0); }
}  // namespace

void TimerWheel::insert(Timer& timer) {
  std::int64_t due = ticks_until(timer.due);
  if (due <= tick_) return overdue_.push_back(timer);
  constexpr int top = bits * (levels - 1);
  const std::int64_t horizon = tick_ + (std::int64_t{slots - 1} << top);
  if (due > horizon) due = horizon;
  const auto differs = static_cast<std::uint64_t>(due ^ tick_);
  int level = (63 - std::countl_zero(differs | 1)) / bits;
  if (level >= levels) level = levels - 1;  // the highest level wraps around
  const int index = static_cast<int>(due >> (bits * level)) & (slots - 1);
  slots_[level][index].push_back(timer);
  occupied_[level] |= std::uint64_t{1} << index;
}

// Lower levels come first: what they hold is due before any slot of a higher level begins.
TimerWheel::Slot TimerWheel::first_occupied() {
  for (int level = 0; level < levels; ++level) {
    const int shift = bits * level;
    const int current = static_cast<int>(tick_ >> shift) & (slots - 1);
    while (occupied_[level]) {
      // Only the highest level has slots "behind" the current one: those of the next round.
      const int ahead = std::countr_zero(std::rotr(occupied_[level], current));
      const int index = (current + ahead) & (slots - 1);
      if (slots_[level][index].empty()) {
        occupied_[level] &= ~(std::uint64_t{1} << index);
        continue;
      }
      const std::int64_t base = (tick_ >> shift) - current;
      return {level, index, (base + current + ahead) << shift};
    }
  }
  return {};
}

Instant TimerWheel::next() {
  if (!overdue_.empty()) return Instant{tick_ * 1000};
  const Slot slot = first_occupied();
  return slot.level < 0 ? never : Instant{slot.start * 1000};
}

void TimerWheel::advance(Instant now, List<Waiter>& ready) {
  while (Timer* timer = overdue_.pop_front()) ready.push_back(*timer);
  const std::int64_t target = now.us / 1000;
  while (tick_ < target) {
    const Slot slot = first_occupied();
    if (slot.level < 0 || slot.start > target) break;
    if (slot.start > tick_) tick_ = slot.start;
    List<Timer> due;
    due.splice_back(slots_[slot.level][slot.index]);
    occupied_[slot.level] &= ~(std::uint64_t{1} << slot.index);
    while (Timer* timer = due.pop_front()) {
      if (ticks_until(timer->due) <= tick_) {
        ready.push_back(*timer);
      } else {
        insert(*timer);
      }
    }
  }
  if (tick_ < target) tick_ = target;
}

}  // namespace sluice::async
