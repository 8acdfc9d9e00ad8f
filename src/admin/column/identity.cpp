// Who a row is: names, numbers, kind, addresses.
#include "admin/column.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using text = std::string;
using number = std::uint64_t;

Cell mode_of(bool http) { return text(http ? "http" : "tcp"); }
Cell mode_of(const proxy::Destination& to) { return to.for_lines ? text("log") : mode_of(to.policy.http); }

// Those without a name are counted.
text listener_name(const Row& r) {
  if (!r.listener->name.empty()) return r.listener->name;
  return fmt::format("sock-{}", r.listener->id);
}

const Add pxname{Column{.name = "pxname", .position = 0, .tags = "KNS",
                        .frontend = [](const Row& r) -> Cell { return r.frontend->name; },
                        .backend = [](const Row& r) -> Cell { return r.destination->backend->name(); },
                        .server = [](const Row& r) -> Cell { return r.destination->backend->name(); },
                        .listener = [](const Row& r) -> Cell { return r.frontend->name; },
                     .doc = "Name of the proxy."}};
const Add svname{Column{.name = "svname", .position = 1, .tags = "KNS",
                        .frontend = [](const Row&) -> Cell { return text("FRONTEND"); },
                        .backend = [](const Row&) -> Cell { return text("BACKEND"); },
                        .server = [](const Row& r) -> Cell { return r.server->name(); },
                        .listener = [](const Row& r) -> Cell { return listener_name(r); },
                     .doc = "FRONTEND, BACKEND or the server's name."}};
const Add pid{Column{.name = "pid", .position = 26, .tags = "KGP", .bits = 32,
                     .frontend = [](const Row&) -> Cell { return number{1}; },
                     .backend = [](const Row&) -> Cell { return number{1}; },
                     .server = [](const Row&) -> Cell { return number{1}; },
                     .listener = [](const Row&) -> Cell { return number{1}; },
                     .doc = "Number of the process, always 1: there is one."}};
const Add iid{Column{.name = "iid", .position = 27, .tags = "KGS", .bits = 32,
                     .frontend = [](const Row& r) -> Cell { return number{r.frontend->id}; },
                     .backend = [](const Row& r) -> Cell { return number{r.destination->id}; },
                     .server = [](const Row& r) -> Cell { return number{r.destination->id}; },
                     .listener = [](const Row& r) -> Cell { return number{r.frontend->id}; },
                     .doc = "Number of the proxy."}};
const Add sid{Column{.name = "sid", .position = 28, .tags = "KGS", .bits = 32,
                     .frontend = [](const Row&) -> Cell { return number{0}; },
                     .backend = [](const Row&) -> Cell { return number{0}; },
                     .server = [](const Row& r) -> Cell { return number{r.server->id()}; },
                     .listener = [](const Row& r) -> Cell { return number{r.listener->id}; },
                     .doc = "Number of the server in its proxy."}};
const Add type{Column{.name = "type", .position = 32, .tags = "CGS", .bits = 32,
                      .frontend = [](const Row&) -> Cell { return number{0}; },
                      .backend = [](const Row&) -> Cell { return number{1}; },
                      .server = [](const Row&) -> Cell { return number{2}; },
                      .listener = [](const Row&) -> Cell { return number{3}; },
                     .doc = "0 frontend, 1 backend, 2 server, 3 listener."}};
const Add addr{Column{.name = "addr", .position = 73, .tags = "CGS",
                      .server = [](const Row& r) -> Cell { return r.legends ? Cell(r.server->address().text()) : Cell{}; },
                      .listener = [](const Row& r) -> Cell { return r.legends ? Cell(r.listener->places.front().address.text()) : Cell{}; },
                     .doc = "Address and port of the server."}};
const Add cookie{Column{.name = "cookie", .position = 74, .tags = "CNS",
                        .backend = [](const Row& r) -> Cell {
                          const std::string& name = r.destination->backend->settings().cookie.name;
                          return r.legends && !name.empty() ? Cell(name) : Cell{};
                        },
                        .server = [](const Row& r) -> Cell {
                          return r.legends && !r.server->cookie().empty() ? Cell(r.server->cookie()) : Cell{};
                        },
                        .doc = "Name of the persistence cookie, or the server's value of it."}};
const Add mode{Column{.name = "mode", .position = 75, .tags = "CGS",
                      .frontend = [](const Row& r) { return mode_of(r.frontend->http); },
                      .backend = [](const Row& r) { return mode_of(*r.destination); },
                      .server = [](const Row& r) { return mode_of(*r.destination); },
                      .listener = [](const Row& r) { return mode_of(r.frontend->http); },
                     .doc = "Mode of the proxy."}};
const Add algo{Column{.name = "algo", .position = 76, .tags = "CGS",
                      .backend = [](const Row& r) -> Cell { return r.legends ? Cell(r.destination->backend->settings().algorithm) : Cell{}; },
                      .doc = "Balancing algorithm."}};

}  // namespace
}  // namespace sluice::admin
