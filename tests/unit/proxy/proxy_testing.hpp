// A whole proxy in this process, over loopback: a configuration text, one worker in a thread of its own, scripted
// servers, exact clients. `@name@` in the text is replaced by an address.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "async/kernel_io.hpp"
#include "backend/connection.hpp"
#include "config/load.hpp"
#include "proxy/build.hpp"
#include "proxy/serve.hpp"

namespace sluice::proxy::testing {

inline int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(fd, 128);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

// One connection, blocking, with a limit of 5 s on every wait so that a wrong proxy fails and does not hang.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  }
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), read_(std::move(other.read_)) {}
  ~Peer() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Up to and including `end`; what was read so far if the connection ends or nothing comes.
  std::string until(std::string_view end) {
    for (;;) {
      const auto at = read_.find(end);
      if (at != read_.npos) return take(at + end.size());
      if (!more()) return take(read_.size());
    }
  }
  std::string exactly(std::size_t size) {
    while (read_.size() < size && more()) {
    }
    return take(std::min(size, read_.size()));
  }
  // Until the other side closes; ended() tells whether it did.
  std::string rest() {
    while (more()) {
    }
    return take(read_.size());
  }
  bool ended() const { return ended_; }
  // Head and, if it has a content-length, body.
  std::string message() {
    std::string head = until("\r\n\r\n");
    const auto at = head.find("content-length: ");
    if (at == head.npos) return head;
    return head + exactly(static_cast<std::size_t>(std::stoul(head.substr(at + 16))));
  }

 private:
  bool more() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 5000) <= 0) return false;
    char bytes[65536];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) {
      ended_ = true;
      return false;
    }
    read_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }
  std::string take(std::size_t size) {
    std::string out = read_.substr(0, size);
    read_.erase(0, size);
    return out;
  }
  int fd_ = -1;
  std::string read_;
  bool ended_ = false;
};

// A server that does what `serve` says with each connection, each in a thread.
class Origin {
 public:
  using Serve = std::function<void(Peer&)>;
  explicit Origin(Serve serve) : serve_(std::move(serve)), fd_(listen_anywhere(port)) {
    accepting_ = std::thread([this] { accept(); });
  }
  ~Origin() {
    ::shutdown(fd_, SHUT_RDWR);
    accepting_.join();
    ::close(fd_);
    for (std::thread& thread : serving_) thread.join();
  }
  std::uint16_t port = 0;
  std::atomic<int> connections{0};

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections;
      serving_.emplace_back([this, fd] {
        Peer peer(fd);
        serve_(peer);
      });
    }
  }
  Serve serve_;
  int fd_;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

// Answers every request with 200 and its own request as the body.
inline void echo(Peer& peer) {
  for (;;) {
    const std::string request = peer.message();
    if (request.find("\r\n\r\n") == request.npos) return;
    peer.send(fmt::format("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", request.size(), request));
  }
}

class Proxy {
 public:
  explicit Proxy(std::string text, unsigned workers = 1) : states_(workers) {
    config::Diagnostics diagnostics;
    std::vector<config::Input> inputs;
    inputs.push_back({"test.cfg", std::move(text)});
    const auto config = config::load(std::move(inputs), {}, diagnostics);
    if (!diagnostics.failed()) proxies_ = build(config, states_, backend::Unresolved::is_an_error, diagnostics);
    messages = diagnostics.text();
    if (diagnostics.failed()) return;
    open_listeners(*proxies_, listeners_, workers, diagnostics);
    messages = diagnostics.text();
    if (diagnostics.failed()) return;
    works = true;
    for (const auto& frontend : proxies_->frontends)
      for (const Bind& bind : frontend->binds)
        for (const Bind::Where& where : bind.places) ports.push_back(where.entry->bound.port());
    worker_ = std::make_unique<async::Worker>(0, std::make_unique<async::KernelIo>(), async::WorkerOptions{});
    serving_ = std::make_unique<Serving>(*worker_, proxies_, listeners_);
    serving_->start();
    worker_->start_thread();
  }
  ~Proxy() {
    if (!works) return;
    worker_->stop();
    worker_->join();
    serving_.reset();
    backend::close_idle(*worker_, states_.servers);
    worker_.reset();
  }
  // Runs on the worker and waits for it.
  void on_worker(std::function<void()> work) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    worker_->mailbox.post([&] {
      work();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  std::string ask(std::string_view request) {
    Peer client(ports.at(0));
    client.send(request);
    return client.message();
  }
  async::Worker& worker() { return *worker_; }
  Serving& serving() { return *serving_; }
  const Proxies& proxies() { return *proxies_; }
  States& states() { return states_; }

  bool works = false;
  std::string messages;
  std::vector<std::uint16_t> ports;

 private:
  States states_;
  net::ListenerSet listeners_;
  std::shared_ptr<Proxies> proxies_;
  std::unique_ptr<async::Worker> worker_;
  std::unique_ptr<Serving> serving_;
};

inline std::string defaults() {
  return "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n";
}
// A frontend on a free port and one backend of these servers; `front` and `back` are further lines.
inline std::string simple(std::initializer_list<std::uint16_t> servers, std::string_view front = "", std::string_view back = "") {
  std::string text = defaults() + fmt::format("frontend f\n bind 127.0.0.1:0\n default_backend b\n{}\nbackend b\n{}\n", front, back);
  unsigned n = 0;
  for (const std::uint16_t port : servers) text += fmt::format(" server s{} 127.0.0.1:{}\n", ++n, port);
  return text;
}

}  // namespace sluice::proxy::testing
