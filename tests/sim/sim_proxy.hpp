// A whole proxy in the simulated world: a configuration, one worker, listening sockets in memory. Clients and servers are
// tasks on the same worker that say what they were told to and keep what they hear. Nothing leaves the process.
//
//   sim::Loaded loaded(text);
//   sim::SimProxy proxy(loaded, seed);                   // proxy.works, or loaded.said tells why not
//   sim::Talk client{.pieces = {"GET / HTTP/1.1\r\nhost: a\r\n\r\n"}};
//   proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[0], client));
//   proxy.world.run_until([&] { return client.ended; }, seconds(60));
//   proxy.still_busy()                                   // "" once everybody has gone
//   proxy.stop();                                        // takes all down; then only what the test opened is open
#pragma once
#include <string>
#include <vector>

#include "backend/checker.hpp"
#include "backend/connection.hpp"
#include "config/load.hpp"
#include "net/connect.hpp"
#include "proxy/build.hpp"
#include "proxy/local.hpp"
#include "proxy/serve.hpp"
#include "sim/sim_io.hpp"

namespace sluice::sim {

// One side of a connection: what it says, piece by piece, and what it hears.
struct Talk {
  enum class Then : std::uint8_t { wait, finish, close };  // for the other side to end, after a FIN, not at all
  std::vector<std::string> pieces{};
  Then then = Then::wait;
  Duration pause = milliseconds(20);     // between pieces
  Duration patience = seconds(200);      // for the other side
  std::string heard{};
  bool ended = false;
};

namespace talk {

inline async::Task<> say(World& world, net::Stream& stream, const Talk& talk) {
  for (std::size_t i = 0; i < talk.pieces.size(); ++i) {
    if (i > 0) co_await async::sleep_for(world.worker.loop, talk.pause);
    co_await stream.write_all(talk.pieces[i], talk.patience);
  }
  if (talk.then == Talk::Then::finish) co_await stream.try_shutdown_write();
}

// The other side may end while we speak: that is no reason not to hear what it said.
inline async::Task<> try_to_say(World& world, net::Stream& stream, const Talk& talk) {
  co_await attempt(say(world, stream, talk));
}

inline async::Task<> hear(World& world, net::Stream& stream, Talk& talk) {
  std::string space(16384, '\0');
  const Instant until = world.worker.loop.after(talk.patience);
  for (;;) {
    const std::size_t n = co_await stream.read(space, until);
    if (n == 0) break;
    talk.heard.append(space, 0, n);
  }
}

inline async::Task<> hold(World& world, net::Stream& stream, Talk& talk) {
  async::Task<> saying = try_to_say(world, stream, talk);
  async::Task<> hearing = hear(world, stream, talk);
  if (talk.then == Talk::Then::close) co_await race(std::move(saying), std::move(hearing));
  else co_await both(std::move(saying), std::move(hearing));
}

inline async::Task<> connect_and_hold(World& world, const net::Address& to, Talk& talk) {
  const net::ConnectOptions options;
  const std::unique_ptr<net::Stream> stream = co_await net::connect(world.worker, to, options, world.worker.loop.after(seconds(5)));
  co_await hold(world, *stream, talk);
}

}  // namespace talk

// A client. `talk` must outlive it.
inline async::Task<> call(World& world, net::Address to, Talk& talk) {
  co_await attempt(talk::connect_and_hold(world, to, talk));
  talk.ended = true;
}

// A server: its first connection is held as talks[0] says, and so on; after the last one they begin anew in a copy. Each
// waits for the first byte before it speaks, unless `speaks_first`.
class SimServer {
 public:
  SimServer(World& world, const net::Address& address, std::vector<Talk> scripts, bool speaks_first = false)
      : world_(world), scripts_(std::move(scripts)), speaks_first_(speaks_first), fd_(world.io.listen(address)),
        listener_(std::in_place, world.worker, fd_,
                  [this](async::Worker& worker, int fd, const net::Address&) { worker.tasks.start(serve(fd)); }) {}
  ~SimServer() { close(); }
  std::deque<Talk> talks;  // of all connections so far
  // Nobody gets in any more; to be called before all is taken down.
  void close() {
    if (!listener_) return;
    listener_.reset();
    world_.io.close(fd_);
  }

 private:
  async::Task<> serve(int fd) {
    net::SocketStream stream(world_.worker, fd);
    if (scripts_.empty()) co_return;
    Talk& talk = talks.emplace_back(scripts_[talks.size() % scripts_.size()]);
    if (!speaks_first_) co_await attempt(stream.readable(world_.worker.loop.after(talk.patience)));
    co_await attempt(talk::hold(world_, stream, talk));
    talk.ended = true;
  }
  World& world_;
  const std::vector<Talk> scripts_;
  const bool speaks_first_;
  int fd_;
  std::optional<net::Listener> listener_;
};

// A configuration as it was read; any number of proxies may be made of it.
struct Loaded {
  explicit Loaded(std::string text) {
    std::vector<config::Input> inputs;
    inputs.push_back({"sim.cfg", std::move(text)});
    config = config::load(std::move(inputs), {}, said);
  }
  Loaded(const Loaded&) = delete;
  config::Diagnostics said;  // its lines go on complaining here while a proxy is made
  std::shared_ptr<const config::Config> config;
};

class SimProxy {
 public:
  enum class Checks : std::uint8_t { off, on };
  // `loaded` outlives it.
  SimProxy(Loaded& loaded, std::uint64_t seed, Checks checks = Checks::off) : states(1), world(seed), said_(loaded.said) {
    if (!said_.failed()) begin(loaded.config, checks);
  }
  ~SimProxy() { stop(); }

  // What is in use although nobody is there any more: to be asked when all clients and servers have gone.
  std::string still_busy() const {
    std::string out;
    const auto expect_none = [&](std::string_view what, std::int64_t count) {
      if (count != 0) out += fmt::format("{} {}; ", count, what);
    };
    expect_none("sessions", static_cast<std::int64_t>(serving_->sessions()));
    expect_none("connections", states.connections.load());
    for (const auto& frontend : proxies->frontends) expect_none("sessions of a frontend", frontend->state.sessions.load());
    for (const backend::Backend* backend : backends_) {
      expect_none("sessions of a backend", backend->state().sessions.load());
      expect_none("waiting requests", backend->state().queued_in_all.load());
      for (const auto& server : backend->servers()) expect_none("slots of a server", server->state().served.load());
    }
    expect_none("buffers", static_cast<std::int64_t>(world.worker.buffers.in_use()));
    expect_none("pipes", static_cast<std::int64_t>(world.worker.pipes.in_use()));
    return out;
  }

  proxy::Serving& serving() { return *serving_; }

  // Takes all down, as the program does at its end.
  void stop() {
    if (!serving_) return;
    checker_.reset();
    serving_.reset();
    backend::close_idle(world.worker, states.servers);
    world.worker.tasks.cancel();
    world.worker.loop.turn(world.io.now());
    for (const auto& entry : entries_) world.io.close(entry->descriptor(0));
  }

  bool works = false;  // if not, Loaded::said tells why
  proxy::States states;
  std::shared_ptr<proxy::Proxies> proxies;
  World world;
  std::vector<net::Address> addresses;  // where it listens, in the order of the configuration

 private:
  void begin(const std::shared_ptr<const config::Config>& config, Checks checks) {
    proxies = proxy::build(config, states, backend::Unresolved::waits, said_);
    if (said_.failed()) return;
    works = true;
    listen();
    serving_.emplace(world.worker, proxies, no_listeners_);
    serving_->start();
    for (const auto& destination : proxies->destinations) backends_.push_back(destination->backend.get());
    if (checks == Checks::off) return;
    ambient_.emplace(world.worker);
    checker_.emplace(world.worker, backends_, backend::CheckerOptions{
        .node = "here", .ambient = &*ambient_, .process_variables = &states.variables, .names = &proxies->variables,
        .limits = proxies->limits_of_variables()});
    checker_->start();
  }

  void listen() {
    for (const auto& frontend : proxies->frontends)
      for (proxy::Bind& bind : frontend->binds)
        for (proxy::Bind::Where& where : bind.places) {
          if (where.descriptor >= 0) continue;
          net::ListenerSet::Entry& entry = *entries_.emplace_back(std::make_unique<net::ListenerSet::Entry>());
          entry.address = entry.bound = where.address;
          entry.descriptors.push_back(world.io.listen(where.address));
          where.entry = &entry;
          addresses.push_back(where.address);
        }
  }
  config::Diagnostics& said_;
  net::ListenerSet no_listeners_;
  std::vector<std::unique_ptr<net::ListenerSet::Entry>> entries_;
  std::vector<backend::Backend*> backends_;
  std::optional<proxy::WorkerAmbient> ambient_;
  std::optional<proxy::Serving> serving_;
  std::optional<backend::Checker> checker_;
};

}  // namespace sluice::sim
