// Commands that change a frontend or the process: pausing, stopping, limits.
#include "admin/command.hpp"
#include "base/text.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using proxy::FrontendRun;

proxy::Frontend* find_frontend(Call& call, std::string_view name) {
  if (name.empty()) {
    call.fail("A frontend name is expected.");
    return nullptr;
  }
  proxy::Frontend* const frontend = call.world.proxies->frontend(name);
  if (!frontend) call.fail("No such frontend.");
  return frontend;
}

// Workers look at the state of their frontends when they are told.
void change(Call& call, const proxy::Frontend& frontend, FrontendRun wanted) {
  frontend.state.run = wanted;
  call.world.look_at_limits();
}

void tell(Call& call, const proxy::Frontend& frontend, std::string_view text) {
  if (call.world.say) call.world.say(frontend, {.text = text, .console_text = text});
}

void run_disable(Call& call) {
  const proxy::Frontend* const frontend = find_frontend(call, call.word(0));
  if (!frontend) return;
  if (frontend->state.run.load() == FrontendRun::stopped) return call.say(Weight::notice, "Frontend was previously shut down, cannot disable.");
  if (frontend->state.run.load() == FrontendRun::paused) return call.say(Weight::notice, "All sockets are already disabled.");
  change(call, *frontend, FrontendRun::paused);
  tell(call, *frontend, fmt::format("Paused frontend {}.", frontend->name));
}

void run_enable(Call& call) {
  const proxy::Frontend* const frontend = find_frontend(call, call.word(0));
  if (!frontend) return;
  if (frontend->state.run.load() == FrontendRun::stopped) return call.say(Weight::notice, "Frontend was previously shut down, cannot enable.");
  if (frontend->state.run.load() == FrontendRun::running) return call.say(Weight::notice, "All sockets are already enabled.");
  change(call, *frontend, FrontendRun::running);
  tell(call, *frontend, fmt::format("Resumed frontend {}.", frontend->name));
}

void run_shutdown(Call& call) {
  const proxy::Frontend* const frontend = find_frontend(call, call.word(0));
  if (!frontend) return;
  if (frontend->state.run.load() == FrontendRun::stopped) return call.say(Weight::notice, "Frontend was already shut down.");
  change(call, *frontend, FrontendRun::stopped);
  const proxy::Destination* const half = call.world.proxies->destination(frontend->name);
  tell(call, *frontend,
       fmt::format("Proxy {} stopped (cumulated conns: FE: {}, BE: {}).", frontend->name,
                   frontend->state.counters.sum(&proxy::FrontendCounters::conn_tot),
                   half ? half->backend->state().counters.sum(&backend::Counters::stot) : 0));
}

std::optional<std::uint32_t> take_number(Call& call, std::size_t at, std::string_view missing) {
  if (call.word(at).empty()) {
    call.fail(missing);
    return std::nullopt;
  }
  const auto number = parse_int(call.word(at));
  if (!number || *number < 0 || *number > 0x7fffffff) {
    call.fail("Value out of range.");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

void run_maxconn_frontend(Call& call) {
  const proxy::Frontend* const frontend = find_frontend(call, call.word(0));
  if (!frontend) return;
  const auto most = take_number(call, 1, "Integer value expected.");
  if (!most) return;
  frontend->state.maxconn = *most;
  call.world.look_at_limits();
}

void run_maxconn_global(Call& call) {
  auto most = take_number(call, 0, "Expects an integer value.");
  if (!most) return;
  const std::uint32_t hard = call.world.hard_maxconn;
  if (hard != 0 && *most > hard) return call.fail("Value out of range.");
  call.world.states.maxconn = *most ? *most : hard;  // 0: as at the start
  call.world.look_at_limits();
}

template <auto member>
void set_rate(Call& call) {
  const auto most = take_number(call, 0, "Expects an integer value.");
  if (!most) return;
  call.world.states.*member = *most;
  call.world.look_at_limits();
}

void run_rate_limit(Call& call) {
  call.fail("'set rate-limit' only supports :\n"
            "   - 'connections global' to set the per-process maximum connection rate\n"
            "   - 'sessions global' to set the per-process maximum session rate");
}

const Add disable{Command{.name = "disable frontend", .args = "<frontend>", .level = Level::admin, .run = run_disable,
                          .doc = "stop accepting connections until it is enabled again"}};
const Add enable{Command{.name = "enable frontend", .args = "<frontend>", .level = Level::admin, .run = run_enable,
                         .doc = "accept connections again"}};
const Add shutdown{Command{.name = "shutdown frontend", .args = "<frontend>", .level = Level::admin, .run = run_shutdown,
                           .doc = "stop accepting connections for good"}};
const Add maxconn_frontend{Command{.name = "set maxconn frontend", .args = "<frontend> <number>", .level = Level::admin,
                                   .run = run_maxconn_frontend, .doc = "change a frontend's limit of connections"}};
const Add maxconn_global{Command{.name = "set maxconn global", .args = "<number>", .level = Level::admin, .run = run_maxconn_global,
                                 .doc = "change the process's limit of connections"}};
const Add rate_limit{Command{.name = "set rate-limit", .args = "<what> global <number>", .level = Level::admin, .run = run_rate_limit,
                             .doc = "change a limit per second"}};
const Add connections{Command{.name = "set rate-limit connections global", .args = "<number>", .level = Level::admin,
                              .run = set_rate<&proxy::States::max_connection_rate>, .doc = "limit connections per second, 0: none"}};
const Add sessions{Command{.name = "set rate-limit sessions global", .args = "<number>", .level = Level::admin,
                           .run = set_rate<&proxy::States::max_session_rate>, .doc = "limit sessions per second, 0: none"}};

}  // namespace
}  // namespace sluice::admin
