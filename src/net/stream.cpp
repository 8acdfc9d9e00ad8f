#include "net/stream.hpp"

namespace sluice::net {

Read Stream::read(std::span<char> into, Instant deadline) { return Read(*this, into, deadline); }
Readable Stream::readable(Instant deadline) { return Readable(*this, deadline); }
Write Stream::write_all(std::span<iovec> pieces, Duration patience, More more) {
  return Write(*this, pieces, patience, more);
}
Write Stream::write_all(std::string_view bytes, Duration patience, More more) {
  return Write(*this, bytes, patience, more);
}

void Stream::close(Shut how) {
  if (how == Shut::reset) {
    socket().reset();
  } else {
    socket().close();
  }
}

Result<std::size_t> SocketStream::try_writev(std::span<const iovec> pieces, More more) {
  return socket_.try_writev(pieces, more == More::yes ? MSG_MORE : 0);
}

// --- Read

bool Read::try_now() {
  result_ = stream_.try_read(into_);
  if (!pending()) return true;
  if (stream_.loop().now() < deadline_) return false;
  result_ = fail(Kind::timeout);
  return true;
}

void Read::arm(async::Waiter::Step step) {
  Direction& direction = stream_.reading();
  direction.socket().arm(direction, step, this, deadline_);
}

void Read::disarm() {
  if (!promise) return;
  promise = nullptr;
  Direction& direction = stream_.reading();
  if (direction.leaf == this) Socket::disarm(direction);
}

// --- Readable

bool Readable::try_now() {
  if (stream_.may_read()) {
    result_ = {};
    return true;
  }
  if (stream_.loop().now() < deadline_) return false;
  result_ = fail(Kind::timeout);
  return true;
}

void Readable::arm(async::Waiter::Step step) {
  Direction& direction = stream_.reading();
  direction.socket().arm(direction, step, this, deadline_);
}

void Readable::disarm() {
  if (!promise) return;
  promise = nullptr;
  Direction& direction = stream_.reading();
  if (direction.leaf == this) Socket::disarm(direction);
}

// --- ReadableUnlessHangup

bool ReadableUnlessHangup::try_now() {
  if (stream_.may_read()) {
    result_ = {};
    return true;
  }
  if (other_ && other_->socket().read_hangup()) {
    result_ = fail(other_->socket().broken() ? Kind::reset : Kind::end);
    return true;
  }
  if (stream_.loop().now() < deadline_) return false;
  result_ = fail(Kind::timeout);
  return true;
}

void ReadableUnlessHangup::arm(async::Waiter::Step step) {
  unlink();  // either may have woken us, the other is still armed then
  Direction& direction = stream_.reading();
  direction.socket().arm(direction, step, this, deadline_);
  if (other_) other_->socket().arm(other_->socket().in, step, this, never);
}

void ReadableUnlessHangup::disarm() {
  if (!promise) return;
  promise = nullptr;
  unlink();
}

void ReadableUnlessHangup::unlink() {
  Direction& direction = stream_.reading();
  if (direction.leaf == this) Socket::disarm(direction);
  if (other_ && other_->socket().in.leaf == this) Socket::disarm(other_->socket().in);
}

// --- Write

bool Write::try_now() {
  for (;;) {
    if (advance(0)) {
      result_ = {};
      return true;
    }
    const iovec one{one_, rest_};
    const Result<std::size_t> written =
        stream_.try_writev(count_ == single ? std::span(&one, 1) : std::span<const iovec>(pieces_, count_), more_);
    if (written) {
      progress_ = true;
      if (advance(*written)) {
        result_ = {};
        return true;
      }
      continue;
    }
    result_ = fail(written.error());
    if (!pending()) return true;
    if (progress_ || stream_.loop().now() < stream_.writing().due) return false;
    result_ = fail(Kind::timeout);
    return true;
  }
}

bool Write::advance(std::size_t written) {
  if (count_ == single) {
    one_ += written;
    rest_ -= written;
    return rest_ == 0;
  }
  const std::span<iovec> left = net::advance({pieces_, count_}, written);
  pieces_ = left.data();
  count_ = static_cast<std::uint32_t>(left.size());
  return count_ == 0;
}

void Write::arm(async::Waiter::Step step) {
  Direction& direction = stream_.writing();
  const Instant deadline = progress_ ? stream_.loop().after(patience_) : direction.due;
  progress_ = false;
  direction.socket().arm(direction, step, this, deadline);
}

void Write::disarm() {
  if (!promise) return;
  promise = nullptr;
  Direction& direction = stream_.writing();
  if (direction.leaf == this) Socket::disarm(direction);
}

std::span<iovec> advance(std::span<iovec> pieces, std::size_t count) {
  while (!pieces.empty() && count >= pieces.front().iov_len) {
    count -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (count) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + count;
    pieces.front().iov_len -= count;
  }
  return pieces;
}

// --- HangupEvent

void HangupEvent::arm(async::Waiter::Step step, void* who) {
  Socket& socket = stream_->socket();
  armed_ = true;
  socket.arm(socket.in, step, who, never);
  if (holds()) socket.worker().loop.push(socket.in);  // it was told by an edge in the past
}

void HangupEvent::disarm() {
  if (!armed_) return;
  armed_ = false;
  Socket::disarm(stream_->socket().in);
}

bool HangupEvent::holds() const {
  const Socket& socket = stream_->socket();
  return kind_ == Hangup::broken ? socket.broken() : socket.read_hangup();
}

Error HangupEvent::error() const { return Error{stream_->socket().broken() ? Kind::reset : Kind::end}; }

}  // namespace sluice::net
