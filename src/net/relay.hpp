// relay(): moves bytes from one stream to another until the end of input (or `limit` bytes), as cheaply as it can:
// through the worker's scratch, written at once; what the destination refuses is kept in pooled buffers; large flows
// between plain streams go through a pooled pipe with splice(). While nothing is to be moved it holds no buffer.
#pragma once
#include <cstdint>

#include "async/task.hpp"
#include "net/stream.hpp"

namespace sluice::net {

// One side's inactivity clock. Both directions of a tunnel share one per side: activity in either keeps it alive.
struct Activity {
  Duration timeout = async::forever;
  Instant last{};
  Instant deadline() const { return timeout.us >= never.us - last.us ? never : last + timeout; }
  // A side whose silence has ended what it says has its time again to take what it is sent.
  void renew(Instant now) {
    if (deadline() <= now) last = now;
  }
  // A new timeout that counts from now; also for a relay that is waiting on `stream` already (client-fin, server-fin).
  void change(Stream& stream, Duration to) {
    timeout = to;
    last = stream.loop().now();
    stream.socket().nudge();
  }
};

// Waits until a direction may be ready, as long as its side is active: whoever moves bytes on the same side meanwhile
// (the other half of a tunnel) pushes the deadline on, and Activity::change sets a new one.
class [[nodiscard]] Active : public async::Leaf<Active> {
 public:
  using Value = void;
  Active(Direction& direction, Activity& activity) : direction_(direction), activity_(activity) {}
  Active(const Active&) = delete;
  ~Active() { disarm(); }
  bool try_now() {
    if (direction_.ready) {
      result_ = {};
      return true;
    }
    if (direction_.socket().worker().loop.now() < activity_.deadline()) return false;
    result_ = fail(Kind::timeout);
    return true;
  }
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<void>& result() { return result_; }
  void arm(async::Waiter::Step step) { direction_.socket().arm(direction_, step, this, activity_.deadline()); }
  void disarm() {
    if (direction_.leaf == this) Socket::disarm(direction_);
  }
  static Active& of(async::Waiter& w) { return *static_cast<Active*>(static_cast<Direction&>(w).leaf); }

 private:
  Direction& direction_;
  Activity& activity_;
  Result<void> result_ = fail(Kind::would_block);
};
inline Active active(Direction& direction, Activity& activity) { return {direction, activity}; }

enum class Splice : std::uint8_t { never, adaptive, always };

struct RelayOptions {
  std::uint64_t limit = ~std::uint64_t{0};  // stop after so many bytes
  Splice splice = Splice::adaptive;         // only ever between plain streams
};

struct Relayed {
  std::uint64_t bytes = 0;
  bool end_of_input = false;  // false: the limit was reached
};

// Which of the two failed is told by Error::side: `from_side` / `to_side` are put into errors. `bytes` is counted as it
// goes, so that logs know how much had gone when an error struck.
struct RelayEnd {
  Stream& stream;
  Activity& activity;
  Side side;
};
async::Task<Relayed> relay(RelayEnd from, RelayEnd to, RelayOptions options, std::uint64_t& bytes);

}  // namespace sluice::net
