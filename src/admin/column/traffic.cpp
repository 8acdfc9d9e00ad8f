// Bytes, answers by status, and what went wrong.
#include "admin/column.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using F = proxy::FrontendCounters;
using B = backend::Counters;

template <auto member>
Cell of_frontend(const Row& r) {
  return r.frontend->state.counters.sum(member);
}
template <auto member>
Cell of_listener(const Row& r) {
  return r.listener->state->counters.sum(member);
}
template <auto member>
Cell of_backend(const Row& r) {
  return r.destination->backend->state().counters.sum(member);
}
template <auto member>
Cell of_server(const Row& r) {
  return r.server->state().counters.sum(member);
}

// What is counted about HTTP messages stays empty in mode tcp.
template <auto member>
Cell http_frontend(const Row& r) {
  return r.frontend->http ? of_frontend<member>(r) : Cell{};
}
template <auto member>
Cell http_backend(const Row& r) {
  return r.destination->policy.http ? of_backend<member>(r) : Cell{};
}
template <auto member>
Cell http_server(const Row& r) {
  return r.destination->policy.http ? of_server<member>(r) : Cell{};
}

const Add bin{Column{.name = "bin", .position = 8, .tags = "MCP", .frontend = of_frontend<&F::bin>,
                     .backend = of_backend<&B::bin>, .server = of_server<&B::bin>, .listener = of_listener<&F::bin>,
                     .doc = "Bytes from clients."}};
const Add bout{Column{.name = "bout", .position = 9, .tags = "MCP", .frontend = of_frontend<&F::bout>,
                      .backend = of_backend<&B::bout>, .server = of_server<&B::bout>, .listener = of_listener<&F::bout>,
                     .doc = "Bytes to clients."}};
const Add dreq{Column{.name = "dreq", .position = 10, .tags = "MCP", .frontend = of_frontend<&F::dreq>,
                      .backend = of_backend<&B::dreq>, .listener = of_listener<&F::dreq>,
                     .doc = "Requests denied by rules."}};
const Add dresp{Column{.name = "dresp", .position = 11, .tags = "MCP", .frontend = of_frontend<&F::dresp>,
                       .backend = of_backend<&B::dresp>, .server = of_server<&B::dresp>,
                       .listener = of_listener<&F::dresp>,
                     .doc = "Responses denied by rules."}};
const Add ereq{Column{.name = "ereq", .position = 12, .tags = "MCP", .frontend = of_frontend<&F::ereq>,
                      .listener = of_listener<&F::ereq>,
                     .doc = "Request errors."}};
const Add econ{Column{.name = "econ", .position = 13, .tags = "MCP", .backend = of_backend<&B::econ>,
                      .server = of_server<&B::econ>, .doc = "Failed connections to servers."}};
const Add eresp{Column{.name = "eresp", .position = 14, .tags = "MCP", .backend = of_backend<&B::eresp>,
                       .server = of_server<&B::eresp>, .doc = "Response errors."}};
const Add wretr{Column{.name = "wretr", .position = 15, .tags = "MCP", .backend = of_backend<&B::wretr>,
                       .server = of_server<&B::wretr>, .doc = "Retried connections."}};
const Add wredis{Column{.name = "wredis", .position = 16, .tags = "MCP", .backend = of_backend<&B::wredis>,
                        .server = of_server<&B::wredis>, .doc = "Requests sent to another server than first chosen."}};
const Add hrsp_1xx{Column{.name = "hrsp_1xx", .position = 39, .tags = "MCP", .frontend = http_frontend<&F::hrsp_1xx>,
                          .backend = http_backend<&B::hrsp_1xx>, .server = http_server<&B::hrsp_1xx>,
                          .doc = "Answers with status 1xx."}};
const Add hrsp_2xx{Column{.name = "hrsp_2xx", .position = 40, .tags = "MCP", .frontend = http_frontend<&F::hrsp_2xx>,
                          .backend = http_backend<&B::hrsp_2xx>, .server = http_server<&B::hrsp_2xx>,
                          .doc = "Answers with status 2xx."}};
const Add hrsp_3xx{Column{.name = "hrsp_3xx", .position = 41, .tags = "MCP", .frontend = http_frontend<&F::hrsp_3xx>,
                          .backend = http_backend<&B::hrsp_3xx>, .server = http_server<&B::hrsp_3xx>,
                          .doc = "Answers with status 3xx."}};
const Add hrsp_4xx{Column{.name = "hrsp_4xx", .position = 42, .tags = "MCP", .frontend = http_frontend<&F::hrsp_4xx>,
                          .backend = http_backend<&B::hrsp_4xx>, .server = http_server<&B::hrsp_4xx>,
                          .doc = "Answers with status 4xx."}};
const Add hrsp_5xx{Column{.name = "hrsp_5xx", .position = 43, .tags = "MCP", .frontend = http_frontend<&F::hrsp_5xx>,
                          .backend = http_backend<&B::hrsp_5xx>, .server = http_server<&B::hrsp_5xx>,
                          .doc = "Answers with status 5xx."}};
const Add hrsp_other{Column{.name = "hrsp_other", .position = 44, .tags = "MCP",
                            .frontend = http_frontend<&F::hrsp_other>, .backend = http_backend<&B::hrsp_other>,
                            .server = http_server<&B::hrsp_other>, .doc = "Answers with another status."}};
const Add cli_abrt{Column{.name = "cli_abrt", .position = 49, .tags = "MCP", .backend = of_backend<&B::cli_abrt>,
                          .server = of_server<&B::cli_abrt>, .doc = "Transfers the client aborted."}};
const Add srv_abrt{Column{.name = "srv_abrt", .position = 50, .tags = "MCP", .backend = of_backend<&B::srv_abrt>,
                          .server = of_server<&B::srv_abrt>, .doc = "Transfers the server aborted."}};
const Add intercepted{Column{.name = "intercepted", .position = 80, .tags = "MCP",
                             .frontend = http_frontend<&F::intercepted>, .doc = "Requests answered by rules."}};
const Add dcon{Column{.name = "dcon", .position = 81, .tags = "MCP", .frontend = of_frontend<&F::dcon>,
                      .listener = of_listener<&F::dcon>,
                     .doc = "Connections denied by tcp-request connection rules."}};
const Add dses{Column{.name = "dses", .position = 82, .tags = "MCP", .frontend = of_frontend<&F::dses>,
                      .listener = of_listener<&F::dses>,
                     .doc = "Connections denied by tcp-request session rules."}};

// There is no compression and no cache in this version: none of the bytes went through either.
Cell none_of_any(const Row&) { return std::uint64_t{0}; }
Cell none_of_http_frontend(const Row& r) { return r.frontend->http ? Cell(std::uint64_t{0}) : Cell{}; }
Cell none_of_http_backend(const Row& r) { return r.destination->policy.http ? Cell(std::uint64_t{0}) : Cell{}; }

const Add comp_in{Column{.name = "comp_in", .position = 51, .tags = "MCP", .frontend = none_of_any, .backend = none_of_any,
                         .doc = "Bytes given to the compressor."}};
const Add comp_out{Column{.name = "comp_out", .position = 52, .tags = "MCP", .frontend = none_of_any, .backend = none_of_any,
                          .doc = "Bytes the compressor gave."}};
const Add comp_byp{Column{.name = "comp_byp", .position = 53, .tags = "MCP", .frontend = none_of_any, .backend = none_of_any,
                          .doc = "Bytes that went past the compressor for want of CPU or bandwidth."}};
const Add comp_rsp{Column{.name = "comp_rsp", .position = 54, .tags = "MCP", .frontend = none_of_any, .backend = none_of_any,
                          .doc = "Answers that were compressed."}};
const Add cache_lookups{Column{.name = "cache_lookups", .position = 86, .tags = "MCP", .frontend = none_of_http_frontend,
                               .backend = none_of_http_backend, .doc = "Requests looked for in the cache."}};
const Add cache_hits{Column{.name = "cache_hits", .position = 87, .tags = "MCP", .frontend = none_of_http_frontend,
                            .backend = none_of_http_backend, .doc = "Requests found in the cache."}};

}  // namespace
}  // namespace sluice::admin
