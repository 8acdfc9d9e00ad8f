// State, weight, checks and times of servers and backends.
#include "admin/column.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using number = std::uint64_t;

const backend::BackendState& farm(const Row& r) { return r.destination->backend->state(); }
const backend::ServerState& srv(const Row& r) { return r.server->state(); }
const backend::CheckSettings& checks(const Row& r) { return r.server->settings().check; }

// Checks that are put off, by the administrator or in maintenance, have no result.
bool is_checked(const Row& r) {
  return checks(r).enabled && !srv(r).check.paused.load() && srv(r).admin.load() != backend::Admin::maint;
}

Cell seconds_since(std::int64_t changed_us, Instant now) {
  return static_cast<number>(std::max<std::int64_t>(0, (now.us - changed_us) / 1'000'000));
}
Cell last_session(std::int64_t newest_us, Instant now) {
  return newest_us == 0 ? std::int64_t{-1} : (now.us - newest_us) / 1'000'000;
}
std::int64_t newest_session(const backend::PerWorker<backend::Counters>& counters) {
  std::int64_t newest = 0;
  for (unsigned i = 0; i < counters.size(); ++i)
    newest = std::max(newest, static_cast<std::int64_t>(counters.at(i).last_session_us.value()));
  return newest;
}
// Means of all workers weigh the same: each is a mean over its last sessions.
template <class Member>
Cell mean_of(const backend::PerWorker<backend::Counters>& counters, Member member) {
  number total = 0, used = 0;
  for (unsigned i = 0; i < counters.size(); ++i) {
    if (counters.at(i).stot.value() == 0) continue;
    total += (counters.at(i).*member).value();
    ++used;
  }
  return used ? total / used : number{0};
}
template <class Member>
Cell most_of(const backend::PerWorker<backend::Counters>& counters, Member member) {
  number most = 0;
  for (unsigned i = 0; i < counters.size(); ++i) most = std::max(most, (counters.at(i).*member).most());
  return most;
}
template <auto member>
Cell backend_most(const Row& r) {
  return most_of(farm(r).counters, member);
}
template <auto member>
Cell server_most(const Row& r) {
  return most_of(srv(r).counters, member);
}
template <auto member>
Cell backend_mean(const Row& r) {
  return mean_of(farm(r).counters, member);
}
template <auto member>
Cell server_mean(const Row& r) {
  return mean_of(srv(r).counters, member);
}

const Add status{Column{.name = "status", .position = 17, .tags = "SGP",
                        .frontend = [](const Row& r) -> Cell {
                          const proxy::FrontendRun run = r.frontend->state.run.load();
                          if (r.states->stopping.load() || run == proxy::FrontendRun::stopped) return std::string("STOP");
                          return std::string(run == proxy::FrontendRun::paused ? "PAUSED" : "OPEN");
                        },
                        .backend = [](const Row& r) -> Cell {
                          const backend::Backend& back = *r.destination->backend;  // one without servers may answer by itself
                          return std::string(back.usable_servers() || back.servers().empty() ? "UP" : "DOWN");
                        },
                        .server = [](const Row& r) -> Cell { return srv(r).status(); },
                        .listener = [](const Row& r) -> Cell {
                          if (r.states->stopping.load() || r.frontend->state.run.load() != proxy::FrontendRun::running) return std::string("WAITING");
                          const bool full = r.listener->maxconn != 0 && r.listener->sessions->load() >= r.listener->maxconn;
                          return std::string(full ? "FULL" : "OPEN");
                        },
                     .doc = "State: OPEN, STOP, UP, DOWN, MAINT, DRAIN, NOLB, no check."}};
const Add weight{Column{.name = "weight", .position = 18, .tags = "MaP", .bits = 32,
                        .backend = [](const Row& r) -> Cell { return r.destination->backend->total_weight(); },
                        .server = [](const Row& r) -> Cell { return number{srv(r).effective_weight.load()}; },
                        .doc = "Weight in force."}};
const Add act{Column{.name = "act", .position = 19, .tags = "SGP", .backend_tags = "MGP", .bits = 32,
                     .backend = [](const Row& r) -> Cell { return number{r.destination->backend->active_servers()}; },
                     .server = [](const Row& r) -> Cell { return number{r.server->settings().backup ? 0U : 1U}; },
                     .doc = "Usable servers, or 1 if the server is no backup."}};
const Add bck{Column{.name = "bck", .position = 20, .tags = "SGP", .backend_tags = "MGP", .bits = 32,
                     .backend = [](const Row& r) -> Cell { return number{r.destination->backend->backup_servers()}; },
                     .server = [](const Row& r) -> Cell { return number{r.server->settings().backup ? 1U : 0U}; },
                     .doc = "Usable backup servers, or 1 if the server is one."}};
const Add chkfail{Column{.name = "chkfail", .position = 21, .tags = "MCP",
                         .server = [](const Row& r) -> Cell {
                           return checks(r).enabled ? Cell(srv(r).failed_checks.load()) : Cell{};
                         },
                         .doc = "Failed checks."}};
const Add chkdown{Column{.name = "chkdown", .position = 22, .tags = "MCP",
                         .backend = [](const Row& r) -> Cell { return farm(r).times_down.load(); },
                         .server = [](const Row& r) -> Cell {
                           return checks(r).enabled ? Cell(srv(r).times_down.load()) : Cell{};
                         },
                         .doc = "Transitions to down."}};
const Add hanafail{Column{.name = "hanafail", .position = 45, .tags = "MCP",
                          .server = [](const Row& r) -> Cell {
                            return checks(r).observe != backend::Observe::nothing ? Cell(srv(r).failed_analyses.load()) : Cell{};
                          },
                          .doc = "How often the traffic had as many errors in a row as observe allows."}};
const Add throttle{Column{.name = "throttle", .position = 29, .tags = "MaP",
                          .server = [](const Row& r) -> Cell {
                            return srv(r).warming_since_us.load() != 0 ? Cell(number{srv(r).warm_percent.load()}) : Cell{};
                          },
                          .doc = "How much of its weight a server in its slowstart has, in percent."}};
const Add lastchg{Column{.name = "lastchg", .position = 23, .tags = "MAP", .bits = 32,
                         .backend = [](const Row& r) { return seconds_since(farm(r).changed_us.load(), r.now); },
                         .server = [](const Row& r) { return seconds_since(srv(r).changed_us.load(), r.now); },
                         .doc = "Seconds since the last transition."}};
const Add downtime{Column{.name = "downtime", .position = 24, .tags = "MCP", .bits = 32,
                          .backend = [](const Row& r) -> Cell {
                            if (r.destination->backend->servers().empty()) return Cell{};
                            return static_cast<number>(farm(r).downtime_us.load() / 1'000'000);
                          },
                          .server = [](const Row& r) -> Cell {
                            return checks(r).enabled ? Cell(static_cast<number>(srv(r).downtime(r.now).seconds())) : Cell{};
                          },
                          .doc = "Seconds spent down."}};
const Add check_status{Column{.name = "check_status", .position = 36, .tags = "MOP",
                              .server = [](const Row& r) -> Cell {
                                if (!is_checked(r)) return Cell{};
                                return fmt::format("{}{}", srv(r).check.running.load() ? "* " : "",
                                                   backend::name_of(srv(r).check.code.load()));
                              },
                              .doc = "Result of the last check; '* ' while one runs."}};
const Add check_code{Column{.name = "check_code", .position = 37, .tags = "MOP", .bits = 32,
                            .server = [](const Row& r) -> Cell {
                              const backend::CheckStatus& check = srv(r).check;
                              const std::int32_t code = check.status.load();
                              return is_checked(r) && backend::has_status(check.code.load()) && code >= 0 ? Cell(static_cast<number>(code)) : Cell{};
                            },
                            .doc = "Status the last check received."}};
const Add check_duration{Column{.name = "check_duration", .position = 38, .tags = "MDP",
                                .server = [](const Row& r) -> Cell {
                                  const backend::CheckCode code = srv(r).check.code.load();
                                  const bool ran = code != backend::CheckCode::none && code != backend::CheckCode::INI;
                                  return ran && is_checked(r) ? Cell(number{srv(r).check.duration_ms.load()}) : Cell{};
                                },
                                .doc = "Milliseconds the last check took."}};
const Add lastsess{Column{.name = "lastsess", .position = 55, .tags = "MAP",
                          .backend = [](const Row& r) { return last_session(newest_session(farm(r).counters), r.now); },
                          .server = [](const Row& r) { return last_session(newest_session(srv(r).counters), r.now); },
                          .doc = "Seconds since the last session, -1: none yet."}};
const Add last_chk{Column{.name = "last_chk", .position = 56, .tags = "MOP",
                          .server = [](const Row& r) -> Cell {
                            std::string info = srv(r).check.info();
                            return is_checked(r) ? Cell(std::move(info)) : Cell{};
                          },
                          .doc = "What the last check said."}};
const Add qtime{Column{.name = "qtime", .position = 58, .tags = "MaP", .bits = 32, .backend = backend_mean<&backend::Counters::qtime>,
                       .server = server_mean<&backend::Counters::qtime>, .doc = "Mean queue time, ms."}};
const Add ctime{Column{.name = "ctime", .position = 59, .tags = "MaP", .bits = 32, .backend = backend_mean<&backend::Counters::ctime>,
                       .server = server_mean<&backend::Counters::ctime>, .doc = "Mean connect time, ms."}};
const Add rtime{Column{.name = "rtime", .position = 60, .tags = "MaP", .bits = 32, .backend = backend_mean<&backend::Counters::rtime>,
                       .server = server_mean<&backend::Counters::rtime>, .doc = "Mean response time, ms."}};
const Add ttime{Column{.name = "ttime", .position = 61, .tags = "MaP", .bits = 32, .backend = backend_mean<&backend::Counters::ttime>,
                       .server = server_mean<&backend::Counters::ttime>, .doc = "Mean total time, ms."}};
const Add qtime_max{Column{.name = "qtime_max", .position = 90, .tags = "MMP", .bits = 32, .backend = backend_most<&backend::Counters::qtime>,
                           .server = server_most<&backend::Counters::qtime>, .doc = "Longest queue time, ms."}};
const Add ctime_max{Column{.name = "ctime_max", .position = 91, .tags = "MMP", .bits = 32, .backend = backend_most<&backend::Counters::ctime>,
                           .server = server_most<&backend::Counters::ctime>, .doc = "Longest connect time, ms."}};
const Add rtime_max{Column{.name = "rtime_max", .position = 92, .tags = "MMP", .bits = 32, .backend = backend_most<&backend::Counters::rtime>,
                           .server = server_most<&backend::Counters::rtime>, .doc = "Longest response time, ms."}};
const Add ttime_max{Column{.name = "ttime_max", .position = 93, .tags = "MMP", .bits = 32, .backend = backend_most<&backend::Counters::ttime>,
                           .server = server_most<&backend::Counters::ttime>, .doc = "Longest total time, ms."}};
const Add check_desc{Column{.name = "check_desc", .position = 65, .tags = "MOP",
                            .server = [](const Row& r) -> Cell {
                              if (!is_checked(r)) return Cell{};
                              return std::string(backend::description_of(srv(r).check.code.load()));
                            },
                            .doc = "The last check's result in words."}};
const Add check_rise{Column{.name = "check_rise", .position = 67, .tags = "CGS", .bits = 32,
                            .server = [](const Row& r) -> Cell {
                              return is_checked(r) ? Cell(number{checks(r).rise}) : Cell{};
                            },
                            .doc = "Successes in a row that bring it up."}};
const Add check_fall{Column{.name = "check_fall", .position = 68, .tags = "CGS", .bits = 32,
                            .server = [](const Row& r) -> Cell {
                              return is_checked(r) ? Cell(number{checks(r).fall}) : Cell{};
                            },
                            .doc = "Failures in a row that take it down."}};
const Add check_health{Column{.name = "check_health", .position = 69, .tags = "CGS", .bits = 32,
                              .server = [](const Row& r) -> Cell {
                                return is_checked(r) ? Cell(number{srv(r).check.health.load()}) : Cell{};
                              },
                              .doc = "Between 0 and rise + fall - 1."}};
const Add uweight{Column{.name = "uweight", .position = 99, .tags = "MaP", .bits = 32,
                         .backend = [](const Row& r) -> Cell { return r.destination->backend->total_weight(); },
                         .server = [](const Row& r) -> Cell { return number{srv(r).user_weight.load()}; },
                         .doc = "Weight as configured or set by hand."}};

template <class Is>
Cell count_servers(const Row& r, Is is) {
  const auto servers = r.destination->backend->servers();
  return static_cast<number>(std::ranges::count_if(servers, [&](const auto& server) { return is(server->state()); }));
}
Cell usable_servers(const Row& r) {
  return count_servers(r, [](const backend::ServerState& s) { return s.usable(); });
}

const Add agg_server_status{Column{.name = "agg_server_status", .position = 100, .tags = "MGP", .bits = 32, .backend = usable_servers,
                                   .doc = "Servers that take traffic."}};
const Add agg_server_check_status{Column{.name = "agg_server_check_status", .position = 101, .tags = "MGP", .bits = 32, .backend = usable_servers,
                                         .doc = "The same, by the name it had before."}};

}  // namespace
}  // namespace sluice::admin
