#include "net/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

namespace sluice::net {

namespace event = async::event;

Socket::Socket(async::Worker& worker, int fd) : worker_(worker), fd_(fd) {}

Socket::~Socket() { close(); }

// A read that got less than was asked for has emptied the socket: whatever comes later is a new edge. Unless the end
// of input is already there, which was told by an edge in the past.
Result<std::size_t> Socket::try_read(std::span<char> into) {
  check(!into.empty(), "a read has room: 0 bytes would look like the end");
  if (!in.ready) return fail(Kind::would_block);
  for (;;) {
    const ssize_t n = worker_.io().recv(fd_, into, 0);
    if (n >= 0) [[likely]] {
      if (static_cast<std::size_t>(n) < into.size() && !read_hangup_ && n > 0) in.ready = false;
      return static_cast<std::size_t>(n);
    }
    if (n == -EAGAIN) return would_block(in);
    if (n != -EINTR) return std::unexpected(error_of(static_cast<int>(-n)));
  }
}

Result<std::size_t> Socket::try_peek(std::span<char> into) {
  if (!in.ready) return fail(Kind::would_block);
  for (;;) {
    const ssize_t n = worker_.io().recv(fd_, into, MSG_PEEK);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (n == -EAGAIN) return would_block(in);
    if (n != -EINTR) return std::unexpected(error_of(static_cast<int>(-n)));
  }
}

Result<std::size_t> Socket::try_writev(std::span<const iovec> pieces, int flags) {
  if (!out.ready) return fail(Kind::would_block);
  for (;;) {
    const ssize_t n = worker_.io().send(fd_, pieces, MSG_NOSIGNAL | flags);
    if (n >= 0) [[likely]] {
      std::size_t wanted = 0;
      for (const iovec& piece : pieces) wanted += piece.iov_len;
      if (static_cast<std::size_t>(n) < wanted) out.ready = false;
      return static_cast<std::size_t>(n);
    }
    if (n == -EAGAIN || n == -EINPROGRESS) return would_block(out);  // EINPROGRESS: fast open without a cookie yet
    if (n != -EINTR) return std::unexpected(error_of(static_cast<int>(-n)));
  }
}

// With an empty pipe EAGAIN can only mean that the socket is empty. A short splice says nothing: pipes have slots.
Result<std::size_t> Socket::try_splice_in(int pipe_write_end, std::size_t count) {
  if (!in.ready) return fail(Kind::would_block);
  for (;;) {
    const ssize_t n = worker_.io().splice(fd_, pipe_write_end, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (n == -EAGAIN) return would_block(in);
    if (n != -EINTR) return std::unexpected(error_of(static_cast<int>(-n)));
  }
}

Result<std::size_t> Socket::try_splice_out(int pipe_read_end, std::size_t count, unsigned flags) {
  if (!out.ready) return fail(Kind::would_block);
  for (;;) {
    const ssize_t n = worker_.io().splice(pipe_read_end, fd_, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK | flags);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (n == -EAGAIN) return would_block(out);
    if (n != -EINTR) return std::unexpected(error_of(static_cast<int>(-n)));
  }
}

Result<void> Socket::try_shutdown_write() {
  const int result = worker_.io().shutdown(fd_, SHUT_WR);
  if (result < 0) return std::unexpected(error_of(-result));
  return {};
}

std::unexpected<Error> Socket::would_block(Direction& direction) {
  direction.ready = false;
  return fail(watch_failed_ ? Kind::no_resource : Kind::would_block);
}

void Socket::arm(Direction& direction, async::Waiter::Step step, void* leaf, Instant deadline) {
  check(!direction.leaf || direction.leaf == leaf, "one waits for a direction of a socket");
  direction.step = step;
  direction.leaf = leaf;
  if (look_once_more_ && direction.way == Way::in) {
    look_once_more_ = false;
    direction.ready = true;
    return worker_.loop.push(direction);
  }
  watch(direction.way);
  if (watch_failed_) return worker_.loop.push(direction);
  worker_.loop.start(direction, deadline);
}

void Socket::watch(Way way) {
  if (way == Way::in ? watched_in_ : watched_out_) [[likely]] return;
  const bool known = watched_in_ || watched_out_;
  const bool want_in = watched_in_ || way == Way::in, want_out = watched_out_ || way == Way::out;
  const std::uint32_t events =
      event::edge | (want_in ? event::in | event::read_hangup : 0) | (want_out ? event::out : 0);
  const int result = known ? worker_.io().rewatch(fd_, events, *this) : worker_.io().watch(fd_, events, *this);
  if (result < 0) {
    watch_failed_ = true;  // out of memory or watches: whoever waits is told at its next try
    return;
  }
  watched_in_ = want_in;
  watched_out_ = want_out;
}

void Socket::on_events(std::uint32_t events) {
  if (events & (event::error | event::hangup)) broken_ = read_hangup_ = true;
  if (events & event::read_hangup) read_hangup_ = true;
  if (events & (event::in | event::read_hangup | event::error | event::hangup)) {
    in.ready = true;
    if (in.leaf) worker_.loop.push(in);
  }
  if (events & (event::out | event::error | event::hangup)) {
    out.ready = true;
    if (out.leaf) worker_.loop.push(out);
  }
}

void Socket::nudge() {
  if (in.leaf) worker_.loop.push(in);
  if (out.leaf) worker_.loop.push(out);
}

Error Socket::take_error() {
  int value = 0;
  socklen_t size = sizeof value;
  worker_.io().option(fd_, SOL_SOCKET, SO_ERROR, &value, size);
  return value ? error_of(value) : Error{};
}

Address Socket::local_address() const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (worker_.io().local_name(fd_, name, size) < 0) return {};
  return Address::from(reinterpret_cast<const sockaddr*>(&name), size);
}

Address Socket::remote_address() const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (worker_.io().remote_name(fd_, name, size) < 0) return {};
  return Address::from(reinterpret_cast<const sockaddr*>(&name), size);
}

Address Socket::original_destination() const {
  constexpr int so_original_dst = 80;  // SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST of the netfilter headers
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (worker_.io().option(fd_, SOL_IP, so_original_dst, &name, size) < 0) {
    size = sizeof name;
    if (worker_.io().option(fd_, SOL_IPV6, so_original_dst, &name, size) < 0) return {};
  }
  return Address::from(reinterpret_cast<const sockaddr*>(&name), size);
}

void Socket::close() {
  if (fd_ < 0) return;
  disarm(in);
  disarm(out);
  worker_.io().close(fd_);  // leaves epoll by itself
  fd_ = -1;
  watched_in_ = watched_out_ = false;
}

void Socket::reset() {
  if (fd_ >= 0) set_linger_reset(worker_.io(), fd_);
  close();
}

int Socket::release() {
  disarm(in);
  disarm(out);
  if (watched_in_ || watched_out_) worker_.io().unwatch(fd_);
  watched_in_ = watched_out_ = false;
  return std::exchange(fd_, -1);
}

Error error_of(int errno_value) {
  switch (errno_value) {
    case EAGAIN: return Error{Kind::would_block};
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENOENT:
    case EACCES:
    case EPERM: return Error{Kind::refused, Side::us, Retry::never, errno_value};
    case ETIMEDOUT: return Error{Kind::timeout, Side::us, Retry::never, errno_value};
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case ENOSPC: return Error{Kind::no_resource, Side::us, Retry::never, errno_value};
    case EBADF:
    case EINVAL:
    case EFAULT:
    case ENOTSOCK:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT: return Error{Kind::internal, Side::us, Retry::never, errno_value};
    default: return Error{Kind::reset, Side::us, Retry::never, errno_value};
  }
}

namespace {
template <class T>
int set(async::Io& io, int fd, int level, int name, const T& value) {
  return io.set_option(fd, level, name, &value, sizeof value);
}
}  // namespace

int set_keepalive(async::Io& io, int fd, const Keepalive& keepalive) {
  if (!keepalive.on) return 0;
  int result = set(io, fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepalive.count && result == 0) result = set(io, fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive.count);
  if (keepalive.idle_seconds && result == 0) result = set(io, fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive.idle_seconds);
  if (keepalive.interval_seconds && result == 0)
    result = set(io, fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive.interval_seconds);
  return result;
}
int set_no_delay(async::Io& io, int fd) { return set(io, fd, IPPROTO_TCP, TCP_NODELAY, 1); }
int set_quick_ack(async::Io& io, int fd, QuickAck on) {
  return set(io, fd, IPPROTO_TCP, TCP_QUICKACK, on == QuickAck::on ? 1 : 0);
}
int set_user_timeout(async::Io& io, int fd, Duration timeout) {
  return set(io, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(timeout.ms()));
}
int set_mark(async::Io& io, int fd, std::uint32_t mark) { return set(io, fd, SOL_SOCKET, SO_MARK, mark); }
int set_tos(async::Io& io, int fd, Family family, int tos) {
  if (family == Family::ipv4) return set(io, fd, IPPROTO_IP, IP_TOS, tos);
  if (family == Family::ipv6) return set(io, fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
  return 0;
}
int set_buffers(async::Io& io, int fd, int receive, int send) {
  int result = 0;
  if (receive) result = set(io, fd, SOL_SOCKET, SO_RCVBUF, receive);
  if (send && result == 0) result = set(io, fd, SOL_SOCKET, SO_SNDBUF, send);
  return result;
}
int set_linger_reset(async::Io& io, int fd) { return set(io, fd, SOL_SOCKET, SO_LINGER, linger{1, 0}); }

}  // namespace sluice::net
