// What the three bench programs share: command line, sockets, the body pattern. Single-threaded programs that die
// with a message on anything unexpected: a measurement that limps on is worse than none.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace sluice::bench {

[[noreturn]] inline void die(std::string_view what) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), std::strerror(errno));
  std::exit(1);
}
[[noreturn]] inline void usage(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  std::exit(2);
}

// "--name value" pairs, all of them known in advance by the caller.
class Options {
 public:
  Options(int argc, char** argv, std::string_view help) : help_(help) {
    for (int i = 1; i < argc; i += 2) {
      if (i + 1 >= argc || std::strncmp(argv[i], "--", 2) != 0) usage(help);
      words_.push_back({argv[i] + 2, argv[i + 1]});
    }
  }
  std::string_view text(std::string_view name, std::string_view otherwise) const {
    for (const Word& word : words_)
      if (word.name == name) return word.value;
    return otherwise;
  }
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) const {
    std::string_view value = text(name, {});
    if (value.empty()) return otherwise;
    auto parsed = parse_uint(value);
    if (!parsed) usage(help_);
    return *parsed;
  }

 private:
  struct Word {
    std::string_view name, value;
  };
  std::string_view help_;
  std::vector<Word> words_;
};

inline std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// Ignores SIGPIPE and takes every descriptor the hard limit allows.
inline void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

inline sockaddr_in ipv4(std::uint32_t host, std::uint64_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}
inline constexpr std::uint32_t loopback = INADDR_LOOPBACK;

inline void set_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

// Listens on one port of every loopback address (127.0.0.0/8 and nothing else: the socket is bound to "lo").
inline int listen_on_loopback(std::uint64_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0) die("bind to lo");
  sockaddr_in address = ipv4(INADDR_ANY, port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  return fd;
}

// A connect in progress to 127.0.0.1:port.
inline int connect_to(std::uint64_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  sockaddr_in address = ipv4(loopback, port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

inline constexpr std::uint32_t edge_triggered = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

inline void watch(int epoll, int fd, void* who, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = who;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

// Byte i of every body: a prime period, so that a body shifted or cut anywhere does not verify.
inline constexpr std::size_t pattern_period = 61;
constexpr char pattern(std::size_t i) {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return letters[i % pattern_period];
}
// A stretch of the pattern long enough to take `piece` bytes from any offset modulo the period.
inline std::string pattern_text(std::size_t piece) {
  std::string text(piece + pattern_period, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = pattern(i);
  return text;
}

}  // namespace sluice::bench
