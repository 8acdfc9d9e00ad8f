// SimIo: the outside world in memory. A virtual clock that jumps to the next thing that happens, and stream sockets
// with latency, fragmentation, short writes, spurious EAGAIN and resets, all drawn from a seed: the same seed gives the
// same run. In a World everybody (clients, proxy, servers) runs on one worker; Worlds has several, which share the clock
// and the network and take their turns in an order drawn from the seed. Edge and level triggering follow epoll.
//
//   sim::World world(seed);
//   const int listening = world.io.listen(address);          // for net::Listener(world.worker, listening, ...)
//   world.worker.tasks.start(...);
//   world.run_until([&] { return done; }, seconds(60));       // virtual seconds; false: time is over, or nothing moves
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/worker.hpp"
#include "net/address.hpp"

namespace sluice::sim {

namespace event = async::event;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return n != 0 && below(n) == 0; }

 private:
  std::uint64_t state_;
};

// How unfriendly the world is. 0 turns a one-in-n off.
struct Weather {
  Duration least_latency = microseconds(20), most_latency = milliseconds(2);
  std::size_t buffer = 64 * 1024;       // bytes a connection takes per direction before the writer must wait
  std::uint64_t fragments = 3;          // a write arrives in up to so many pieces
  std::uint64_t short_write = 4;        // one in n writes is taken in part
  std::uint64_t spurious_again = 20;    // one in n calls says EAGAIN; an edge follows
  std::uint64_t reset = 0;              // one in n writes resets the connection
  std::uint64_t accept_fails = 0;       // one in n accepts fails with EMFILE
  std::uint64_t connect_at_once = 2;    // one in n connects is established in the first call
};

class SimIo final : public async::Io {
  struct Shared;
  std::shared_ptr<Shared> shared_;

 public:
  explicit SimIo(std::uint64_t seed);
  // Of another worker in the same world. From then on none of them waits by itself: Worlds moves the clock.
  explicit SimIo(const SimIo& first);

  Weather& weather;
  // Descriptors that are open: 0 when everybody has cleaned up.
  std::size_t open_count() const { return sockets_.size(); }
  // Nothing was ready, nothing is under way and no timer is set: nobody will ever move again.
  bool stuck() const { return stuck_; }
  // Changes with everything that happened: equal seeds must give equal traces.
  std::uint64_t trace() const { return trace_; }

  // A listening socket; closed with close().
  int listen(const net::Address& address, std::size_t backlog = 128) {
    const int fd = open();
    Socket& s = *find(fd);
    s.state = State::listening;
    s.name = address;
    s.backlog = backlog;
    listening_[address] = fd;
    return fd;
  }

  Instant now() override { return now_; }
  WallTime wall() override { return WallTime{1'800'000'000'000'000 + now_.us}; }
  std::uint64_t seed() override { return seed_; }
  void wake() override { woken_ = true; }

  // How a worker of several stands after its turn: whether it had something to do or has been sent something since, and
  // when it wants its next turn at the latest.
  bool busy() const { return busy_ || woken_; }
  Instant next_turn() const { return agenda_.empty() ? next_turn_ : std::min(next_turn_, Instant{agenda_.begin()->first.first}); }
  void move_clock(Instant to) { now_ = std::max(now_, to); }
  Random& dice() { return random_; }

  Instant poll(Instant until) override {
    stuck_ = false;
    now_.us += 1;  // a turn takes time
    const Instant begun = now_;
    bool woken = std::exchange(woken_, false);
    for (;;) {
      while (!agenda_.empty() && agenda_.begin()->first.first <= now_.us) {
        auto node = agenda_.extract(agenda_.begin());
        node.mapped()();
      }
      busy_ = report() || woken || until <= now_;
      next_turn_ = until;
      if (busy_ || !alone_) return begun;
      Instant next = until;
      if (!agenda_.empty()) next = std::min(next, Instant{agenda_.begin()->first.first});
      if (next == never) {
        stuck_ = true;
        return begun;
      }
      now_ = next;
    }
  }

  int watch(int fd, std::uint32_t events, async::Pollable& pollable) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (s->pollable) return -EEXIST;
    return rewatch(fd, events, pollable);
  }
  int rewatch(int fd, std::uint32_t events, async::Pollable& pollable) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    s->mask = events;
    s->pollable = &pollable;
    s->watcher = this;
    s->edge = true;
    return 0;
  }
  int unwatch(int fd) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    s->pollable = nullptr;
    return 0;
  }

  ssize_t recv(int fd, std::span<char> into, int flags) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (s->state != State::connected && !s->reset) return -ENOTCONN;
    if (s->received.empty() || into.empty()) {
      if (s->reset && !std::exchange(s->reset_told, true)) return -ECONNRESET;
      return s->fin_received || s->reset ? 0 : -EAGAIN;
    }
    if (spurious(fd)) return -EAGAIN;
    const std::size_t n = std::min(into.size(), s->received.size());
    std::memcpy(into.data(), s->received.data(), n);
    return flags & MSG_PEEK ? static_cast<ssize_t>(n) : take(fd, n);
  }

  ssize_t send(int fd, std::span<const iovec> pieces, int) override {
    std::string bytes;
    for (const iovec& piece : pieces) bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    const ssize_t room = room_for(fd, bytes.size());
    if (room < 0) return room;
    bytes.resize(static_cast<std::size_t>(room));
    return transmit(fd, std::move(bytes));
  }

  // Between a socket of ours and a real pipe. Like the kernel's, it may move less than both could.
  ssize_t splice(int from, int to, std::size_t count, unsigned flags) override {
    if (find(from)) {
      std::string bytes(random_.between(1, count), '\0');
      const ssize_t n = recv(from, bytes, MSG_PEEK);
      if (n <= 0) return n;
      const ssize_t written = ::write(to, bytes.data(), static_cast<std::size_t>(n));
      if (written < 0) return -errno;
      return take(from, static_cast<std::size_t>(written));
    }
    check(flags & SPLICE_F_NONBLOCK, "a worker never blocks");
    const ssize_t room = room_for(to, count);
    if (room < 0) return room;
    std::string bytes(static_cast<std::size_t>(room), '\0');
    const ssize_t n = ::read(from, bytes.data(), bytes.size());
    if (n < 0) return -errno;
    bytes.resize(static_cast<std::size_t>(n));
    return transmit(to, std::move(bytes));
  }

  int shutdown(int fd, int) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (s->state != State::connected) return -ENOTCONN;
    send_fin(*s);
    return 0;
  }

  int close(int fd) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    note(fd, 3'000'000);
    if (s->state == State::listening) {
      listening_.erase(s->name);
      for (const int waiting : s->accepting) close(waiting);
    }
    if (s->state == State::connected && !s->reset) {
      if (s->linger_reset || !s->received.empty()) {
        in_order(*s, [this, to = s->other] { arrive_reset(to); });
      } else {
        send_fin(*s);
      }
    }
    sockets_.erase(fd);
    return 0;
  }

  int socket(int, int, int) override { return open(); }
  int bind(int fd, const sockaddr* address, socklen_t size) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    s->name = net::Address::from(address, size);
    return 0;
  }
  int listen(int fd, int backlog) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    s->state = State::listening;
    s->backlog = static_cast<std::size_t>(backlog);
    listening_[s->name] = fd;
    return 0;
  }

  int connect(int fd, const sockaddr* address, socklen_t size) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (s->state == State::connected) return std::exchange(s->connect_told, true) ? -EISCONN : 0;
    if (s->state == State::refused) return -ECONNREFUSED;
    if (s->state == State::connecting) return -EALREADY;
    s->state = State::connecting;
    const net::Address to = net::Address::from(address, size);
    if (!s->name) s->name = net::Address::ipv4(0x0a000001, static_cast<std::uint16_t>(20'000 + fd % 40'000));
    if (random_.one_in(weather.connect_at_once)) {
      establish(fd, to);
      if (s->state == State::connected) {
        s->connect_told = true;
        return 0;
      }
      return -ECONNREFUSED;
    }
    after(latency(), [this, fd, to] {
      establish(fd, to);
      tell(fd);
    });
    return -EINPROGRESS;
  }

  int accept(int fd, sockaddr_storage& from, socklen_t& size) override {
    Socket* const s = find(fd);
    if (!s || s->state != State::listening) return -EINVAL;
    if (random_.one_in(weather.accept_fails)) return -EMFILE;
    if (s->accepting.empty()) return -EAGAIN;
    const int accepted = s->accepting.front();
    s->accepting.pop_front();
    const net::Address::Raw raw = find(accepted)->other_name.raw();
    from = raw.storage;
    size = raw.size;
    return accepted;
  }

  int set_option(int fd, int level, int name, const void* value, socklen_t size) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (level == SOL_SOCKET && name == SO_LINGER && size == sizeof(linger))
      s->linger_reset = static_cast<const linger*>(value)->l_onoff != 0;
    return 0;
  }
  int option(int fd, int level, int name, void* value, socklen_t& size) override {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (level != SOL_SOCKET || name != SO_ERROR || size < sizeof(int)) return -ENOPROTOOPT;
    const int error = s->reset && !std::exchange(s->reset_told, true) ? ECONNRESET : 0;
    std::memcpy(value, &error, sizeof error);
    return 0;
  }
  int local_name(int fd, sockaddr_storage& name, socklen_t& size) override { return name_of(fd, &Socket::name, name, size); }
  int remote_name(int fd, sockaddr_storage& name, socklen_t& size) override {
    return name_of(fd, &Socket::other_name, name, size);
  }

  // Breaks the connection of `fd` for both sides, as if the network had sent resets.
  void break_both(int fd) {
    Socket* const s = find(fd);
    if (!s) return;
    const int other = s->other;
    arrive_reset(fd);
    arrive_reset(other);
  }

 private:
  enum class State { fresh, connecting, connected, refused, listening };
  struct Socket {
    State state = State::fresh;
    net::Address name, other_name;
    int other = -1;
    std::string received;
    std::size_t under_way = 0;        // sent by this one, not arrived yet
    std::int64_t last_arrival = 0;    // of what this one sent: order is kept
    bool fin_sent = false, fin_received = false, reset = false, reset_told = false;
    bool wants_room = false, linger_reset = false, connect_told = false;
    std::deque<int> accepting;
    std::size_t backlog = 0;
    async::Pollable* pollable = nullptr;
    SimIo* watcher = nullptr;
    std::uint32_t mask = 0;
    bool edge = false;
  };

  Socket* find(int fd) {
    const auto at = sockets_.find(fd);
    return at == sockets_.end() ? nullptr : at->second.get();
  }
  int open() {
    sockets_[next_fd_] = std::make_unique<Socket>();
    return next_fd_++;
  }
  Duration latency() {
    return microseconds(static_cast<std::int64_t>(random_.between(static_cast<std::uint64_t>(weather.least_latency.us),
                                                                  static_cast<std::uint64_t>(weather.most_latency.us))));
  }
  void at(std::int64_t us, std::function<void()> what) { agenda_.emplace(std::pair(us, ++sequence_), std::move(what)); }
  void after(Duration d, std::function<void()> what) { at(now_.us + d.us, std::move(what)); }
  void in_order(Socket& sender, std::function<void()> what) {
    sender.last_arrival = std::max(sender.last_arrival, now_.us + latency().us);
    at(sender.last_arrival, std::move(what));
  }
  void note(int fd, std::size_t what) { trace_ = (trace_ ^ (static_cast<std::uint64_t>(fd) << 32 ^ what ^ static_cast<std::uint64_t>(now_.us))) * 0x100000001b3; }
  void tell(int fd) {
    if (Socket* const s = find(fd)) s->edge = true;
  }
  bool spurious(int fd) {
    if (!random_.one_in(weather.spurious_again)) return false;
    after(latency(), [this, fd] { tell(fd); });
    return true;
  }

  // The first bytes of what was received are gone; who waits for room is told.
  ssize_t take(int fd, std::size_t n) {
    Socket& s = *find(fd);
    s.received.erase(0, n);
    note(fd, n);
    if (Socket* const other = find(s.other); other && std::exchange(other->wants_room, false))
      after(latency(), [this, id = s.other] { tell(id); });
    return static_cast<ssize_t>(n);
  }
  // How much of `size` bytes a connection takes now, at least one; or -errno.
  ssize_t room_for(int fd, std::size_t size) {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    if (s->reset) return std::exchange(s->reset_told, true) ? -EPIPE : -ECONNRESET;
    if (s->state != State::connected || s->fin_sent) return -EPIPE;
    if (random_.one_in(weather.reset)) {
      break_both(fd);
      s->reset_told = true;
      return -ECONNRESET;
    }
    if (spurious(fd)) return -EAGAIN;
    Socket* const other = find(s->other);
    const std::size_t waiting = s->under_way + (other ? other->received.size() : 0);
    const std::size_t free = weather.buffer > waiting ? weather.buffer - waiting : 0;
    std::size_t room = free;
    if (size > 1 && random_.one_in(weather.short_write)) room = std::min<std::size_t>(room, random_.between(1, size));
    if (room >= size) return static_cast<ssize_t>(size);
    s->wants_room = true;
    if (room == 0) return -EAGAIN;
    if (free > room) after(latency(), [this, fd] { tell(fd); });  // short by chance only
    return static_cast<ssize_t>(room);
  }
  // On its way, in pieces.
  ssize_t transmit(int fd, std::string bytes) {
    Socket& s = *find(fd);
    note(fd, bytes.size() + 1'000'000);
    const ssize_t taken = static_cast<ssize_t>(bytes.size());
    s.under_way += bytes.size();
    for (std::uint64_t left = random_.between(1, std::max<std::uint64_t>(weather.fragments, 1)); !bytes.empty(); --left) {
      std::string part = left <= 1 ? std::move(bytes) : bytes.substr(0, random_.between(1, bytes.size()));
      bytes = left <= 1 ? std::string() : bytes.substr(part.size());
      in_order(s, [this, from = fd, to = s.other, part = std::move(part)] { arrive(from, to, part); });
    }
    return taken;
  }

  void establish(int fd, const net::Address& to) {
    Socket* const s = find(fd);
    if (!s) return;
    auto at = listening_.find(to);
    if (at == listening_.end()) at = listening_.find(net::Address::any(to.family(), to.port()));
    Socket* const listener = at == listening_.end() ? nullptr : find(at->second);
    if (!listener || listener->accepting.size() >= listener->backlog) {
      s->state = State::refused;
      return;
    }
    const int accepted = open();
    Socket& a = *find(accepted);
    a.state = s->state = State::connected;
    a.connect_told = true;
    a.other = fd;
    s->other = accepted;
    a.name = s->other_name = to;
    a.other_name = s->name;
    find(listening_[at->first])->accepting.push_back(accepted);
    tell(at->second);
  }
  void arrive(int from, int to, const std::string& bytes) {
    if (Socket* const sender = find(from)) sender->under_way -= bytes.size();
    Socket* const s = find(to);
    if (!s) return arrive_reset(from);  // nobody there any more
    if (s->reset) return;
    s->received += bytes;
    s->edge = true;
  }
  void send_fin(Socket& s) {
    if (std::exchange(s.fin_sent, true)) return;
    in_order(s, [this, to = s.other] {
      if (Socket* const other = find(to)) other->fin_received = other->edge = true;
    });
  }
  void arrive_reset(int fd) {
    Socket* const s = find(fd);
    if (!s || s->reset) return;
    s->reset = s->edge = true;
    s->received.clear();
  }

  std::uint32_t state_of(Socket& s) {
    std::uint32_t bits = 0;
    if (s.state == State::listening) return s.accepting.empty() ? 0 : event::in;
    if (s.state == State::refused) return event::in | event::out | event::error | event::hangup;
    if (s.state != State::connected) return 0;
    const Socket* const other = find(s.other);
    if (!s.received.empty() || s.fin_received || s.reset) bits |= event::in;
    if (s.fin_received || s.reset) bits |= event::read_hangup;
    if (s.reset || s.under_way + (other ? other->received.size() : 0) < weather.buffer) bits |= event::out;
    if (s.reset) bits |= event::error;
    if (s.reset || (s.fin_received && s.fin_sent)) bits |= event::hangup;
    return bits;
  }
  // Calls on_events of what is ready, in an order drawn by lot.
  bool report() {
    std::vector<std::pair<async::Pollable*, std::uint32_t>> ready;
    for (auto& [fd, s] : sockets_) {
      if (!s->pollable || s->watcher != this) continue;
      const bool edge_triggered = s->mask & event::edge;
      if (edge_triggered && !s->edge) continue;
      s->edge = false;
      const std::uint32_t bits = state_of(*s) & (s->mask | event::error | event::hangup);
      if (bits) ready.emplace_back(s->pollable, bits);
    }
    for (std::size_t i = ready.size(); i > 1; --i) std::swap(ready[i - 1], ready[random_.below(i)]);
    for (const auto& [pollable, bits] : ready) pollable->on_events(bits);
    return !ready.empty();
  }
  int name_of(int fd, net::Address Socket::*which, sockaddr_storage& name, socklen_t& size) {
    Socket* const s = find(fd);
    if (!s) return -EBADF;
    const net::Address::Raw raw = (s->*which).raw();
    name = raw.storage;
    size = raw.size;
    return 0;
  }

  struct Shared {
    explicit Shared(std::uint64_t seed) : random(seed) {}
    Random random;
    Weather weather;
    Instant now{1'000'000};
    int next_fd = 1'000'000;  // far from real ones
    std::uint64_t sequence = 0, trace = 14695981039346656037u;
    bool alone = true;
    std::map<int, std::unique_ptr<Socket>> sockets;
    std::unordered_map<net::Address, int> listening;
    std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> agenda;
  };
  SimIo(std::shared_ptr<Shared> shared, std::uint64_t seed) : shared_(std::move(shared)), weather(shared_->weather), seed_(seed) {}

  std::uint64_t seed_;
  bool woken_ = false, stuck_ = false, busy_ = true;
  Instant next_turn_{};
  Random& random_ = shared_->random;
  Instant& now_ = shared_->now;
  int& next_fd_ = shared_->next_fd;
  std::uint64_t& sequence_ = shared_->sequence;
  std::uint64_t& trace_ = shared_->trace;
  bool& alone_ = shared_->alone;
  std::map<int, std::unique_ptr<Socket>>& sockets_ = shared_->sockets;
  std::unordered_map<net::Address, int>& listening_ = shared_->listening;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>>& agenda_ = shared_->agenda;
};

inline SimIo::SimIo(std::uint64_t seed) : SimIo(std::make_shared<Shared>(seed), seed) {}
inline SimIo::SimIo(const SimIo& first) : SimIo(first.shared_, first.random_.next()) { alone_ = false; }

struct World {
  explicit World(std::uint64_t seed, const async::WorkerOptions& options = {}) : World(std::make_unique<SimIo>(seed), options) {}
  async::Worker worker;
  SimIo& io;

  // Runs until `done`; false if `limit` of virtual time has passed or nobody will ever move again.
  bool run_until(const std::function<bool()>& done, Duration limit) {
    const Instant end = io.now() + limit;
    while (!done()) {
      worker.loop.turn(end);
      if (io.now() >= end || io.stuck()) return done();
    }
    return true;
  }

 private:
  World(std::unique_ptr<SimIo> made, const async::WorkerOptions& options)
      : worker(0, std::move(made), options), io(static_cast<SimIo&>(worker.io())) {}
};

// Several workers in one world, on one thread: what each does between two waits happens as a whole, as with a lock
// around it, but their turns come in any order, and some are late.
struct Worlds {
  Worlds(std::uint64_t seed, unsigned count) {
    for (unsigned id = 0; id < count; ++id) {
      auto made = id == 0 ? std::make_unique<SimIo>(seed) : std::make_unique<SimIo>(*io[0]);
      io.push_back(made.get());
      workers.push_back(std::make_unique<async::Worker>(id, std::move(made), async::WorkerOptions{}));
    }
  }
  std::vector<SimIo*> io;
  std::vector<std::unique_ptr<async::Worker>> workers;

  // As World::run_until; `after_each` is called after every turn of a worker.
  bool run_until(const std::function<bool()>& done, Duration limit, const std::function<void()>& after_each = [] {}) {
    const Instant end = io[0]->now() + limit;
    Random& dice = io[0]->dice();
    while (!done()) {
      bool moved = false;
      const std::uint64_t first = dice.below(workers.size());
      for (std::uint64_t i = 0; i < workers.size(); ++i) {
        const std::size_t at = (first + i) % workers.size();
        if (dice.one_in(4)) {
          moved = true;  // late: its turn comes later
          continue;
        }
        workers[at]->loop.turn(end);
        after_each();
      }
      Instant next = end;
      for (const SimIo* one : io) {
        moved = moved || one->busy();
        next = std::min(next, one->next_turn());
      }
      if (moved) continue;
      if (next >= end) return done();
      io[0]->move_clock(next);
    }
    return true;
  }
};

}  // namespace sluice::sim
