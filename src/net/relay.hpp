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
  // A new timeout that counts from now; also for a relay that is waiting on `stream` already (client-fin, server-fin).
  void change(Stream& stream, Duration to) {
    timeout = to;
    last = stream.loop().now();
    stream.socket().nudge();
  }
};

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
