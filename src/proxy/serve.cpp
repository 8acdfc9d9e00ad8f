#include "proxy/serve.hpp"

#include <unistd.h>

#include "config/setting/tuning.hpp"
#include "proxy/exchange.hpp"
#include "proxy/setting/log_settings.hpp"
#include "proxy/setting/proxy_settings.hpp"
#include "proxy/local.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {

Local::Local(async::Worker& on, std::shared_ptr<const Proxies> what)
    : worker(on), proxies(std::move(what)), states(*proxies->states), ambient(on), log_sender(on.loop), sessions(on.loop) {
  const std::size_t buffer = worker.buffers.size();
  const std::size_t kept_free = static_cast<std::size_t>(proxies->config->global()[config::tune_maxrewrite].bytes);
  most_head = buffer - std::min(kept_free, buffer / 2);
  // Heads are written to the front of scratch, bodies are read behind it.
  head_room = std::min<std::size_t>(2 * worker.buffers.size(), async::Worker::scratch_size / 4);
  later_reads = async::Worker::scratch_size - head_room;
  first_read = std::min<std::size_t>(later_reads, std::max<std::size_t>(65536, worker.buffers.size()));
}

Local::~Local() = default;

WorkerAmbient::WorkerAmbient(async::Worker& worker) : worker_(worker) {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  hostname = node = name;
  pid = getpid();
  thread = worker.id + 1;
  started = worker.loop.now();
}

ExchangeLease::ExchangeLease(Local& local) : local_(local) {
  if (local.free_exchanges.empty()) {
    exchange_ = std::make_unique<Exchange>(local);
    local.exchanges.push_back(*exchange_);
  } else {
    exchange_ = std::move(local.free_exchanges.back());
    local.free_exchanges.pop_back();
  }
}

ExchangeLease::~ExchangeLease() {
  constexpr std::size_t most = 256;
  exchange_->let_go();
  if (local_.free_exchanges.size() < most) local_.free_exchanges.push_back(std::move(exchange_));
}

// One listening socket of this worker, with what its connections belong to.
struct Serving::Core {
  Core(async::Worker& worker, std::shared_ptr<const Proxies> proxies, net::ListenerSet& set)
      : local(worker, std::move(proxies)), listener_set(set), waiting(worker.loop) {}

  struct Gate {
    const Frontend* frontend = nullptr;
    const Bind* bind = nullptr;
    std::unique_ptr<net::Listener> listener;
  };
  void accept(const Frontend& frontend, const Bind& bind, const net::Address& local_address, int fd, const net::Address& client);
  void session_ended();
  bool admitted(const Frontend& frontend, const Bind& bind);
  bool full(const Gate& gate) const;
  void adjust();
  async::Task<> look_again();
  async::Task<> count_regularly();
  void close_idle();
  async::Task<> close_idle_later();

  Local local;
  net::ListenerSet& listener_set;
  std::vector<Gate> gates;
  bool refuses_privileged_ports = false;
  bool any_paused = false, looking = false;
  async::Nursery waiting;
  Serving* serving = nullptr;
};

Serving::Serving(async::Worker& worker, std::shared_ptr<const Proxies> proxies, net::ListenerSet& listeners)
    : core_(std::make_unique<Core>(worker, std::move(proxies), listeners)) {
  core_->serving = this;
  core_->local.session_ended = [core = core_.get()] { core->session_ended(); };
}

Serving::~Serving() {
  core_->gates.clear();
  core_->local.session_ended = nullptr;
}

namespace {
// The local address of every connection that comes in there; none if the kernel has to be asked for each.
net::Address only_address(const Bind& bind, const Bind::Where& where) {
  const net::Address& bound = where.entry->bound;
  if (!bound.is_ip() || bind.options.transparent || where.descriptor >= 0) return {};
  const bool any = std::ranges::all_of(bound.bytes(), [](std::uint8_t byte) { return byte == 0; });
  return any ? net::Address{} : bound;
}
}  // namespace

void Serving::start() {
  Core& core = *core_;
  const unsigned id = core.local.worker.id;
  if (id == 0) {
    for (const auto& ring : setting::log_rings(*core.local.proxies))
      for (std::size_t i = 0; i < ring->servers.size(); ++i) core.waiting.start(net::forward_log(core.local.worker, ring, i));
  }
  const auto& fronts = core.local.proxies->frontends;
  if (std::ranges::any_of(fronts, [](const auto& one) { return one->policy.transfer.counts_on_the_way; }))
    core.waiting.start(core.count_regularly());
  if (core.local.proxies->profiles) core.local.worker.loop.profile(core.local.proxies->config->global()[setting::task_profiling]);
  core.refuses_privileged_ports = core.local.proxies->config->global()[setting::refuse_privileged_ports];
  const std::int32_t most_accepts = core.local.proxies->config->global()[config::tune_maxaccept];
  const unsigned burst = most_accepts < 1 ? 1U << 20 : static_cast<unsigned>(most_accepts);
  for (const auto& frontend : core.local.proxies->frontends) {
    for (const Bind& bind : frontend->binds) {
      if (bind.threads && !(bind.threads >> (id % 64) & 1)) continue;
      for (const Bind::Where& where : bind.places) {
        if (!where.entry) continue;  // not opened: open_listeners() has said so
        const Frontend& front = *frontend;
        auto on_accept = [&core, &front, &bind, known = only_address(bind, where)](async::Worker&, int fd, const net::Address& client) {
          core.accept(front, bind, known, fd, client);
        };
        const auto source = where.pair ? net::Listener::Source::pair : net::Listener::Source::accept;
        auto listener = std::make_unique<net::Listener>(core.local.worker, where.entry->descriptor(id), on_accept, burst, source);
        listener->set_admission({[&core, &front, &bind] { return core.admitted(front, bind); },
                                 [&core, &front, &bind] { take_back(core.local.states, front, bind); }});
        core.gates.push_back({&front, &bind, std::move(listener)});
      }
    }
  }
}

void Serving::stop_accepting() {
  Core& core = *core_;
  core.local.stopping = true;
  core.local.stopped_at = core.local.worker.loop.now();
  core.local.close_spread = core.local.proxies->config->global()[setting::close_spread_time];
  // Connections the kernel has accepted for us are ours to serve; closing the socket would reset them.
  for (Core::Gate& gate : core.gates)
    if (!gate.listener->paused()) gate.listener->drain();
  core.gates.clear();
  core.close_idle();
  if (core.local.close_spread.us > 0 && core.local.close_spread != async::forever) core.waiting.start(core.close_idle_later());
  if (core.local.session_count == 0 && on_idle) on_idle();
}

// Idle clients wake up at the end of their input and go.
void Serving::Core::close_idle() {
  local.sessions_http.for_each([this](Session& session) {
    if (!session.idle() || session.frontend.idle_close_on_response || !local.ends(session)) return;
    session.worker().io().shutdown(session.client->socket().fd(), SHUT_RD);
  });
}

// close-spread-time: in fifty steps.
async::Task<> Serving::Core::close_idle_later() {
  constexpr int steps = 50;
  for (int step = 0; step < steps; ++step) {
    co_await async::sleep_for(local.worker.loop, local.close_spread / steps);
    close_idle();
  }
}

void Serving::for_each_exchange(const std::function<void(Exchange&)>& visit) {
  core_->local.exchanges.for_each([&](Exchange& exchange) {
    if (exchange.in_use()) visit(exchange);
  });
}

std::size_t Serving::exchanges_kept() const { return core_->local.free_exchanges.size(); }
void Serving::look_at_limits() { core_->adjust(); }

std::size_t Serving::sessions() const { return core_->local.session_count; }

void Serving::Core::accept(const Frontend& frontend, const Bind& bind, const net::Address& local_address, int fd,
                           const net::Address& client) {
  if (refuses_privileged_ports && client.is_ip() && client.port() < 1024) {
    local.worker.io().close(fd);
    return take_back(local.states, frontend, bind);
  }
  auto stream = std::make_unique<net::SocketStream>(local.worker, fd);
  auto session = std::make_unique<Session>(local, frontend, bind, std::move(stream), client);
  session->set_connection_destination(local_address);
  local.sessions.start(Session::begin(std::move(session)));
}

bool Serving::Core::admitted(const Frontend& frontend, const Bind& bind) {
  if (admit(local.states, frontend, bind, local.worker.loop.now()) == Admitted::yes) return true;
  adjust();
  return false;
}

bool Serving::Core::full(const Gate& gate) const {
  return !may_admit(local.states, *gate.frontend, *gate.bind, local.worker.loop.now());
}

// Beyond maxconn and rates connections wait in the kernel's queue (manual "maxconn", "rate-limit sessions").
void Serving::Core::adjust() {
  any_paused = false;
  for (Gate& gate : gates) {
    const bool shut = gate.frontend->state.run.load(std::memory_order_relaxed) != FrontendRun::running;
    const bool closed = shut || full(gate);
    if (closed && !gate.listener->paused()) gate.listener->pause();
    if (shut) gate.listener->refuse();
    else gate.listener->listen_again();
    if (!closed && gate.listener->paused()) gate.listener->resume();
    any_paused = any_paused || (closed && !shut);
  }
  if (any_paused && !looking) {
    looking = true;
    waiting.start(look_again());
  }
}

// Sessions that end on other workers make room, too, and nobody tells.
async::Task<> Serving::Core::look_again() {
  while (any_paused) {
    co_await async::sleep_for(local.worker.loop, milliseconds(20));
    adjust();
  }
  looking = false;
}

// Manual "option contstats": every five seconds.
async::Task<> Serving::Core::count_regularly() {
  for (;;) {
    co_await async::sleep_for(local.worker.loop, seconds(5));
    local.exchanges.for_each([](Exchange& exchange) {
      if (exchange.in_use()) exchange.count_so_far();
    });
  }
}

void Serving::Core::session_ended() {
  if (any_paused) adjust();
  if (local.stopping && local.session_count == 0 && serving->on_idle) serving->on_idle();
}

void open_listeners(const Proxies& proxies, net::ListenerSet& listeners, unsigned workers, config::Diagnostics& diagnostics) {
  for (const auto& frontend : proxies.frontends) {
    for (Bind& bind : frontend->binds) {
      for (Bind::Where& where : bind.places) {
        auto opened = where.pair              ? listeners.adopt_pair(where.descriptor)
                      : where.descriptor >= 0 ? listeners.adopt(where.descriptor, bind.options)
                                              : listeners.open(where.address, bind.options, workers);
        if (opened) {
          where.entry = *opened;
          continue;
        }
        diagnostics.alert(bind.place, fmt::format("Starting frontend {}: {} [{}]", frontend->name, opened.error(),
                                                  where.descriptor >= 0 ? fmt::format("fd@{}", where.descriptor) : where.address.text()));
      }
    }
  }
}

}  // namespace sluice::proxy
