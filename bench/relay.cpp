// The floor: the least a user-space proxy can do. A plain TCP relay on edge-triggered epoll with recv and send, one
// server connection per client connection, no parsing, no timers, no logs. `--per-request 1` opens a server
// connection whenever the client says something and none is open, and survives its end: what a proxy with
// connections kept alive on the client side only has to do at least.
#include "common.hpp"

namespace sluice::bench {
namespace {

struct Pair;
// One of the two sockets of a pair.
struct End {
  Pair* pair = nullptr;
  int fd = -1;
  bool readable = false;  // the kernel may have bytes for us
  bool writable = false;
  bool hung_up = false;   // the end was signalled: read on until it is seen
  bool ended = false;     // end of file was read
  std::string kept;       // read from the other end, refused by the kernel so far
};
struct Pair {
  End client, server;
  bool answered = false;  // per request: this server connection has begun to answer, the next request is not for it
};

char scratch[256 << 10];

class Relay {
 public:
  Relay(std::uint64_t port, std::uint64_t to, std::uint64_t per_request)
      : listener_(listen_on_loopback(port)), epoll_(epoll_create1(EPOLL_CLOEXEC)), to_(to), per_request_(per_request) {
    watch(epoll_, listener_, nullptr, EPOLLIN);
  }
  [[noreturn]] void run();

 private:
  void accept_all();
  bool open_server(Pair& pair);
  bool serve(Pair& pair);
  bool move(End& from, End& into);
  bool flush(End& end);

  int listener_, epoll_;
  std::uint64_t to_, per_request_;
  std::vector<Pair*> dead_;  // deleted after the batch: a later event of it may name them
};

void Relay::run() {
  std::vector<epoll_event> events(512);
  for (;;) {
    int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* end = static_cast<End*>(event.data.ptr);
      if (end == nullptr) {
        accept_all();
        continue;
      }
      if (end->fd < 0) continue;
      if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) end->readable = true;
      if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) end->hung_up = true;
      if (event.events & EPOLLOUT) end->writable = true;
      Pair& pair = *end->pair;
      if (serve(pair)) continue;
      if (pair.client.fd >= 0) close(pair.client.fd);
      if (pair.server.fd >= 0) close(pair.server.fd);
      pair.client.fd = pair.server.fd = -1;
      dead_.push_back(&pair);
    }
    for (Pair* pair : dead_) delete pair;
    dead_.clear();
  }
}

void Relay::accept_all() {
  for (;;) {
    int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    Pair* pair = new Pair;
    pair->client.pair = pair->server.pair = pair;
    pair->client.fd = fd;
    watch(epoll_, fd, &pair->client, edge_triggered);
    if (!per_request_ && !open_server(*pair)) {
      close(fd);
      delete pair;
    }
  }
}

bool Relay::open_server(Pair& pair) {
  End& server = pair.server;
  server.fd = connect_to(to_);
  if (server.fd < 0) return false;
  server.readable = server.writable = server.hung_up = server.ended = false;  // EPOLLOUT says when it is connected
  watch(epoll_, server.fd, &server, edge_triggered);
  return true;
}

// Moves what can be moved both ways; false when the pair is finished.
bool Relay::serve(Pair& pair) {
  if (!move(pair.client, pair.server) || !move(pair.server, pair.client)) return false;
  if (per_request_ && pair.server.ended && pair.client.kept.empty()) {
    if (pair.server.fd >= 0) close(pair.server.fd);
    pair.server.fd = -1;
    pair.server.ended = pair.answered = false;
    if (pair.client.ended) return false;
    return !pair.client.readable || move(pair.client, pair.server);
  }
  return !(pair.client.ended && pair.server.ended && pair.client.kept.empty() && pair.server.kept.empty());
}

bool Relay::flush(End& end) {
  if (end.kept.empty()) return true;
  ssize_t n = send(end.fd, end.kept.data(), end.kept.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return false;
  if (n < 0 || static_cast<std::size_t>(n) < end.kept.size()) end.writable = false;
  if (n > 0) end.kept.erase(0, static_cast<std::size_t>(n));
  return true;
}

bool Relay::move(End& from, End& into) {
  if (into.fd >= 0 && into.writable && !flush(into)) return false;
  while (from.readable && !from.ended && from.fd >= 0) {
    if (!into.kept.empty()) return true;  // full: go on when it drains
    if (into.fd >= 0 && !into.writable) return true;
    if (per_request_ && into.fd >= 0 && from.pair->answered && &from == &from.pair->client) return true;
    ssize_t n = recv(from.fd, scratch, sizeof scratch, 0);
    if (n < 0) {
      if (errno != EAGAIN) return false;
      from.readable = false;
      return true;
    }
    if (n == 0) {
      from.ended = true;
      if (into.fd >= 0 && !(per_request_ && &from == &from.pair->server)) shutdown(into.fd, SHUT_WR);
      return true;
    }
    if (into.fd < 0) {  // per request: now there is one
      if (!open_server(*from.pair)) return false;
      into.kept.assign(scratch, static_cast<std::size_t>(n));
      from.readable = from.hung_up || static_cast<std::size_t>(n) == sizeof scratch;
      return true;
    }
    if (&from == &from.pair->server) from.pair->answered = true;
    ssize_t sent = send(into.fd, scratch, static_cast<std::size_t>(n), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < n) {
      std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      into.kept.assign(scratch + done, static_cast<std::size_t>(n) - done);
      into.writable = false;
    }
    // A short read empties the socket; the next event tells of more, or of the end, unless that came already.
    if (static_cast<std::size_t>(n) < sizeof scratch && !from.hung_up) from.readable = false;
  }
  return true;
}

int run(int argc, char** argv) {
  Options options(argc, argv, "usage: relay --port PORT --to PORT [--per-request 1]");
  prepare_process();
  Relay relay(options.number("port", 0), options.number("to", 0), options.number("per-request", 0));
  relay.run();
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(argc, argv); }
