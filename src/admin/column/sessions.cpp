// How many: sessions, connections, queues, rates, and their limits.
#include "admin/column.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using number = std::uint64_t;

const backend::BackendState& farm(const Row& r) { return r.destination->backend->state(); }
const backend::ServerState& srv(const Row& r) { return r.server->state(); }

template <auto member>
Cell frontend_sum(const Row& r) {
  return r.frontend->state.counters.sum(member);
}
template <auto member>
Cell backend_sum(const Row& r) {
  return farm(r).counters.sum(member);
}
template <auto member>
Cell server_sum(const Row& r) {
  return srv(r).counters.sum(member);
}
// Rates of all workers together.
template <class Counters, class Member>
number rate_of(const backend::PerWorker<Counters>& counters, Member member, Instant now) {
  number total = 0;
  for (unsigned i = 0; i < counters.size(); ++i) total += (counters.at(i).*member).per_second(now);
  return total;
}
template <auto member>
Cell listener_sum(const Row& r) {
  return r.listener->state->counters.sum(member);
}
bool of_http(const Row& r) { return r.destination->policy.http; }
Cell limit(number n) { return n ? Cell(n) : Cell{}; }

const Add qcur{Column{.name = "qcur", .position = 2, .tags = "MGP", .bits = 32,
                      .backend = [](const Row& r) -> Cell { return number{farm(r).queued.load()}; },
                      .server = [](const Row& r) -> Cell { return number{srv(r).queued.load()}; },
                      .doc = "Requests that wait now; of a backend those that wait for no server in particular."}};
const Add qmax{Column{.name = "qmax", .position = 3, .tags = "MMP", .bits = 32,
                      .backend = [](const Row& r) -> Cell { return farm(r).queued_peak.value(); },
                      .server = [](const Row& r) -> Cell { return srv(r).queued_peak.value(); },
                      .doc = "Most requests that ever waited."}};
const Add scur{Column{.name = "scur", .position = 4, .tags = "MGP", .bits = 32,
                      .frontend = [](const Row& r) -> Cell { return number{r.frontend->state.sessions.load()}; },
                      .backend = [](const Row& r) -> Cell { return number{farm(r).sessions.load()}; },
                      .server = [](const Row& r) -> Cell { return number{srv(r).served.load()}; },
                      .listener = [](const Row& r) -> Cell { return number{r.listener->sessions->load()}; },
                     .doc = "Sessions now."}};
const Add smax{Column{.name = "smax", .position = 5, .tags = "MMP", .bits = 32,
                      .frontend = [](const Row& r) -> Cell { return r.frontend->state.sessions_peak.value(); },
                      .backend = [](const Row& r) -> Cell { return farm(r).sessions_peak.value(); },
                      .server = [](const Row& r) -> Cell { return srv(r).served_peak.value(); },
                      .listener = [](const Row& r) -> Cell { return r.listener->state->sessions_peak.value(); },
                     .doc = "Most sessions ever."}};
const Add slim{Column{.name = "slim", .position = 6, .tags = "CLP", .bits = 32,
                      .frontend = [](const Row& r) -> Cell { return number{r.frontend->state.maxconn.load()}; },
                      .backend = [](const Row& r) -> Cell { return number{r.destination->backend->fullconn()}; },
                      .server = [](const Row& r) { return limit(r.server->maxconn()); },
                      .listener = [](const Row& r) -> Cell { return number{r.listener->maxconn}; },
                     .doc = "Limit of sessions (a backend's: fullconn)."}};
const Add stot{Column{.name = "stot", .position = 7, .tags = "MCP",
                      .frontend = frontend_sum<&proxy::FrontendCounters::stot>,
                      .backend = backend_sum<&backend::Counters::stot>,
                      .server = server_sum<&backend::Counters::stot>,
                      .listener = listener_sum<&proxy::FrontendCounters::stot>,
                     .doc = "Sessions since the start."}};
const Add qlimit{Column{.name = "qlimit", .position = 25, .tags = "CGS", .bits = 32,
                        .server = [](const Row& r) { return limit(r.server->settings().maxqueue); },
                        .doc = "Limit of the server's queue."}};
const Add lbtot{Column{.name = "lbtot", .position = 30, .tags = "MCP",
                       .backend = backend_sum<&backend::Counters::lbtot>,
                       .server = server_sum<&backend::Counters::lbtot>,
                       .doc = "Times chosen by the balancing algorithm."}};
const Add rate{Column{.name = "rate", .position = 33, .tags = "MRP", .backend_tags = "MGP", .bits = 32,
                      .frontend = [](const Row& r) -> Cell {
                        return rate_of(r.frontend->state.counters, &proxy::FrontendCounters::sessions, r.now);
                      },
                      .backend = [](const Row& r) -> Cell {
                        return rate_of(farm(r).counters, &backend::Counters::sessions, r.now);
                      },
                      .server = [](const Row& r) -> Cell { return srv(r).rate(r.now); },
                      .doc = "Sessions of the last second."}};
const Add rate_lim{Column{.name = "rate_lim", .position = 34, .tags = "CLP", .bits = 32,
                          .frontend = [](const Row& r) -> Cell { return number{r.frontend->state.max_session_rate.load()}; },
                          .doc = "Limit of sessions per second, 0: none."}};
const Add rate_max{Column{.name = "rate_max", .position = 35, .tags = "MMP", .backend_tags = "MGP", .bits = 32,
                          .frontend = [](const Row& r) -> Cell {
                            return r.frontend->state.counters.most(&proxy::FrontendCounters::sessions);
                          },
                          .backend = [](const Row& r) -> Cell { return farm(r).counters.most(&backend::Counters::sessions); },
                          .server = [](const Row& r) -> Cell { return srv(r).counters.most(&backend::Counters::sessions); },
                          .doc = "Most sessions in a second."}};
const Add req_rate{Column{.name = "req_rate", .position = 46, .tags = "MRP", .bits = 32,
                          .frontend = [](const Row& r) -> Cell {
                            return rate_of(r.frontend->state.counters, &proxy::FrontendCounters::requests, r.now);
                          },
                          .doc = "HTTP requests of the last second."}};
const Add req_rate_max{Column{.name = "req_rate_max", .position = 47, .tags = "MMP", .bits = 32,
                              .frontend = [](const Row& r) -> Cell {
                                return r.frontend->state.counters.most(&proxy::FrontendCounters::requests);
                              },
                              .doc = "Most HTTP requests in a second."}};
const Add req_tot{Column{.name = "req_tot", .position = 48, .tags = "MCP",
                         .frontend = frontend_sum<&proxy::FrontendCounters::req_tot>,
                         .backend = [](const Row& r) { return of_http(r) ? backend_sum<&backend::Counters::req_tot>(r) : Cell{}; },
                         .server = [](const Row& r) { return of_http(r) ? server_sum<&backend::Counters::req_tot>(r) : Cell{}; },
                         .doc = "HTTP requests since the start."}};
const Add conn_rate{Column{.name = "conn_rate", .position = 77, .tags = "MRP", .bits = 32,
                           .frontend = [](const Row& r) -> Cell {
                             return rate_of(r.frontend->state.counters, &proxy::FrontendCounters::connections, r.now);
                           },
                           .doc = "Connections of the last second."}};
const Add conn_rate_max{Column{.name = "conn_rate_max", .position = 78, .tags = "MMP", .bits = 32,
                               .frontend = [](const Row& r) -> Cell {
                                 return r.frontend->state.counters.most(&proxy::FrontendCounters::connections);
                               },
                               .doc = "Most connections in a second."}};
const Add conn_tot{Column{.name = "conn_tot", .position = 79, .tags = "MCP",
                          .frontend = frontend_sum<&proxy::FrontendCounters::conn_tot>,
                          .doc = "Connections since the start."}};
const Add connect{Column{.name = "connect", .position = 84, .tags = "MCP",
                         .backend = backend_sum<&backend::Counters::connect>,
                         .server = server_sum<&backend::Counters::connect>,
                         .doc = "Connections opened to servers."}};
const Add reuse{Column{.name = "reuse", .position = 85, .tags = "MCP",
                       .backend = backend_sum<&backend::Counters::reuse>,
                       .server = server_sum<&backend::Counters::reuse>,
                       .doc = "Requests sent over a connection that was there."}};
const Add srv_icur{Column{.name = "srv_icur", .position = 88, .tags = "MGP", .bits = 32,
                          .server = [](const Row& r) -> Cell {
                            return static_cast<number>(std::max<std::int64_t>(0, srv(r).idle.load()));
                          },
                          .doc = "Idle connections to the server."}};

const Add wrew{Column{.name = "wrew", .position = 83, .tags = "MCP", .frontend = frontend_sum<&proxy::FrontendCounters::wrew>,
                      .backend = backend_sum<&backend::Counters::wrew>, .server = server_sum<&backend::Counters::wrew>,
                      .listener = listener_sum<&proxy::FrontendCounters::wrew>, .doc = "Rewrites of headers that could not be done."}};
const Add eint{Column{.name = "eint", .position = 94, .tags = "MCP", .frontend = frontend_sum<&proxy::FrontendCounters::eint>,
                      .backend = backend_sum<&backend::Counters::eint>, .server = server_sum<&backend::Counters::eint>,
                      .listener = listener_sum<&proxy::FrontendCounters::eint>, .doc = "Errors of the process itself."}};
// Idle connections belong to one worker; none of them is kept apart as safer than others.
const Add safe_conn_cur{Column{.name = "safe_conn_cur", .position = 96, .tags = "MGP", .bits = 32, .server = [](const Row&) -> Cell { return number{0}; },
                               .doc = "Idle connections kept apart from idle_conn_cur."}};
const Add src_ilim{Column{.name = "src_ilim", .position = 89, .tags = "CLP", .bits = 32,
                          .server = [](const Row& r) -> Cell {
                            const std::int64_t most = r.server->settings().pool_max_conn;
                            return most < 0 ? Cell{} : Cell(static_cast<number>(most));
                          },
                          .doc = "Limit of idle connections to the server."}};
const Add idle_conn_cur{Column{.name = "idle_conn_cur", .position = 95, .tags = "MGP", .bits = 32,
                               .server = [](const Row& r) -> Cell {
                                 return static_cast<number>(std::max<std::int64_t>(0, srv(r).idle.load()));
                               },
                               .doc = "Idle connections any session may take."}};
const Add used_conn_cur{Column{.name = "used_conn_cur", .position = 97, .tags = "MGP", .bits = 32,
                               .server = [](const Row& r) -> Cell { return number{srv(r).served.load()}; },
                               .doc = "Connections in use."}};
// No estimate is made: what was needed at once at the worst.
const Add need_conn_est{Column{.name = "need_conn_est", .position = 98, .tags = "MGP", .bits = 32,
                               .server = [](const Row& r) -> Cell { return srv(r).served_peak.value(); },
                               .doc = "Connections that were needed at once."}};

// HTTP/1 is what there is; what is no HTTP is `other`.
template <auto member, bool http>
Cell by_protocol(const Row& r) {
  return r.frontend->http == http ? Cell(r.frontend->state.counters.sum(member)) : Cell(number{0});
}
const Add sess_other{Column{.name = "sess_other", .position = 104, .tags = "MCP",
                            .frontend = by_protocol<&proxy::FrontendCounters::stot, false>, .doc = "Sessions other than HTTP."}};
const Add h1sess{Column{.name = "h1sess", .position = 105, .tags = "MCP",
                        .frontend = by_protocol<&proxy::FrontendCounters::stot, true>, .doc = "HTTP/1 sessions."}};
const Add h1req{Column{.name = "h1req", .position = 109, .tags = "MCP",
                       .frontend = by_protocol<&proxy::FrontendCounters::req_tot, true>, .doc = "HTTP/1 requests."}};

}  // namespace
}  // namespace sluice::admin
