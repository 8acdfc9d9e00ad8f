#include "backend/checker.hpp"

#include "async/worker.hpp"
#include "backend/check.hpp"
#include "backend/control.hpp"

namespace sluice::backend {
namespace {

// Where and from where a server is checked (manual "addr", "port", "source": never as somebody else).
net::Address target_of(const Server& server) {
  const CheckSettings& check = server.settings().check;
  const CheckStatus& changed = server.state().check;  // by the administrator
  const std::optional<net::Address> moved = changed.address.get();
  const std::uint16_t port = changed.port.load() != 0 ? changed.port.load() : check.port;
  net::Address target = moved ? *moved : check.address.value_or(server.address());
  if (target.is_ip() && target.port() == 0) target = target.with_port(server.address().port());
  return port != 0 ? target.with_port(port) : target;
}
net::ConnectOptions options_of(const Server& server) {
  net::ConnectOptions options = server.connect_options();
  options.transparent = false;
  options.source = server.source().address;
  return options;
}

// Manual "timeout check": with it, connecting has the smaller of timeout connect and inter, and the rest this time;
// without it, inter is for everything.
CheckRun run_of(async::Worker& worker, const Server& server, const net::ConnectOptions& options, std::string_view node) {
  const BackendSettings& backend = server.backend().settings();
  Duration patience = server.settings().check.inter;
  if (backend.timeout_check && backend.timeout_connect) patience = std::min(patience, *backend.timeout_connect);
  return CheckRun{.worker = worker,
                  .server = server,
                  .connect_options = options,
                  .target = target_of(server),
                  .node = node,
                  .begun = worker.loop.now(),
                  .connect_deadline = worker.loop.after(patience),
                  .timeout = backend.timeout_check};
}

}  // namespace

Checker::Checker(async::Worker& worker, std::span<Backend* const> backends, CheckerOptions options)
    : worker_(worker), options_(std::move(options)), nursery_(worker.loop) {
  std::vector<Server*> all;
  for (Backend* const backend : backends)
    for (const auto& server : backend->servers())
      if (server->settings().check.enabled) all.push_back(server.get());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % options_.workers != worker_.id) continue;
    const Duration inter = all[i]->settings().check.inter;
    servers_.push_back({all[i], {inter.us * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(all.size())}});
  }
}

void Checker::start() {
  for (const Checked& checked : servers_) nursery_.start(watch(checked));
}

async::Task<> Checker::watch(Checked checked) {
  Server& server = *checked.server;
  const Check* const check = catalog::entries<Check>().find(server.backend().settings().check.kind);
  sluice::check(check != nullptr, "the kind of check was looked up before");
  const net::ConnectOptions options = options_of(server);
  if (checked.offset.us != 0) co_await async::sleep_for(worker_.loop, checked.offset);
  for (;;) {
    const Instant begun = worker_.loop.now();
    if (server.state().admin.load() != Admin::maint && !server.state().check.paused.load()) {
      CheckRun run = run_of(worker_, server, options, options_.node);
      server.state().check.running = true;
      async::Task<CheckResult> running = check->run(run);
      const Result<CheckResult> found = co_await attempt(std::move(running));
      server.state().check.running = false;
      // Out of memory tells nothing about the server; and what was asked for while it was checked counts.
      if (found && server.state().admin.load() != Admin::maint) {
        const Scene scene{&worker_, worker_.loop.now(), options_.sink};
        record_check(scene, server, *found);
      }
    }
    co_await async::sleep_until(worker_.loop, next_time(server, begun));
  }
}

// Manual "inter", "fastinter", "downinter"; spread-checks varies it.
Instant Checker::next_time(const Server& server, Instant begun) {
  const CheckSettings& settings = server.settings().check;
  const CheckStatus& status = server.state().check;
  const Health health(status.rise.load(), status.fall.load(), status.health.load());
  Duration pause = settings.inter;
  if (health.in_transition()) pause = settings.fastinter.value_or(settings.inter);
  else if (!health.up()) pause = settings.downinter.value_or(settings.inter);
  if (options_.spread_percent != 0) {
    const std::int64_t most = pause.us * options_.spread_percent / 100;
    const std::uint64_t draw = worker_.loop.random();
    pause.us += static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(2 * most + 1)) - most;
  }
  const Instant next = begun + pause;
  return std::max(next, worker_.loop.now() + milliseconds(1));
}

}  // namespace sluice::backend
