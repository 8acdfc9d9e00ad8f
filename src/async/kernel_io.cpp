#include "async/kernel_io.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"

namespace sluice::async {

static_assert(event::in == EPOLLIN && event::out == EPOLLOUT && event::error == EPOLLERR && event::hangup == EPOLLHUP &&
              event::read_hangup == EPOLLRDHUP && event::edge == EPOLLET);

namespace {
std::int64_t clock_us(clockid_t clock) {
  timespec t;
  ::clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000 + t.tv_nsec / 1000;
}
template <class N>
N or_error(N result) {
  return result < 0 ? static_cast<N>(-errno) : result;
}
}  // namespace

KernelIo::KernelIo() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  check(epoll_ >= 0 && wake_ >= 0, "epoll and eventfd descriptors");
  epoll_event e{};
  e.events = EPOLLIN | EPOLLET;  // data.ptr stays null: nobody to tell, returning from poll is all it is for
  check(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &e) == 0, "epoll_ctl of the wake descriptor");
}

KernelIo::~KernelIo() {
  ::close(wake_);
  ::close(epoll_);
}

Instant KernelIo::now() { return Instant{clock_us(CLOCK_MONOTONIC)}; }
WallTime KernelIo::wall() { return WallTime{clock_us(CLOCK_REALTIME)}; }

std::uint64_t KernelIo::seed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<std::uint64_t>(clock_us(CLOCK_REALTIME));
  return seed;
}

Instant KernelIo::poll(Instant until) {
  constexpr int most = 256;
  epoll_event events[most];
  const Instant begun = now();
  int timeout = -1;
  if (until != never) {
    const std::int64_t left = until.us - begun.us;
    timeout = left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>((left + 999) / 1000, 1'000'000'000));
  }
  const int count = ::epoll_wait(epoll_, events, most, timeout);
  for (int i = 0; i < count; ++i)
    if (events[i].data.ptr) static_cast<Pollable*>(events[i].data.ptr)->on_events(events[i].events);
  return begun;
}

void KernelIo::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

namespace {
int control(int epoll, int what, int fd, std::uint32_t events, Pollable* pollable) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = pollable;
  return or_error(::epoll_ctl(epoll, what, fd, &e));
}
}  // namespace

int KernelIo::watch(int fd, std::uint32_t events, Pollable& pollable) {
  return control(epoll_, EPOLL_CTL_ADD, fd, events, &pollable);
}
int KernelIo::rewatch(int fd, std::uint32_t events, Pollable& pollable) {
  return control(epoll_, EPOLL_CTL_MOD, fd, events, &pollable);
}
int KernelIo::unwatch(int fd) { return control(epoll_, EPOLL_CTL_DEL, fd, 0, nullptr); }

ssize_t KernelIo::recv(int fd, std::span<char> into, int flags) {
  return or_error(::recv(fd, into.data(), into.size(), flags));
}

ssize_t KernelIo::send(int fd, std::span<const iovec> pieces, int flags) {
  if (pieces.size() == 1) return or_error(::send(fd, pieces[0].iov_base, pieces[0].iov_len, flags));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = std::min<std::size_t>(pieces.size(), 1024);
  return or_error(::sendmsg(fd, &message, flags));
}

ssize_t KernelIo::splice(int from, int to, std::size_t count, unsigned flags) {
  return or_error(::splice(from, nullptr, to, nullptr, count, flags));
}

int KernelIo::shutdown(int fd, int how) { return or_error(::shutdown(fd, how)); }
int KernelIo::close(int fd) { return or_error(::close(fd)); }
int KernelIo::socket(int family, int type, int protocol) { return or_error(::socket(family, type, protocol)); }
int KernelIo::connect(int fd, const sockaddr* address, socklen_t size) {
  return or_error(::connect(fd, address, size));
}
int KernelIo::bind(int fd, const sockaddr* address, socklen_t size) { return or_error(::bind(fd, address, size)); }
int KernelIo::listen(int fd, int backlog) { return or_error(::listen(fd, backlog)); }
int KernelIo::accept(int fd, sockaddr_storage& from, socklen_t& size) {
  return or_error(::accept4(fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}
int KernelIo::set_option(int fd, int level, int name, const void* value, socklen_t size) {
  return or_error(::setsockopt(fd, level, name, value, size));
}
int KernelIo::option(int fd, int level, int name, void* value, socklen_t& size) {
  return or_error(::getsockopt(fd, level, name, value, &size));
}
int KernelIo::local_name(int fd, sockaddr_storage& name, socklen_t& size) {
  return or_error(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size));
}
int KernelIo::remote_name(int fd, sockaddr_storage& name, socklen_t& size) {
  return or_error(::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size));
}

}  // namespace sluice::async
