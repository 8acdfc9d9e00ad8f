#include "main/program.hpp"

#include <signal.h>

#include "admin/cli.hpp"
#include "admin/setting/stats.hpp"
#include "async/kernel_io.hpp"
#include "backend/checker.hpp"
#include "backend/connection.hpp"
#include "backend/settings.hpp"
#include "main/process.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice {
namespace {

std::vector<backend::Backend*> backends_of(const proxy::Proxies& proxies) {
  std::vector<backend::Backend*> out;
  for (const auto& destination : proxies.destinations) out.push_back(destination->backend.get());
  return out;
}

admin::Level level_of(const proxy::Bind& bind) {
  if (bind.level == "admin") return admin::Level::admin;
  if (bind.level == "user") return admin::Level::user;
  return admin::Level::operator_;
}

async::Task<> stop_later(async::Loop& loop, Duration after, std::function<void()> stop) {
  co_await async::sleep_for(loop, after);
  stop();
}

}  // namespace

struct Program::Station {
  Station(async::Worker& worker, const Program& program)
      : backends(backends_of(*program.proxies_)),
        serving(worker, program.proxies_, program.listeners_),
        ambient(worker),
        checker(std::in_place, worker, backends,
                backend::CheckerOptions{.workers = program.options_.workers, .sink = program.world_.notice,
                                        .node = program.world_.node,
                                        .spread_percent = program.proxies_->config->global()[backend::setting::spread_checks],
                                        .most_at_once = program.proxies_->config->global()[backend::setting::max_checks_per_thread],
                                        .longest_spread = program.proxies_->config->global()[backend::setting::max_spread_checks],
                                        .ambient = &ambient, .process_variables = &program.states_.variables,
                                        .names = &program.proxies_->variables,
                                        .limits = program.proxies_->limits_of_variables()}) {}
  std::vector<backend::Backend*> backends;
  proxy::Serving serving;
  proxy::WorkerAmbient ambient;
  std::optional<backend::Checker> checker;  // gone once a soft stop begins
};

Program::Program(const ProgramOptions& options, std::shared_ptr<const proxy::Proxies> proxies, proxy::States& states,
                 net::ListenerSet& listeners, admin::World& world)
    : options_(options), proxies_(std::move(proxies)), states_(states), listeners_(listeners), world_(world) {
  for (unsigned id = 0; id < options.workers; ++id)
    workers_.push_back(std::make_unique<async::Worker>(id, std::make_unique<async::KernelIo>(), options.worker));
  stations_.resize(options.workers);
  for (const auto& worker : workers_) world_.crew.push_back(worker.get());
  world_.visit_exchanges = [this](unsigned id, const std::function<void(proxy::Exchange&)>& visit) {
    if (stations_[id]) stations_[id]->serving.for_each_exchange(visit);
  };
  world_.occupation = [this](unsigned id) { return occupation(id); };
  world_.listeners = [this] { return listeners_.on_offer(); };
  world_.look_at_limits = [this] { look_at_limits(); };
  postman_.emplace(*workers_.front());
  world_.notice = [this, tell = world_.notice](const backend::Notice& notice) {
    if (tell) tell(notice);
    const backend::MailRoute* const route = notice.backend.mail_route();
    if (route && notice.mail && *notice.mail <= route->level) postman_->post(*route, notice.text);
  };
  states_.servers.notice = world_.notice;
  states_.servers.shutdown_sessions = [this](const backend::ServerState& server, backend::Killed why) { shutdown_sessions(server, why); };
}

Program::~Program() {
  states_.servers.shutdown_sessions = nullptr;
  states_.servers.notice = nullptr;
  world_.notice = nullptr;
}

int Program::run() {
  async::Worker& first = *workers_.front();
  ::signal(SIGPIPE, SIG_IGN);
  signals_.emplace(first, std::initializer_list<int>{SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT},
                   [this](int signal) { on_signal(signal); });
  for (unsigned id = 0; id < options_.workers; ++id)
    workers_[id]->mailbox.post([this, id] { start_station(id); });
  open_stats_sockets();
  const auto place = [this](async::Worker& worker) { process::run_on(options_.cpus.empty() ? 0 : options_.cpus[worker.id]); };
  for (unsigned id = 1; id < options_.workers; ++id) workers_[id]->start_thread(place);
  place(first);
  first.run();
  for (unsigned id = 1; id < options_.workers; ++id) workers_[id]->join();
  return 0;
}

admin::Occupation Program::occupation(unsigned id) {
  admin::Occupation out;
  if (!stations_[id]) return out;
  Station& station = *stations_[id];
  station.serving.for_each_exchange([&](proxy::Exchange&) { ++out.exchanges; });
  out.sessions = station.serving.sessions();
  out.exchanges_kept = station.serving.exchanges_kept();
  out.checks = station.checker ? station.checker->size() : 0;
  return out;
}

void Program::look_at_limits() {
  for (unsigned id = 0; id < options_.workers; ++id)
    workers_[id]->mailbox.post([this, id] {
      if (stations_[id]) stations_[id]->serving.look_at_limits();
    });
}

void Program::shutdown_sessions(const backend::ServerState& server, backend::Killed why) {
  for (unsigned id = 0; id < options_.workers; ++id)
    workers_[id]->mailbox.post([this, id, why, &server] {
      if (!stations_[id]) return;
      stations_[id]->serving.for_each_exchange([&](proxy::Exchange& exchange) {
        if (exchange.server() && &exchange.server()->state() == &server) exchange.shut_down(why);
      });
    });
}

void Program::start_station(unsigned id) {
  stations_[id] = std::make_unique<Station>(*workers_[id], *this);
  stations_[id]->serving.start();
  stations_[id]->checker->start();
}

void Program::open_stats_sockets() {
  for (const proxy::Bind& bind : proxies_->config->global()[admin::stats_sockets]) {
    for (const auto& entry : listeners_.entries()) {
      const bool ours = std::ranges::any_of(bind.places, [&](const proxy::Bind::Where& where) {
        return where.descriptor >= 0 ? std::ranges::count(entry->descriptors, where.descriptor) != 0
                                     : entry->address == where.address;
      });
      if (!ours) continue;
      open_stats_socket(bind, entry->descriptor(0));
    }
  }
}

// Beyond `maxconn` of its line and `stats maxconn` of all of them connections wait in the kernel's queue.
bool Program::stats_socket_is_full(const proxy::Bind& bind) const {
  return world_.cli.now >= proxies_->config->global()[admin::stats_maxconn] ||
         (bind.sessions && bind.sessions->load(std::memory_order_relaxed) >= bind.maxconn);
}

void Program::open_stats_socket(const proxy::Bind& bind, int descriptor) {
  auto listener = std::make_unique<net::Listener>(
      *workers_.front(), descriptor, [this, &bind](async::Worker& worker, int fd, const net::Address&) {
        worker.tasks.start(serve_stats_client(fd, bind));
      });
  net::Listener* const self = listener.get();
  listener->set_admission({[this, &bind, self] {
                             if (!stats_socket_is_full(bind)) return true;
                             self->pause();
                             return false;
                           }, {}});
  stats_listeners_.push_back({&bind, std::move(listener)});
}

async::Task<> Program::serve_stats_client(int fd, const proxy::Bind& bind) {
  ++world_.cli.now;
  ++world_.cli.connections;
  if (bind.sessions) bind.sessions->fetch_add(1, std::memory_order_relaxed);
  const auto timeout = proxies_->config->global()[admin::stats_timeout];
  admin::CliSession session{.level = level_of(bind), .severity = static_cast<admin::SeverityOutput>(bind.severity),
                            .timeout = timeout.value_or(seconds(10)), .exposes_listeners = bind.exposes_listeners};
  co_await async::attempt(admin::serve_cli(*workers_.front(), fd, world_, std::move(session)));
  --world_.cli.now;
  if (bind.sessions) bind.sessions->fetch_sub(1, std::memory_order_relaxed);
  for (const StatsListener& one : stats_listeners_)
    if (one.listener->paused() && !stats_socket_is_full(*one.bind)) one.listener->resume();
}

void Program::on_signal(int signal) {
  switch (signal) {
    case SIGUSR1: return soft_stop();
    case SIGINT:
    case SIGTERM: return stop_now();
    case SIGHUP: return dump_state();
    default: return;  // SIGUSR2 asks a master to reload, SIGQUIT dumps memory pools: neither exists here
  }
}

void Program::soft_stop() {
  if (stopping_) return;
  stopping_ = true;
  states_.stopping = true;
  workers_.front()->tasks.start(stop_later(workers_.front()->loop, options_.grace.value_or(Duration{}), [this] { give_way(); }));
}

// The process that takes our place, if one does, gets the new connections; those on their way to us still arrive.
void Program::give_way() {
  listeners_.others_first();
  workers_.front()->tasks.start(stop_later(workers_.front()->loop, milliseconds(50), [this] { stop_accepting(); }));
}

void Program::stop_accepting() {
  async::Worker& first = *workers_.front();
  for (unsigned id = 0; id < options_.workers; ++id) {
    workers_[id]->mailbox.post([this, id, &first] {
      Station& station = *stations_[id];
      const auto tell = [this, &first] { first.mailbox.post([this] { station_is_idle(); }); };
      station.checker.reset();
      station.serving.on_idle = tell;
      station.serving.stop_accepting();
      first.mailbox.post([this] { station_has_stopped_accepting(); });
    });
  }
  if (options_.hard_stop_after)
    first.tasks.start(stop_later(first.loop, *options_.hard_stop_after, [this] { stop_now(); }));
}

// Once nobody accepts any more the sockets go too, so that clients are refused instead of waiting in a queue.
void Program::station_has_stopped_accepting() {
  if (++stopped_stations_ != options_.workers) return;
  tell_stopped();
  stats_listeners_.clear();
  listeners_.begin();
  listeners_.close_unwanted();
}

void Program::station_is_idle() {
  if (++idle_stations_ == options_.workers) stop_now();
}

// A soft stop ends every proxy, and its log says so.
void Program::tell_stopped() {
  if (told_) return;
  told_ = true;
  for (const config::Section* section : proxies_->config->all(config::in::frontend | config::in::listen | config::in::backend)) {
    const proxy::Frontend* const frontend = proxies_->frontend(section->name());
    const proxy::Destination* const destination = proxies_->destination(section->name());
    const bool is_front = frontend && frontend->section == section;
    const bool is_back = destination && destination->policy.section == section;
    const std::string text =
        fmt::format("Proxy {} stopped (cumulated conns: FE: {}, BE: {}).", section->name(),
                    is_front ? frontend->state.counters.sum(&proxy::FrontendCounters::conn_tot) : 0,
                    is_back ? destination->backend->state().counters.sum(&backend::Counters::stot) : 0);
    if (is_front && world_.say) world_.say(*frontend, {.text = text, .console_text = text});
    else if (is_back && world_.notice)
      world_.notice({.backend = *destination->backend, .console = backend::Console::warning, .level = backend::Level::warning,
                     .text = text, .console_text = text});
  }
}

void Program::stop_now() {
  if (ending_) return;
  ending_ = true;
  if (stopping_) tell_stopped();
  for (unsigned id = 0; id < options_.workers; ++id) {
    workers_[id]->mailbox.post([this, id] {
      if (id == 0) stats_listeners_.clear();
      stations_[id].reset();
      backend::close_idle(*workers_[id], states_.servers);
      workers_[id]->tasks.cancel();
      workers_[id]->loop.stop();
    });
  }
}

namespace {

std::string state_of(const config::Section& section, const proxy::Frontend* frontend, const proxy::Destination* destination) {
  std::string servers = "has no servers.";
  std::uint64_t connections = 0, waiting = 0, unassigned = 0, total = 0;
  if (destination) {
    const backend::Backend& backend = *destination->backend;
    const unsigned active = backend.active_servers(), backup = backend.backup_servers();
    if (active) servers = fmt::format("has {} active servers and {} backup servers available.", active, backup);
    else if (backup) servers = "is running on backup servers !";
    else if (!backend.servers().empty()) servers = "has no server available !";
    const backend::BackendState& state = backend.state();
    connections = state.sessions.load();
    waiting = state.queued_in_all.load();
    unassigned = waiting;
    for (const auto& server : backend.servers()) unassigned -= std::min<std::uint64_t>(unassigned, server->state().queued.load());
    total = state.counters.sum(&backend::Counters::stot);
  }
  return fmt::format("SIGHUP: Proxy {} {} Conn: act(FE+BE): {}+{}, {} pend ({} unass), tot(FE+BE): {}+{}.", section.name(), servers,
                     frontend ? frontend->state.sessions.load() : 0, connections, waiting, unassigned,
                     frontend ? frontend->state.counters.sum(&proxy::FrontendCounters::conn_tot) : 0, total);
}

}  // namespace

// SIGHUP: what there is to say of every proxy and its servers, as notices.
void Program::dump_state() {
  using backend::Console;
  Console heading = Console::warning;  // each log has one, the console has one for all
  for (const config::Section* section : proxies_->config->all(config::in::frontend | config::in::listen | config::in::backend)) {
    const proxy::Frontend* frontend = proxies_->frontend(section->name());
    const proxy::Destination* destination = proxies_->destination(section->name());
    if (frontend && frontend->section != section) frontend = nullptr;
    if (destination && destination->policy.section != section) destination = nullptr;
    const auto say_on = [&](Console console, const std::string& text, std::string_view console_text) {
      if (destination) world_.notice({.backend = *destination->backend, .console = console, .text = text, .console_text = console_text});
      else if (frontend && world_.say)
        world_.say(*frontend, {.console = console, .level = backend::Level::notice, .text = text, .console_text = console_text});
    };
    const auto tell = [&](const std::string& text) { say_on(Console::warning, text, text); };
    say_on(std::exchange(heading, Console::none), fmt::format("SIGHUP received, dumping servers states for proxy {}.", section->name()),
           "SIGHUP received, dumping servers states.");
    if (destination) {
      for (const auto& server : destination->backend->servers()) {
        const backend::ServerState& state = server->state();
        const bool up = state.operational.load() != backend::Operational::stopped && state.admin.load() != backend::Admin::maint;
        tell(fmt::format("SIGHUP: Server {}/{} is {}. Conn: {} act, {} pend, {} tot.", section->name(), server->name(), up ? "UP" : "DOWN",
                         state.served.load(), state.queued.load(), state.counters.sum(&backend::Counters::stot)));
      }
    }
    tell(state_of(*section, frontend, destination));
  }
}

}  // namespace sluice
