// Result<T> and the 4-byte Error of the data path: what went wrong, whose fault it is, and whether the request
// may be tried again. 4 bytes and not 8, because g++ 12 returns expected<int, 8-byte Error> ten times slower
// (docs/notes/0002). Configuration errors are another thing: config/diagnostics.hpp.
#pragma once
#include <cstdint>
#include <expected>
#include <string_view>

namespace sluice {

enum class Kind : std::uint8_t {
  none,
  would_block,   // the kernel has nothing now; never leaves the leaf awaiters
  end,           // the other side closed in an orderly way where more was expected
  reset,         // connection reset or broken pipe
  timeout,       // a deadline passed
  refused,       // connect: nobody listens, or the host cannot be reached
  no_resource,   // out of memory, descriptors, ports or pipes
  no_server,     // nothing in the backend can take the request
  queue_full,    // no room (or no time left) in the queue
  bad_message,   // the peer broke the protocol
  too_large,     // a message head does not fit its buffer or its header count
  denied,        // a rule refused it
  aborted,       // an administrator or a shutdown ended it
  internal,      // our limits or our configuration are at fault
  cancelled,     // the waiting side went away
};

// Whose fault an error is; decides the first letter of the termination state (manual 8.5).
enum class Side : std::uint8_t { us, client, server };

enum class Retry : std::uint8_t { never, always, if_reused };

struct Error {
  Kind kind = Kind::none;
  Side side : 4 = Side::us;
  Retry retry : 4 = Retry::never;
  std::uint16_t sys = 0;  // errno, or 0

  constexpr Error() = default;
  constexpr Error(Kind k, Side s = Side::us, Retry r = Retry::never, int errno_value = 0)
      : kind(k), side(s), retry(r), sys(static_cast<std::uint16_t>(errno_value)) {}

  // The same error seen from the side it happened on: net/ code does not know which side a socket is.
  constexpr Error on(Side s) const { Error e = *this; e.side = s; return e; }
  constexpr Error with(Retry r) const { Error e = *this; e.retry = r; return e; }

  constexpr bool operator==(const Error&) const = default;
};
static_assert(sizeof(Error) == 4);

template <class T>
using Result = std::expected<T, Error>;

constexpr std::unexpected<Error> fail(Kind kind, Side side = Side::us, Retry retry = Retry::never, int sys = 0) {
  return std::unexpected(Error{kind, side, retry, sys});
}
constexpr std::unexpected<Error> fail(Error error) { return std::unexpected(error); }

// The name of a kind as written above, for messages and tests.
std::string_view name_of(Kind kind);

}  // namespace sluice
