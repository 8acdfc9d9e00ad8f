// Socket: a connected (or connecting) descriptor of one worker with its two Directions. A Direction says whether the
// system call is worth trying (`ready`) and who waits for it: at most one leaf awaiter, which is one timer node that is
// in the wheel while it waits with a deadline and on the ready list once an event came. Edge-triggered: `ready` is true
// until the kernel says EAGAIN, or gives less than was asked for.
// The descriptor is registered with epoll at the first wait only, for input; output is added when a write first has to
// wait. So a short connection may never be registered at all.
// Not movable; closes its descriptor when destroyed. Members are public to leaf awaiters and streams, not to others.
#pragma once
#include <cstdint>

#include "async/worker.hpp"
#include "base/result.hpp"
#include "net/address.hpp"

namespace sluice::net {

class Socket;

enum class Way : std::uint8_t { in, out };

// Small, because an idle connection is mostly two of them. They only exist as members of a Socket, in this order.
struct Direction : async::Timer {
  explicit Direction(Way w) : way(w) {}
  Socket& socket();
  void* leaf = nullptr;  // who waits; null: nobody
  bool ready = true;
  const Way way;
};
struct Directions {
  Direction in{Way::in}, out{Way::out};
};

class Socket final : public async::Pollable, public Directions {
 public:
  Socket(async::Worker& worker, int fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  async::Worker& worker() const { return worker_; }
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

  // System calls that never suspend. would_block: wait for in / out.
  Result<std::size_t> try_read(std::span<char> into);  // 0: the other side has finished
  Result<std::size_t> try_writev(std::span<const iovec> pieces, int flags = 0);
  Result<std::size_t> try_splice_in(int pipe_write_end, std::size_t count);   // socket -> pipe
  Result<std::size_t> try_splice_out(int pipe_read_end, std::size_t count, unsigned flags = 0);  // pipe -> socket
  Result<std::size_t> try_peek(std::span<char> into);
  Result<void> try_shutdown_write();

  // Waiting, for leaf awaiters: have `step` called when `direction` may have become ready, or at the deadline.
  void arm(Direction& direction, async::Waiter::Step step, void* leaf, Instant deadline);
  static void disarm(Direction& direction) {
    direction.unlink();
    direction.leaf = nullptr;
  }

  // The next wait for input begins with one more look in the loop's next turn, before epoll hears of the descriptor.
  void expect_soon() { look_once_more_ = !watched_in_; }

  // Has whoever waits look again (at a deadline that was changed, for instance).
  void nudge();

  bool read_hangup() const { return read_hangup_; }  // the other side will send no more (seen by an event)
  bool broken() const { return broken_; }            // error or both directions closed (seen by an event)
  // The pending error of the descriptor (SO_ERROR), fetched and cleared.
  Error take_error();

  Address local_address() const;
  Address remote_address() const;
  // The address the client wanted before it was redirected here (SO_ORIGINAL_DST); none if there is not one.
  Address original_destination() const;

  void close();
  void reset();         // close with a TCP reset instead of an orderly end
  int release();        // hands the descriptor out, unregistered

  void on_events(std::uint32_t events) override;

 private:
  void watch(Way way);
  std::unexpected<Error> would_block(Direction& direction);

  async::Worker& worker_;
  int fd_;
  bool watched_in_ = false, watched_out_ = false;  // registered with Io
  bool read_hangup_ : 1 = false, broken_ : 1 = false, watch_failed_ : 1 = false, look_once_more_ : 1 = false;
};
static_assert(sizeof(Socket) <= 120);

inline Socket& Direction::socket() {
  return static_cast<Socket&>(*reinterpret_cast<Directions*>(this - (way == Way::out ? 1 : 0)));
}

// Maps an errno of a data path call to an Error (ECONNRESET, EPIPE -> reset; ...).
Error error_of(int errno_value);

// Socket options, 0 or -errno; the *_option functions are for what the configuration may ask for.
struct Keepalive {
  bool on = false;
  int count = 0, idle_seconds = 0, interval_seconds = 0;  // 0: the system's
  bool operator==(const Keepalive&) const = default;
};
int set_keepalive(async::Io& io, int fd, const Keepalive& keepalive);
int set_no_delay(async::Io& io, int fd);
enum class QuickAck : std::uint8_t { off, on };
int set_quick_ack(async::Io& io, int fd, QuickAck on);
int set_user_timeout(async::Io& io, int fd, Duration timeout);   // tcp-ut
int set_mark(async::Io& io, int fd, std::uint32_t mark);
int set_tos(async::Io& io, int fd, Family family, int tos);
int set_buffers(async::Io& io, int fd, int receive, int send);   // 0: as it is
int set_linger_reset(async::Io& io, int fd);

}  // namespace sluice::net
