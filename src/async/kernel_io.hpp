// KernelIo: Io over epoll and the system's clocks.
#pragma once
#include "async/io.hpp"

namespace sluice::async {

class KernelIo final : public Io {
 public:
  KernelIo();
  ~KernelIo() override;
  KernelIo(const KernelIo&) = delete;
  KernelIo& operator=(const KernelIo&) = delete;

  Instant now() override;
  WallTime wall() override;
  std::uint64_t seed() override;
  Instant poll(Instant until) override;
  void wake() override;
  int watch(int fd, std::uint32_t events, Pollable& pollable) override;
  int rewatch(int fd, std::uint32_t events, Pollable& pollable) override;
  int unwatch(int fd) override;
  ssize_t recv(int fd, std::span<char> into, int flags) override;
  ssize_t send(int fd, std::span<const iovec> pieces, int flags) override;
  ssize_t splice(int from, int to, std::size_t count, unsigned flags) override;
  int shutdown(int fd, int how) override;
  int close(int fd) override;
  int socket(int family, int type, int protocol) override;
  int connect(int fd, const sockaddr* address, socklen_t size) override;
  int bind(int fd, const sockaddr* address, socklen_t size) override;
  int listen(int fd, int backlog) override;
  int accept(int fd, sockaddr_storage& from, socklen_t& size) override;
  int set_option(int fd, int level, int name, const void* value, socklen_t size) override;
  int option(int fd, int level, int name, void* value, socklen_t& size) override;
  int local_name(int fd, sockaddr_storage& name, socklen_t& size) override;
  int remote_name(int fd, sockaddr_storage& name, socklen_t& size) override;

 private:
  int epoll_;
  int wake_;  // eventfd, edge-triggered and never read
};

}  // namespace sluice::async
