#include "admin/setting/stats.hpp"

#include "proxy/setting/numbering.hpp"

namespace sluice::admin {

const config::Setting<std::vector<proxy::Bind>> stats_sockets{config::in::global};

const config::Setting<std::optional<Duration>> stats_timeout{
    {.name = "stats timeout", .args = "<time>", .sections = config::in::global,
     .doc = "How long a connection to the runtime API may be silent; 10 seconds by default."}};

const config::Setting<std::uint32_t> stats_maxconn{
    {.name = "stats maxconn", .args = "<connections>", .sections = config::in::global, .initial = 10, .min = 1,
     .doc = "Connections to all sockets of the runtime API together; more wait."}};

namespace {

void parse_stats_socket(config::Line& line, config::Section& section) {
  std::optional<proxy::Bind> bind = proxy::parse_bind(line);
  if (!bind) return;
  section.change(stats_sockets, line).push_back(std::move(*bind));
  section.change(proxy::setting::has_stats_socket, line) = true;
}

const catalog::Add socket_entry{config::Keyword{
    .name = "stats socket", .args = "<address> [<bind option>*] [level user|operator|admin]",
    .sections = config::in::global, .parse = parse_stats_socket,
    .doc = "Listens for the runtime API. The level says what its clients may do; operator by default."}};

}  // namespace
}  // namespace sluice::admin
