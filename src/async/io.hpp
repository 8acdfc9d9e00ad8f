// Io: the narrow interface to the outside world: clock, readiness, sockets. KernelIo is epoll; the simulation
// (tests/sim) has a virtual clock and sockets in memory. Chosen at start; one virtual call per system call, no other
// difference. Results are those of the system calls: >= 0, or -errno. Belongs to one worker; only wake() may be called
// from other threads.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/time.hpp"

namespace sluice::async {

// Readiness bits, as epoll's.
namespace event {
inline constexpr std::uint32_t in = 0x001, out = 0x004, error = 0x008, hangup = 0x010, read_hangup = 0x2000;
inline constexpr std::uint32_t edge = 1u << 31;
}  // namespace event

// Whatever has a descriptor that can become ready. on_events runs in phase 1: it may only note and push waiters.
class Pollable {
 public:
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

class Io {
 public:
  virtual ~Io() = default;

  virtual Instant now() = 0;
  virtual WallTime wall() = 0;
  virtual std::uint64_t seed() = 0;

  // Waits for events until `until` at most (a past instant: only looks) and calls on_events of the ready ones. Returns
  // when it began to wait.
  virtual Instant poll(Instant until) = 0;
  // Makes a poll that runs, or the next one, return at once. From any thread.
  virtual void wake() = 0;
  virtual int watch(int fd, std::uint32_t events, Pollable& pollable) = 0;
  virtual int rewatch(int fd, std::uint32_t events, Pollable& pollable) = 0;
  virtual int unwatch(int fd) = 0;

  virtual ssize_t recv(int fd, std::span<char> into, int flags) = 0;
  virtual ssize_t send(int fd, std::span<const iovec> pieces, int flags) = 0;
  virtual ssize_t splice(int from, int to, std::size_t count, unsigned flags) = 0;
  virtual int shutdown(int fd, int how) = 0;
  virtual int close(int fd) = 0;

  virtual int socket(int family, int type, int protocol) = 0;
  virtual int connect(int fd, const sockaddr* address, socklen_t size) = 0;
  virtual int bind(int fd, const sockaddr* address, socklen_t size) = 0;
  virtual int listen(int fd, int backlog) = 0;
  virtual int accept(int fd, sockaddr_storage& from, socklen_t& size) = 0;  // non-blocking, close-on-exec
  virtual int set_option(int fd, int level, int name, const void* value, socklen_t size) = 0;
  virtual int option(int fd, int level, int name, void* value, socklen_t& size) = 0;
  virtual int local_name(int fd, sockaddr_storage& name, socklen_t& size) = 0;
  virtual int remote_name(int fd, sockaddr_storage& name, socklen_t& size) = 0;
};

}  // namespace sluice::async
