#include "net/connect.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "net/md5_signature.hpp"
#include "net/network_namespace.hpp"

namespace sluice::net {

namespace {

// Waits until a connection is established. Asking again with connect() tells the state without another system call
// for the error, and on this host the answer is mostly "done" at the first time.
class [[nodiscard]] Established : public async::Leaf<Established> {
 public:
  using Value = void;
  Established(Socket& socket, const Address& to, Instant deadline) : socket_(socket), to_(to), deadline_(deadline) {}
  Established(const Established&) = delete;
  ~Established() { disarm(); }
  bool try_now() {
    const Address::Raw raw = to_.raw();
    const int result = socket_.worker().io().connect(socket_.fd(), raw.get(), raw.size);
    if (result == 0 || result == -EISCONN) {
      result_ = {};
      return true;
    }
    if (result != -EALREADY && result != -EINPROGRESS && result != -EINTR) {
      result_ = fail(error_of(-result));
      return true;
    }
    if (socket_.worker().loop.now() < deadline_) return false;
    result_ = fail(Kind::timeout);
    return true;
  }
  bool pending() const { return !result_ && result_.error().kind == Kind::would_block; }
  Result<void>& result() { return result_; }
  void arm(async::Waiter::Step step) { socket_.arm(socket_.out, step, this, deadline_); }
  void disarm() {
    if (socket_.out.leaf == this) Socket::disarm(socket_.out);
  }
  static Established& of(async::Waiter& w) { return *static_cast<Established*>(static_cast<Direction&>(w).leaf); }

 private:
  Socket& socket_;
  const Address& to_;
  Instant deadline_;
  Result<void> result_ = fail(Kind::would_block);
};
static_assert(sizeof(Established) <= 64);
Established established(Socket& socket, const Address& to, Instant deadline) { return {socket, to, deadline}; }

template <class T>
int set(async::Io& io, int fd, int level, int name, const T& value) {
  return io.set_option(fd, level, name, &value, sizeof value);
}
int set_text(async::Io& io, int fd, int level, int name, const std::string& value) {
  return io.set_option(fd, level, name, value.data(), static_cast<socklen_t>(value.size()));
}

int set_transparent(async::Io& io, int fd, Family family) {
  return family == Family::ipv6 ? set(io, fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
                                : set(io, fd, IPPROTO_IP, IP_TRANSPARENT, 1);
}

// Socket options before connect; 0 or -errno.
int prepare(async::Io& io, int fd, const Address& to, const ConnectOptions& options) {
  int result = 0;
  const auto then = [&](auto call) {
    if (result == 0) result = call();
  };
  if (to.is_ip()) {
    then([&] { return set_no_delay(io, fd); });
    if (options.keepalive.on) then([&] { return set_keepalive(io, fd, options.keepalive); });
    if (options.user_timeout.us > 0) then([&] { return set_user_timeout(io, fd, options.user_timeout); });
    if (options.max_segment > 0) then([&] { return set(io, fd, IPPROTO_TCP, TCP_MAXSEG, options.max_segment); });
    if (options.tos >= 0) then([&] { return set_tos(io, fd, to.family(), options.tos); });
    if (!options.congestion.empty())
      then([&] { return set_text(io, fd, IPPROTO_TCP, TCP_CONGESTION, options.congestion); });
    if (options.reset_on_close) then([&] { return set_linger_reset(io, fd); });
    if (options.late_acknowledgement) set_quick_ack(io, fd, QuickAck::off);  // a hint
    if (options.fast_open) set(io, fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);  // a hint: old kernels lack it
    if (!options.interface.empty())
      then([&] { return set_text(io, fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface); });
    if (!options.md5_password.empty()) {
      tcp_md5sig signature = md5_signature(to.domain(), options.md5_password);
      const Address::Raw raw = to.with_port(0).raw();
      std::memcpy(&signature.tcpm_addr, raw.get(), raw.size);
      signature.tcpm_flags = 0;
      then([&] { return set(io, fd, IPPROTO_TCP, TCP_MD5SIG, signature); });
    }
    if (options.most_unsent) then([&] { return set(io, fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.most_unsent); });
    if (options.mark) then([&] { return set_mark(io, fd, options.mark); });
  }
  if (options.receive_buffer || options.send_buffer)
    then([&] { return set_buffers(io, fd, options.receive_buffer, options.send_buffer); });
  return result;
}

int bind_source(async::Worker& worker, int fd, const Address& source, const ConnectOptions& options) {
  async::Io& io = worker.io();
  if (options.transparent)
    if (const int result = set_transparent(io, fd, source.family()); result < 0) return result;
  const auto bind_to = [&](const Address& address) {
    const Address::Raw raw = address.raw();
    return io.bind(fd, raw.get(), raw.size);
  };
  if (options.source_port_first == 0) {
    // The port is chosen at connect, when both ends are known: then one address has 2^16 ports per destination.
    if (source.is_ip() && source.port() == 0) set(io, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (source.is_ip() && source.port() != 0) set(io, fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return bind_to(source);
  }
  const unsigned count = options.source_port_last - options.source_port_first + 1u;
  const unsigned start = static_cast<unsigned>(worker.loop.random() % count);
  set(io, fd, SOL_SOCKET, SO_REUSEADDR, 1);
  int result = -EADDRINUSE;
  for (unsigned i = 0; i < count && result == -EADDRINUSE; ++i)
    result = bind_to(source.with_port(static_cast<std::uint16_t>(options.source_port_first + (start + i) % count)));
  return result;
}

// A socket on its way to `to`.
Result<int> begin(async::Worker& worker, const Address& to, const ConnectOptions& options, const Address& source, First first) {
  async::Io& io = worker.io();
  int fd = -EPERM;
  if (const VisitNamespace visit(options.network_namespace); visit.entered())
    fd = io.socket(to.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, options.multipath && to.is_ip() ? IPPROTO_MPTCP : 0);
  if (fd < 0) return fail(error_of(-fd));
  int result = prepare(io, fd, to, options);
  if (first == First::we_do && to.is_ip()) set_quick_ack(io, fd, QuickAck::off);  // a hint: a failure costs a packet
  if (result == 0 && source) result = bind_source(worker, fd, source, options);
  if (result == 0) {
    const Address::Raw raw = to.raw();
    result = io.connect(fd, raw.get(), raw.size);
    if (result == -EINPROGRESS || result == -EINTR) result = 0;
  } else if (result == -EPERM || result == -EACCES || result == -ENODEV) {
    io.close(fd);
    return fail(Kind::internal, Side::us, Retry::always, -result);
  }
  if (result < 0) {
    io.close(fd);
    // EAGAIN: no port left (TCP), or a full backlog (UNIX).
    return fail(result == -EAGAIN ? Error{Kind::no_resource, Side::us, Retry::always, EAGAIN} : error_of(-result));
  }
  return fd;
}

}  // namespace

async::Task<std::unique_ptr<Stream>> connect(async::Worker& worker, const Address& to, const ConnectOptions& options,
                                             Instant deadline, Address from, First first) {
  const Result<int> begun = begin(worker, to, options, from ? from : options.source, first);
  if (!begun) co_return fail(begun.error().with(Retry::always));
  std::unique_ptr<SocketStream> stream = std::make_unique<SocketStream>(worker, *begun);
  if (to.is_ip() && !options.fast_open) {
    const Result<void> done = co_await attempt(established(stream->socket(), to, deadline));
    if (!done) co_return fail(done.error().with(Retry::always));
  }
  stream->socket().in.ready = false;  // nothing can have come yet that an edge will not tell
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace sluice::net
