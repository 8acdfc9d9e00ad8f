// Stream: an ordered flow of bytes in both directions, over a socket (SocketStream) or over another stream (TLS). try_*
// never suspend; the others return leaf awaiters. One reader and one writer at a time. Belongs to its worker.
//
//   co_await stream.readable(deadline);                       // wait without holding a buffer
//   std::size_t n = co_await stream.read(space, deadline);    // 0: the other side has finished
//   co_await stream.write_all(text, patience);                // patience: longest time without any progress
//   auto r = co_await attempt(stream.read(space, deadline));  // keep the error
//   Task<Answer> asking = ask();
//   Answer a = co_await unless_hangup(client, Hangup::finished, std::move(asking));
//
// Errors do not know which side they happened on: use Error::on(Side). timeout, reset, end.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "async/nursery.hpp"
#include "net/socket.hpp"

namespace sluice::net {

// more: another write follows at once, so a partial segment may wait for it (MSG_MORE).
enum class More : std::uint8_t { no, yes };
enum class Shut : std::uint8_t { orderly, reset };
// What counts as the other side having hung up: no more input (half-closed), or the connection being dead.
enum class Hangup : std::uint8_t { finished, broken };

class Read;
class Readable;
class Write;

class Stream : public async::Pooled {
 public:
  virtual ~Stream() = default;

  // would_block: wait for reading() or writing().
  virtual Result<std::size_t> try_read(std::span<char> into) = 0;  // 0 = end of input
  virtual Result<std::size_t> try_writev(std::span<const iovec> pieces, More more = More::no) = 0;
  virtual Result<void> try_shutdown_write() = 0;
  // The socket direction to wait for after try_read / try_writev would have blocked.
  virtual Direction& reading() = 0;
  virtual Direction& writing() = 0;
  // May input be waiting? If so try_read is worth calling; false only after try_read would have blocked, or gave less
  // than was asked for, and nothing came since.
  virtual bool may_read() = 0;
  // The bottom of the stack. `plain`: bytes of the stream are those of the socket, so splice() may be used on it.
  virtual Socket& socket() = 0;
  virtual bool plain() const = 0;

  // At least one byte, or 0 at the end of input. `into` must stay and may be scratch only if it is not used when this
  // returns after having waited: then pass memory of your own.
  Read read(std::span<char> into, Instant deadline);
  // Until may_read() (spurious wakes are possible: then try_read gives would_block). Holds no buffer.
  Readable readable(Instant deadline);
  // All of it. The memory must stay until this is through. Changes `pieces` as it goes.
  Write write_all(std::span<iovec> pieces, Duration patience, More more = More::no);
  Write write_all(std::string_view bytes, Duration patience, More more = More::no);

  async::Worker& worker() { return socket().worker(); }
  async::Loop& loop() { return socket().worker().loop; }
  void close(Shut how = Shut::orderly);
};

class SocketStream final : public Stream {
 public:
  SocketStream(async::Worker& worker, int fd) : socket_(worker, fd) {}
  Result<std::size_t> try_read(std::span<char> into) override { return socket_.try_read(into); }
  Result<std::size_t> try_writev(std::span<const iovec> pieces, More more) override;
  Result<void> try_shutdown_write() override { return socket_.try_shutdown_write(); }
  Direction& reading() override { return socket_.in; }
  Direction& writing() override { return socket_.out; }
  bool may_read() override { return socket_.in.ready; }
  Socket& socket() override { return socket_; }
  bool plain() const override { return true; }

 private:
  Socket socket_;
};

class [[nodiscard]] Read : public async::Leaf<Read> {
 public:
  using Value = std::size_t;
  Read(Stream& stream, std::span<char> into, Instant deadline) : stream_(stream), into_(into), deadline_(deadline) {}
  Read(const Read&) = delete;
  ~Read() { disarm(); }
  bool try_now();
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<std::size_t>& result() { return result_; }
  void arm(async::Waiter::Step step);
  void disarm();
  static Read& of(async::Waiter& w) { return *static_cast<Read*>(static_cast<Direction&>(w).leaf); }

 private:
  Stream& stream_;
  std::span<char> into_;
  Instant deadline_;
  Result<std::size_t> result_ = fail(Kind::would_block);
};
static_assert(sizeof(Read) <= 64);

class [[nodiscard]] Readable : public async::Leaf<Readable> {
 public:
  using Value = void;
  Readable(Stream& stream, Instant deadline) : stream_(stream), deadline_(deadline) {}
  Readable(const Readable&) = delete;
  ~Readable() { disarm(); }
  bool try_now();
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<void>& result() { return result_; }
  void arm(async::Waiter::Step step);
  void disarm();
  static Readable& of(async::Waiter& w) { return *static_cast<Readable*>(static_cast<Direction&>(w).leaf); }

 private:
  Stream& stream_;
  Instant deadline_;
  Result<void> result_ = fail(Kind::would_block);
};
static_assert(sizeof(Readable) <= 64);

// Readable, which also ends with an error when another stream, from which nobody reads meanwhile, hangs up: `end` if its
// other side finished, `reset` if it is broken. The usual case of unless_hangup(), without a task of its own.
class [[nodiscard]] ReadableUnlessHangup : public async::Leaf<ReadableUnlessHangup> {
 public:
  using Value = void;
  ReadableUnlessHangup(Stream& stream, Instant deadline, Stream* other)
      : stream_(stream), deadline_(deadline), other_(other) {}
  ReadableUnlessHangup(const ReadableUnlessHangup&) = delete;
  ~ReadableUnlessHangup() { disarm(); }
  bool try_now();
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<void>& result() { return result_; }
  void arm(async::Waiter::Step step);
  void disarm();
  static ReadableUnlessHangup& of(async::Waiter& w) {
    return *static_cast<ReadableUnlessHangup*>(static_cast<Direction&>(w).leaf);
  }

 private:
  void unlink();
  Stream& stream_;
  Instant deadline_;
  Stream* other_;
  Result<void> result_ = fail(Kind::would_block);
};
static_assert(sizeof(ReadableUnlessHangup) <= 64);
// `other` may be null.
inline ReadableUnlessHangup readable_unless_hangup(Stream& stream, Instant deadline, Stream* other) {
  return ReadableUnlessHangup(stream, deadline, other);
}

class [[nodiscard]] Write : public async::Leaf<Write> {
 public:
  using Value = void;
  Write(Stream& stream, std::span<iovec> pieces, Duration patience, More more)
      : stream_(stream), pieces_(pieces.data()), count_(static_cast<std::uint32_t>(pieces.size())), more_(more),
        patience_(patience) {}
  Write(Stream& stream, std::string_view bytes, Duration patience, More more)
      : stream_(stream), one_(const_cast<char*>(bytes.data())), count_(single), more_(more), rest_(bytes.size()),
        patience_(patience) {}
  Write(const Write&) = delete;
  ~Write() { disarm(); }
  bool try_now();
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<void>& result() { return result_; }
  void arm(async::Waiter::Step step);
  void disarm();
  static Write& of(async::Waiter& w) { return *static_cast<Write*>(static_cast<Direction&>(w).leaf); }

 private:
  static constexpr std::uint32_t single = ~0u;  // count_: one_ and rest_ are all
  bool advance(std::size_t written);            // true when nothing is left
  Stream& stream_;
  union {
    iovec* pieces_;
    char* one_;
  };
  std::uint32_t count_;
  More more_;
  bool progress_ = true;  // since the deadline was set
  std::size_t rest_ = 0;
  Duration patience_;
  Result<void> result_ = fail(Kind::would_block);
};
static_assert(sizeof(Write) <= 64);

// Forgets the first `count` bytes of `pieces`; returns what is left.
std::span<iovec> advance(std::span<iovec> pieces, std::size_t count);

// The hang-up of a stream nobody reads from meanwhile, as an Event of async::Until. Costs nothing per byte.
class HangupEvent {
 public:
  HangupEvent(Stream& stream, Hangup kind) : stream_(&stream), kind_(kind) {}
  HangupEvent(HangupEvent&&) = default;
  ~HangupEvent() { disarm(); }
  void arm(async::Waiter::Step step, void* who);
  void disarm();
  bool holds() const;
  Error error() const;
  static void* who(async::Waiter& w) { return static_cast<Direction&>(w).leaf; }

 private:
  Stream* stream_;
  Hangup kind_;
  bool armed_ = false;
};

// The task; or, if `stream` hangs up first, its error: `end` if the other side finished, `reset` if it is broken.
// Nobody else may wait for input of the stream meanwhile.
template <class T>
async::Until<T, HangupEvent> unless_hangup(Stream& stream, Hangup kind, async::Task<T> task) {
  return async::Until<T, HangupEvent>(std::move(task), HangupEvent(stream, kind));
}

}  // namespace sluice::net
