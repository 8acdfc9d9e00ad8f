// Bandwidth limits of single streams (manual 9.7): a BandwidthFilter is what a `filter bwlim-*` line says, immutable and
// owned by its configuration; a Pace is how far one exchange has come under it, in the exchange's arena. Bytes are
// counted in windows of one period: once the window's limit has gone, the rest waits for the next one.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "config/setting.hpp"

namespace sluice::proxy {

struct BandwidthFilter {
  enum class Way : std::uint8_t { upload, download };  // bwlim-in, bwlim-out
  std::string name;
  Way way = Way::download;
  std::uint64_t limit = 0;    // bytes
  Duration period{};
  std::uint64_t least = 0;    // min-size: smaller pieces wait, unless nothing follows
};

struct Pace {
  const BandwidthFilter* filter = nullptr;
  Pace* next = nullptr;       // another filter of the same way
  std::uint64_t limit = 0;
  Duration period{};
  Instant begun{};            // the window
  std::uint64_t used = 0;     // in it
};

// How many of `wanted` bytes may go now under all of them; none: not before `when`.
struct Turn {
  std::uint64_t bytes = 0;
  Instant when{};
};
inline Turn ask(Pace* first, Instant now, std::uint64_t wanted) {
  Turn turn{wanted, now};
  for (Pace* pace = first; pace; pace = pace->next) {
    if (now >= pace->begun + pace->period) {
      pace->begun = now;
      pace->used = 0;
    }
    const std::uint64_t left = pace->limit > pace->used ? pace->limit - pace->used : 0;
    const std::uint64_t least = std::min({std::max<std::uint64_t>(1, pace->filter->least), pace->limit, wanted});
    if (left < least) turn.when = std::max(turn.when, pace->begun + pace->period);
    turn.bytes = std::min(turn.bytes, left);
  }
  if (turn.when > now) turn.bytes = 0;
  return turn;
}
inline void spend(Pace* first, std::uint64_t bytes) {
  for (Pace* pace = first; pace; pace = pace->next) pace->used += bytes;
}

namespace setting {
extern const config::Setting<std::vector<std::shared_ptr<const BandwidthFilter>>> bandwidth_filters;
}

}  // namespace sluice::proxy
