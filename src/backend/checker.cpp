#include "backend/checker.hpp"

#include <algorithm>
#include <mutex>

#include "async/wait_queue.hpp"
#include "async/worker.hpp"
#include "backend/check.hpp"
#include "backend/check_builder.hpp"
#include "backend/control.hpp"
#include "backend/external_check.hpp"

namespace sluice::backend {
namespace {

// Where a server is checked (manual "addr", "port"), or where the administrator has it checked.
net::Address address_of(const Server& server) {
  const CheckSettings& check = server.settings().check;
  const CheckStatus& changed = server.state().check;
  const std::optional<net::Address> moved = changed.address.get();
  const std::uint16_t port = changed.port.load() != 0 ? changed.port.load() : check.port;
  net::Address target = moved ? *moved : check.address.value_or(server.address());
  if (target.is_ip() && target.port() == 0) target = target.with_port(server.address().port());
  return port != 0 ? target.with_port(port) : target;
}

// Manual "timeout check": with it, connecting has the smaller of timeout connect and inter, and the rest this time;
// without it, inter is for everything.
CheckTarget target_of(const Server& server, Duration inter) {
  const BackendSettings& backend = server.backend().settings();
  const std::optional<Duration>& own = server.settings().check.timeout;
  const std::optional<Duration>& timeout = own ? own : backend.timeout_check;
  CheckTarget target;
  target.connect_patience = timeout && backend.timeout_connect ? std::min(inter, *backend.timeout_connect) : inter;
  target.patience = timeout.value_or(inter);
  target.patience_from_connect = timeout.has_value();
  return target;
}

// The check's connection could be one of traffic.
bool goes_as_traffic(const Server& server, const CheckTarget& target) {
  const ServerSettings& settings = server.settings();
  return target.address == server.address() && settings.send_proxy == SendProxy::none && !target.send_proxy &&
         server.source().use == Source::Use::none && settings.socks4.has_value() == target.via_socks4;
}

// The agent's line, up to the first end of line. One without an end is passed over, whatever it says.
Finding look_at_line(CheckRun& run) {
  const std::string_view bytes = run.input();
  const std::size_t end = bytes.find_first_of("\r\n");
  if (end != std::string_view::npos) return Finding::passed(std::string(bytes.substr(0, end)));
  return run.at_end() ? Finding::failed(CheckCode::CHECKED, "Ignoring incomplete line from agent") : Finding::more();
}

std::unique_ptr<const CheckPlan> agent_plan(const std::string& question) {
  auto plan = std::make_unique<CheckPlan>();
  CheckStep& connect = plan->steps.emplace_back();
  connect.kind = CheckStep::Kind::connect;
  if (!question.empty()) {
    CheckStep& send = plan->steps.emplace_back();
    send.kind = CheckStep::Kind::send;
    send.message = constant_message(question);
    send.number = 1;
  }
  CheckStep& expect = plan->steps.emplace_back();
  expect.kind = CheckStep::Kind::expect;
  expect.expectation = looked(look_at_line);
  expect.number = 2;
  return plan;
}

// Who checks a server, for as long as that goes on: so that others can have it checked sooner.
class OnCall {
 public:
  OnCall(async::Worker& worker, ServerState& state) : state_(state), queue(worker.loop) {
    state_.check_waker = &queue;
    state_.checker = &worker;
  }
  OnCall(const OnCall&) = delete;
  ~OnCall() {
    state_.checker = nullptr;
    state_.check_waker = nullptr;
  }

 private:
  ServerState& state_;

 public:
  async::WaitQueue queue;
};

// One of the checks that are made at once.
class Turn {
 public:
  Turn(unsigned& count, async::WaitQueue& others) : count_(count), others_(others) { ++count_; }
  Turn(const Turn&) = delete;
  ~Turn() {
    --count_;
    others_.wake_one();
  }

 private:
  unsigned& count_;
  async::WaitQueue& others_;
};

}  // namespace

// The first checks are spread over the shortest interval of all that are at least a second long (manual
// "max-spread-checks"), and never over more than the server's own.
Checker::Checker(async::Worker& worker, std::span<Backend* const> backends, CheckerOptions options)
    : worker_(worker), options_(std::move(options)),
      place_{worker, options_.node, options_.ambient, options_.process_variables, options_.names, options_.limits}, turn_(worker.loop), nursery_(worker.loop) {
  std::vector<Checked> all;
  Duration shortest = options_.longest_spread.value_or(async::forever);
  const auto add = [&](Server& server, What what, Duration inter) {
    if (inter >= seconds(1)) shortest = std::min(shortest, inter);
    all.push_back({&server, what, inter});
  };
  for (Backend* const backend : backends) {
    for (const auto& server : backend->servers()) {
      const CheckSettings& check = server->settings().check;
      if (check.enabled) add(*server, What::health, check.inter);
      if (check.agent.enabled) add(*server, What::agent, check.agent.inter);
    }
  }
  for (Backend* const backend : backends) {
    const auto slow = [](const auto& server) { return server->settings().slowstart.us != 0; };
    if (worker_.id == 0 && std::ranges::any_of(backend->servers(), slow)) slow_.push_back(backend);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % options_.workers != worker_.id) continue;
    const Duration over = std::min(all[i].offset, shortest);
    all[i].offset.us = over.us * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(all.size());
    checked_.push_back(all[i]);
  }
}

void Checker::start() {
  for (const Checked& checked : checked_) nursery_.start(checked.what == What::health ? watch(checked) : watch_agent(checked));
  for (Backend* const backend : slow_) {
    Duration shortest = seconds(100);
    for (const auto& server : backend->servers())
      if (server->settings().slowstart.us != 0) shortest = std::min(shortest, server->settings().slowstart);
    nursery_.start(warm(*backend, std::max<Duration>({shortest.us / 100}, milliseconds(20))));
  }
}

// Manual "slowstart": weights and limits follow the time, also when nobody asks for a server. Requests that wait get the
// slots that come with it.
async::Task<> Checker::warm(Backend& backend, Duration step) {
  BackendState& state = backend.state();
  for (;;) {
    co_await async::sleep_for(worker_.loop, step);
    if (state.warming.load(std::memory_order_relaxed) == 0) continue;
    bool warmer = false;
    {
      const std::lock_guard lock(state.mutex);
      for (const auto& server : backend.servers())
        if (server->warm_up(worker_.loop.now())) warmer = true;
    }
    if (warmer) Backend::settle_all(state, &worker_);
  }
}

async::Task<CheckResult> Checker::check_once(Server& server, const CheckPlan& plan, CheckTarget target) {
  const auto too_many = [this] { return options_.most_at_once != 0 && at_once_ >= options_.most_at_once; };
  while (too_many()) {
    co_await turn_.wait(never);
  }
  const Turn turn(at_once_, turn_);
  if (plan.external) {
    CheckResult result = co_await run_external(worker_, server, *plan.external, target.patience);
    co_return result;
  }
  const auto run = std::make_unique<CheckRun>(place_, server, plan, target);
  CheckResult result = co_await run->perform();
  co_return result;
}

async::Task<> Checker::watch(Checked checked) {
  Server& server = *checked.server;
  ServerState& state = server.state();
  const CheckPlan* const plan = server.backend().check_plan();
  sluice::check(plan != nullptr, "a backend has a plan of its checks");
  OnCall on_call(worker_, state);
  if (checked.offset.us != 0) co_await async::sleep_for(worker_.loop, checked.offset);
  for (;;) {
    const Instant begun = worker_.loop.now();
    const auto wanted = [&state] { return state.admin.load() != Admin::maint && !state.check.paused.load(); };
    if (wanted()) {
      CheckTarget target = target_of(server, server.settings().check.inter);
      target.address = address_of(server);
      target.send_proxy = server.settings().check.send_proxy;
      target.via_socks4 = server.settings().check.via_socks4;
      target.reuse_pool = goes_as_traffic(server, target) && server.settings().check.reuse_pool;
      state.check.running = true;
      async::Task<CheckResult> running = check_once(server, *plan, target);
      const Result<CheckResult> found = co_await attempt(std::move(running));
      state.check.running = false;
      // Out of memory tells nothing about the server; and what was asked for while it was checked counts.
      if (found && wanted()) {
        const Scene scene{&worker_, worker_.loop.now(), options_.sink};
        record_check(scene, server, *found);
      }
    }
    Instant next = std::max(begun + spread(pause_of(server)), worker_.loop.now() + milliseconds(1));
    for (bool hurried = true; hurried;) {
      const Result<void> woken = co_await attempt(on_call.queue.wait(next));
      hurried = woken.has_value();
      const CheckSettings& settings = server.settings().check;
      if (hurried) next = std::min(next, worker_.loop.now() + settings.fastinter.value_or(settings.inter));
    }
  }
}

async::Task<> Checker::watch_agent(Checked checked) {
  Server& server = *checked.server;
  const Duration inter = server.settings().check.agent.inter;
  std::unique_ptr<const CheckPlan> plan = agent_plan(server.settings().check.agent.send);
  std::shared_ptr<const std::string> changed;  // what the administrator wants to be asked
  if (checked.offset.us != 0) co_await async::sleep_for(worker_.loop, checked.offset);
  for (;;) {
    const Instant begun = worker_.loop.now();
    if (const auto now = server.state().agent_send.load(); now != changed) {
      changed = now;
      plan = agent_plan(*now);
    }
    if (!server.state().agent.paused.load()) {
      async::Task<> asking = ask_agent(server, *plan);
      co_await attempt(std::move(asking));
    }
    const Instant next = std::max(begun + spread(inter), worker_.loop.now() + milliseconds(1));
    co_await async::sleep_until(worker_.loop, next);
  }
}

async::Task<> Checker::ask_agent(Server& server, const CheckPlan& plan) {
  const AgentSettings& agent = server.settings().check.agent;
  CheckStatus& status = server.state().agent;
  CheckTarget target = target_of(server, agent.inter);
  const std::uint16_t moved = status.port.load();
  target.address = status.address.get().value_or(agent.address.value_or(server.address())).with_port(moved != 0 ? moved : agent.port);
  status.running = true;
  async::Task<CheckResult> running = check_once(server, plan, target);
  const Result<CheckResult> found = co_await attempt(std::move(running));
  status.running = false;
  if (!found || status.paused.load()) co_return;
  const Scene scene{&worker_, worker_.loop.now(), options_.sink};
  if (found->verdict == CheckResult::Verdict::passed) record_agent(scene, server, AgentReport::parse(found->info), found->duration);
  else record_agent_failure(scene, server, *found);
}

// Manual "inter", "fastinter", "downinter".
Duration Checker::pause_of(const Server& server) const {
  const CheckSettings& settings = server.settings().check;
  const CheckStatus& status = server.state().check;
  const Health health(status.rise.load(), status.fall.load(), status.health.load());
  if (health.in_transition()) return settings.fastinter.value_or(settings.inter);
  if (!health.up()) return settings.downinter.value_or(settings.inter);
  return settings.inter;
}

// spread-checks.
Duration Checker::spread(Duration pause) {
  if (options_.spread_percent == 0) return pause;
  const std::int64_t most = pause.us * options_.spread_percent / 100;
  const std::uint64_t draw = worker_.loop.random();
  return {pause.us + static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(2 * most + 1)) - most};
}

}  // namespace sluice::backend
