#include "backend/backend.hpp"

#include "async/worker.hpp"
#include "config/explain.hpp"

namespace sluice::backend {

namespace {
// Manual "maxqueue".
bool has_queue_place(const Server& server) {
  const std::uint32_t most = server.settings().maxqueue;
  return most == 0 || server.state().queued.load() < most;
}
}  // namespace

// The balancer and what it was told. Under BackendState::mutex.
struct Backend::Core {
  explicit Core(Backend& b) : backend(b), weights(b.servers_.size()), aside(b.servers_.size()) {}

  void catch_up();
  void warm_up(Instant now);
  // The next server that `take(server)` accepts.
  template <class Take>
  Result<Server*> choose(PickRequest request, Take take);
  void set_aside(Server& server);
  bool bring_back(Server& server);
  bool bring_back_any();

  Backend& backend;
  const Algorithm* algorithm = nullptr;
  std::unique_ptr<Balancer> balancer;
  std::uint64_t seen_version = 0;
  std::vector<std::uint32_t> weights;    // as the balancer knows them, by position
  std::vector<std::uint8_t> aside;       // by position
  std::uint32_t counted = 0;             // servers with a weight
  std::uint32_t set_aside_count = 0;
  bool limits_move = false;              // some server has a minconn or a slowstart
  std::vector<Server*> slow;             // those with a slowstart
  Instant next_warming{};
  std::uint32_t weight_scale = 1;        // 16 if weights grow, as HAProxy's do
  Server* wait_for = nullptr;            // after would_block: the full candidate that is to be waited for
};

// A request in a queue; leaves it when destroyed, and gives back what it was granted meanwhile.
class Waiting {
 public:
  Waiting(Backend& backend, async::Worker& worker, const Wish& wish, Server* only)
      : backend_(backend), ticket_(new Ticket(worker, backend, only, wish.priority)) {
    BackendState& state = backend_.state();
    const std::lock_guard lock(state.mutex);
    // A slot may have been freed since the last look, when nobody was seen waiting.
    if (!only && state.queue.empty()) {
      if (const Result<Server*> free = backend_.pick_locked(wish.pick)) {
        ticket_->granted = *free;
        return;
      }
    }
    std::atomic<std::uint32_t>& length = only ? only->state().queued : state.queued;
    (only ? only->state().queue : state.queue).insert(*ticket_);
    const std::uint32_t now = length.fetch_add(1) + 1;
    state.queued_in_all.fetch_add(1);
    if (!only) {
      state.queued_peak.raise(now);
      return;
    }
    only->state().queued_peak.raise(now);
    Backend::settle_locked(only->state(), &worker);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    Server* unused = nullptr;
    {
      const std::lock_guard lock(backend_.state().mutex);
      if (ticket_->queue) leave(*ticket_);
      else unused = ticket_->granted;
    }
    async::Worker& worker = ticket_->worker;
    if (ticket_->in_mail) ticket_->orphan = true;
    else delete ticket_;
    if (unused) Slot(worker, *unused).release();
  }

  // What happens at this worker only: nobody can decide between this and a following wait.
  bool decided() const {
    const std::lock_guard lock(backend_.state().mutex);
    return !ticket_->queue;
  }
  // Null if it has to choose again.
  Server* take() {
    const std::lock_guard lock(backend_.state().mutex);
    return std::exchange(ticket_->granted, nullptr);
  }
  async::WaitQueue& queue() { return ticket_->waiting; }
  std::uint32_t place() const { return ticket_->place; }  // 0: it did not have to wait after all
  bool for_one_server() const { return ticket_->wanted != nullptr; }

  // Out of its queue. Under the mutex.
  static void leave(Ticket& ticket) {
    BackendState& state = ticket.backend.state();
    (ticket.wanted ? ticket.wanted->state().queued : state.queued).fetch_sub(1);
    state.queued_in_all.fetch_sub(1);
    ticket.queue->remove(ticket);
  }
  // Decides its fate. Under the mutex.
  static void decide(Ticket& ticket, Server* granted, async::Worker* here) {
    leave(ticket);
    ticket.granted = granted;
    if (here == &ticket.worker) {
      ticket.waiting.wake_one();
    } else {
      ticket.in_mail = true;
      ticket.worker.mailbox.post(ticket);
    }
  }

 private:
  Backend& backend_;
  Ticket* ticket_;
};

// Manual "init-state": by default one failed check takes it down.
void begin_health(ServerState& state, const CheckSettings& settings) {
  const bool down = settings.init_state == InitState::down || settings.init_state == InitState::fully_down;
  const unsigned full = settings.rise + settings.fall - 1;
  state.check.health = settings.init_state == InitState::fully_up     ? full
                       : settings.init_state == InitState::down       ? settings.rise - 1
                       : settings.init_state == InitState::fully_down ? 0
                                                                      : settings.rise;
  if (down) state.operational = Operational::stopped;
}

std::string no_arguments(std::string_view argument, std::span<const std::string> words) {
  if (!argument.empty()) return fmt::format("takes no argument in parentheses ('{}')", argument);
  if (words.empty()) return {};
  const std::string meant = config::parameter_elsewhere(words.front());
  return fmt::format("takes no argument ('{}'){}{}", words.front(), meant.empty() ? "" : "; ", meant);
}

Backend::Backend(BackendSettings settings, States& states)
    : settings_(std::move(settings)), state_(states.backend(settings_.name, settings_.namesake)), fullconn_(settings_.fullconn) {}

std::expected<std::unique_ptr<Backend>, std::string> Backend::make(BackendSettings settings,
                                                                   std::vector<ServerSettings> servers, States& states) {
  const Algorithm* const algorithm = catalog::entries<Algorithm>().find(settings.algorithm);
  if (!algorithm) return std::unexpected(fmt::format("unknown balancing algorithm '{}'", settings.algorithm));
  if (std::string wrong = algorithm->verify(settings.algorithm_argument, settings.algorithm_words); !wrong.empty())
    return std::unexpected(fmt::format("'balance {}': {}", settings.algorithm, wrong));
  std::unique_ptr<Backend> backend(new Backend(std::move(settings), states));
  BackendState& state = backend->state_;
  std::unordered_map<std::string, unsigned> namesakes;
  for (ServerSettings& one : servers) {
    ServerState& its = states.server(state, one.name, namesakes[one.name]++);
    its.initial_weight = one.weight;
    if (!its.weight_changed) its.user_weight = its.effective_weight = one.weight;
    if ((one.disabled || one.unresolved) && its.incarnations.empty()) {
      its.admin = its.own_admin = Admin::maint;
      its.admin_from_configuration = true;
    }
    CheckStatus& check = its.check;
    if (!one.check.enabled && its.incarnations.empty()) check.health = its.admin.load() == Admin::maint ? 0 : one.check.rise;
    if (one.check.enabled && !check.enabled.exchange(true)) {
      check.code = CheckCode::INI;
      begin_health(its, one.check);
    }
    if (one.check.agent.enabled && !its.agent.enabled.exchange(true)) {
      its.agent.code = CheckCode::INI;
      its.agent.health = its.agent.rise = its.agent.fall = 1;
    }
    if (!one.check.agent.enabled) its.agent.enabled = false;
    if (!one.check.enabled && check.enabled.exchange(false)) its.operational = Operational::running;
    check.rise = one.check.rise;
    check.fall = one.check.fall;
    const std::size_t position = backend->servers_.size();
    backend->servers_.push_back(std::make_unique<Server>(*backend, std::move(one), its, position));
    Server& server = *backend->servers_.back();
    if (!server.cookie().empty()) backend->by_cookie_[server.cookie()].push_back(&server);
  }
  const std::lock_guard lock(state.mutex);
  backend->core_ = std::make_unique<Core>(*backend);
  Core& core = *backend->core_;
  core.algorithm = algorithm;
  for (const auto& server : backend->servers_)
    if (server->settings().slowstart.us != 0) core.slow.push_back(server.get());
  if (!core.slow.empty() && !backend->weights_are_fixed()) core.weight_scale = 16;
  core.balancer = algorithm->make({backend->servers_, backend->settings_.algorithm_argument, backend->settings_.algorithm_words,
                                   backend->settings_.hash, core.weight_scale});
  backend->takes_keys_ = core.balancer->takes_keys;
  backend->follows_load_ = core.balancer->follows_load;
  for (const auto& server : backend->servers_) {
    server->state().incarnations.push_back(server.get());
    if (server->settings().minconn != 0 || server->settings().slowstart.us != 0) core.limits_move = true;
  }
  state.version.fetch_add(1);
  return backend;
}

Backend::~Backend() {
  const std::lock_guard lock(state_.mutex);
  for (const auto& server : servers_) std::erase(server->state().incarnations, server.get());
}

Server* Backend::find(std::string_view name) const {
  for (const auto& server : servers_)
    if (server->name() == name) return server.get();
  return nullptr;
}

std::span<Server* const> Backend::servers_of_cookie(std::string_view cookie) const {
  const auto found = by_cookie_.find(cookie);
  return found == by_cookie_.end() ? std::span<Server* const>{} : std::span<Server* const>(found->second);
}

Counters& Backend::counters(const async::Worker& worker) const { return state_.counters.at(worker.id); }

Result<Server*> Backend::pick(const PickRequest& request) {
  const PickRequest keyed = with_key(request);
  const std::lock_guard lock(state_.mutex);
  return pick_locked(keyed);
}

Server* Backend::pick_for_line(std::string_view line, std::uint64_t random, Instant now) {
  PickRequest request;
  request.line = line;
  request.random = random;
  request = with_key(request);
  const std::lock_guard lock(state_.mutex);
  const Result<Server*> chosen = core_->choose(request, [](Server&) { return true; });
  if (!chosen) return nullptr;
  for (Counters* const counted : {&state_.line_counters(), &(*chosen)->state().line_counters()}) {
    counted->stot.add();
    counted->lbtot.add();
    counted->bin.add(line.size());
    counted->sessions.add(now);
    counted->last_session_us.set(static_cast<std::uint64_t>(now.us));
  }
  return *chosen;
}

PickRequest Backend::with_key(PickRequest request) const {
  if (takes_keys_ && !request.key) core_->balancer->take_key(request);
  return request;
}

void Backend::compile_balance(config::Line& line, expr::Compiler& compiler) { core_->balancer->compile(line, compiler); }

Result<Server*> Backend::pick_locked(const PickRequest& request) {
  return core_->choose(request, [](Server& server) { return server.has_room() && server.reserve(); });
}

Result<Slot> Backend::try_acquire(async::Worker& worker, const Wish& wish) { return std::move(try_once(worker, wish).slot); }

Backend::Attempt Backend::try_once(async::Worker& worker, const Wish& wish) {
  if (Server* const wanted = wish.wanted) {
    if (wish.insist == Wish::Insist::always || wanted->state().usable_by_persistence()) {
      if (wanted->has_room() && wanted->reserve()) {
        if (follows_load_) {
          const std::lock_guard lock(state_.mutex);
          core_->balancer->load_changed(*wanted);
        }
        return {slot_of(worker, *wanted)};
      }
      if (has_queue_place(*wanted)) return {fail(Kind::would_block), wanted};
      if (wish.insist != Wish::Insist::no) return {fail(Kind::queue_full, Side::server)};
    } else if (wish.insist != Wish::Insist::no) {
      return {fail(Kind::no_server, Side::server)};
    }
  }
  if (Server* const only = only_server()) {
    only->counters(worker).lbtot.add();
    counters(worker).lbtot.add();
    return {slot_of(worker, *only)};
  }
  PickRequest request = with_key(wish.pick);
  request.now = worker.loop.now();
  const std::lock_guard lock(state_.mutex);
  if (state_.queued.load() != 0) {
    // Others were here first. (Whoever may not be served at all learns that in choose().)
    core_->catch_up();
    if (core_->counted != 0) return {fail(Kind::would_block)};
  }
  const Result<Server*> chosen = pick_locked(request);
  if (!chosen) return {fail(chosen.error()), core_->wait_for};
  (*chosen)->counters(worker).lbtot.add();
  counters(worker).lbtot.add();
  return {slot_of(worker, **chosen)};
}

// Where there is but one server nothing has to be balanced. Null: it is full, or has changed, or others wait for it.
Server* Backend::only_server() {
  const std::uint64_t at = only_usable_at_.load(std::memory_order_acquire);
  if (at == 0 || at != state_.version.load() || state_.queued.load() != 0) return nullptr;
  Server& server = *servers_.front();
  return server.has_room() && server.reserve() ? &server : nullptr;
}

Slot Backend::slot_of(async::Worker& worker, Server& server) {
  ServerState& state = server.state();
  Counters& counted = state.counters.at(worker.id);
  counted.stot.add();
  counted.last_session_us.set(static_cast<std::uint64_t>(worker.loop.now().us));
  counted.sessions.add(worker.loop.now());
  return Slot(worker, server);
}

async::Task<Slot> Backend::acquire(async::Worker& worker, Wish wish, Instant queue_deadline) {
  wish.pick = with_key(wish.pick);
  for (;;) {
    Attempt now = try_once(worker, wish);
    if (now.slot) co_return std::move(*now.slot);
    if (now.slot.error().kind != Kind::would_block) co_await fail(now.slot.error());
    Waiting waiting(*this, worker, wish, now.wait_for);
    if (wish.place) {
      wish.place->server = now.wait_for;
      (now.wait_for ? wish.place->in_server : wish.place->in_backend) += waiting.place();
    }
    if (!waiting.decided()) {
      const Result<void> woken = co_await attempt(waiting.queue().wait(queue_deadline));
      if (!woken && !waiting.decided()) co_await fail(Kind::timeout, Side::server);
    }
    Server* const server = waiting.take();
    if (!server) continue;  // its server went down: choose again
    if (now.wait_for && server != wish.wanted) {  // chosen before it waited; a place in the backend's queue is no choice
      server->counters(worker).lbtot.add();
      counters(worker).lbtot.add();
    }
    co_return slot_of(worker, *server);
  }
}

unsigned Backend::active_servers() const {
  unsigned count = 0;
  for (const auto& server : servers_) count += !server->settings().backup && server->state().usable() ? 1 : 0;
  return count;
}
unsigned Backend::backup_servers() const {
  unsigned count = 0;
  for (const auto& server : servers_) count += server->settings().backup && server->state().usable() ? 1 : 0;
  return count;
}
unsigned Backend::usable_servers() const {
  const unsigned active = active_servers(), backup = backup_servers();
  return active != 0 ? active : settings_.all_backups ? backup : std::min(backup, 1U);
}
bool Backend::has_another(const Server& than) const {
  const bool active = active_servers() != 0;
  for (const auto& server : servers_) {
    if (server->settings().backup == active || !server->state().usable() || server->state().effective_weight.load() == 0) continue;
    if (server.get() != &than) return true;
    if (!active && !settings_.all_backups) break;  // only the first of the backups is used
  }
  return false;
}
std::uint64_t Backend::total_weight() const {
  const bool active = active_servers() != 0;
  std::uint64_t total = 0;
  for (const auto& server : servers_) {
    if (server->settings().backup == active || !server->state().usable()) continue;
    total += server->state().effective_weight.load();
    if (!active && !settings_.all_backups) break;
  }
  return total;
}
bool Backend::weights_are_fixed() const {
  const Algorithm::Weights weights = core_->algorithm->weights;
  if (weights == Algorithm::Weights::by_hash_type) return settings_.hash.method == HashPlan::Method::map_based;
  return weights == Algorithm::Weights::fixed;
}
void Backend::set_default_fullconn(std::uint32_t n) {
  if (settings_.fullconn == 0) fullconn_ = n;
}

void Backend::settle(Server& server, async::Worker* here) {
  const std::lock_guard lock(server.state().backend.mutex);
  settle_locked(server.state(), here);
}

void Backend::settle_all(BackendState& state, async::Worker* here) {
  const std::lock_guard lock(state.mutex);
  for (auto& [name, server] : state.servers) settle_locked(*server, here);
}

void Backend::turn_away(Server& server, async::Worker* here) {
  const std::lock_guard lock(server.state().backend.mutex);
  while (Ticket* const ticket = server.state().queue.front()) Waiting::decide(*ticket, nullptr, here);
}

void Backend::settle_locked(ServerState& state, async::Worker* here) {
  if (state.incarnations.empty()) return;
  for (Server* const server : state.incarnations) server->backend().core_->catch_up();
  for (;;) {
    // The one with the earlier turn of those that wait for this server and those that wait for any.
    Ticket* next = state.queue.front();
    if (Ticket* const any = state.backend.queue.front(); any && (!next || any->before(*next))) next = any;
    if (!next) break;
    Server* server = next->wanted;
    for (Server* const one : state.incarnations)
      if (!server && &one->backend() == &next->backend) server = one;
    if (!server) break;
    const Core& core = *server->backend().core_;
    if (!next->wanted && core.weights[server->position()] == 0) break;
    if (!server->reserve()) break;
    Waiting::decide(*next, server, here);
  }
  bool still_aside = false;
  for (Server* const server : state.incarnations) {
    Core& core = *server->backend().core_;
    if (core.balancer->follows_load) core.balancer->load_changed(*server);
    if (core.aside[server->position()] && !core.bring_back(*server)) still_aside = true;
  }
  state.aside.store(still_aside);
}

// Tells the balancer what has changed since it was last asked: active servers count, or the backups if there is none.
void Backend::Core::catch_up() {
  const std::uint64_t version = backend.state_.version.load();
  if (version == seen_version) return;
  seen_version = version;
  const bool active = backend.active_servers() != 0;
  bool backup_found = false;
  for (const auto& server : backend.servers_) {
    std::uint32_t weight = server->state().usable() ? server->scaled_weight(weight_scale) : 0;
    if (server->settings().backup) {
      if (active || (backup_found && !backend.settings_.all_backups)) weight = 0;
      if (weight != 0) backup_found = true;
    }
    const std::size_t at = server->position();
    if (weight == weights[at]) continue;
    if (aside[at]) {
      aside[at] = 0;
      --set_aside_count;
    }
    if (weights[at] == 0) ++counted;
    if (weight == 0) --counted;
    weights[at] = weight;
    balancer->set_weight(*server, weight);
  }
  const bool simple = backend.servers_.size() == 1 && counted == 1 && !balancer->follows_load && slow.empty();
  backend.only_usable_at_.store(simple ? version : 0, std::memory_order_release);
}

void Backend::Core::warm_up(Instant now) {
  if (now < next_warming) return;
  next_warming = now + milliseconds(10);
  for (Server* const server : slow) server->warm_up(now);
}

template <class Take>
Result<Server*> Backend::Core::choose(PickRequest request, Take take) {
  if (backend.state_.warming.load(std::memory_order_relaxed) != 0) warm_up(request.now);
  catch_up();
  if (counted == 0) return fail(Kind::no_server, Side::server);
  Server* avoided = nullptr;
  wait_for = nullptr;
  Result<Server*> result = fail(Kind::would_block);
  for (;;) {
    Server* const candidate = balancer->candidate(request);
    if (!candidate) {
      if (limits_move && bring_back_any()) continue;
      break;
    }
    if (candidate == request.avoid && counted > 1) {
      avoided = candidate;
      balancer->set_aside(*candidate);
      request.avoid = nullptr;
      continue;
    }
    if (take(*candidate)) {
      balancer->chosen(*candidate);
      if (balancer->follows_load) balancer->load_changed(*candidate);
      result = candidate;
      break;
    }
    if (balancer->when_full != Balancer::WhenFull::pass_over) {
      if (has_queue_place(*candidate)) {
        wait_for = candidate;
        break;
      }
      if (balancer->when_full == Balancer::WhenFull::wait) {
        result = fail(Kind::queue_full, Side::server);
        break;
      }
    }
    set_aside(*candidate);
  }
  if (!avoided) return result;
  balancer->bring_back(*avoided);
  if (!result && !wait_for) {
    if (take(*avoided)) {
      if (balancer->follows_load) balancer->load_changed(*avoided);
      return avoided;
    }
    set_aside(*avoided);
  }
  return result;
}

// Full. Whoever frees a slot and sees `aside` brings it back; a slot freed just before is seen by the second look.
void Backend::Core::set_aside(Server& server) {
  balancer->set_aside(server);
  aside[server.position()] = 1;
  ++set_aside_count;
  server.state().aside.store(true);
  bring_back(server);
}

bool Backend::Core::bring_back(Server& server) {
  if (!server.has_room()) return false;
  aside[server.position()] = 0;
  --set_aside_count;
  balancer->bring_back(server);
  return true;
}

// Only where limits follow the backend's load: they may have grown.
bool Backend::Core::bring_back_any() {
  bool found = false;
  for (std::size_t i = 0; i < aside.size() && set_aside_count != 0; ++i)
    if (aside[i] && bring_back(*backend.servers_[i])) found = true;
  return found;
}

void Slot::release() {
  if (!server_) return;
  Server& server = *std::exchange(server_, nullptr);
  ServerState& state = server.state();
  state.served.fetch_sub(1);
  if (state.aside.load() || state.queued.load() != 0 || state.backend.queued.load() != 0 || server.backend().follows_load())
    Backend::settle(server, worker_);
}

BackendVisit::BackendVisit(Backend& backend, async::Worker& worker) : backend_(&backend) {
  BackendState& state = backend.state();
  state.sessions_peak.raise(state.sessions.fetch_add(1) + 1);
  Counters& counted = backend.counters(worker);
  const Instant now = worker.loop.now();
  counted.stot.add();
  counted.last_session_us.set(static_cast<std::uint64_t>(now.us));
  counted.sessions.add(now);
}
BackendVisit::~BackendVisit() {
  if (backend_) backend_->state().sessions.fetch_sub(1);
}

}  // namespace sluice::backend
