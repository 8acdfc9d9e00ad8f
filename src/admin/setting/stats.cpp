#include "admin/setting/stats.hpp"

namespace sluice::admin {

const config::Setting<std::vector<proxy::Bind>> stats_sockets{config::in::global};

const config::Setting<std::optional<Duration>> stats_timeout{
    {.name = "stats timeout", .args = "<time>", .sections = config::in::global,
     .doc = "How long a connection to the runtime API may be silent; 10 seconds by default."}};

namespace {

void parse_stats_socket(config::Line& line, config::Section& section) {
  std::optional<proxy::Bind> bind = proxy::parse_bind(line);
  if (bind) section.change(stats_sockets, line).push_back(std::move(*bind));
}

const catalog::Add socket_entry{config::Keyword{
    .name = "stats socket", .args = "<address> [<bind option>*] [level user|operator|admin]",
    .sections = config::in::global, .parse = parse_stats_socket,
    .doc = "Listens for the runtime API. The level says what its clients may do; operator by default."}};

// `level` is a bind option of its own: only stats sockets ask for it.
bool parse_level(config::Line& line, proxy::Bind& bind) {
  constexpr config::Choice<std::string_view> levels[] = {{"user", "user"}, {"operator", "operator"}, {"admin", "admin"}};
  const auto level = line.take_choice<std::string_view>(levels);
  if (level) bind.level = *level;
  return level.has_value();
}

const catalog::Add level_entry{proxy::BindOption{.name = "level", .args = "user|operator|admin", .parse = parse_level,
                                                 .doc = "What clients of a stats socket may do."}};

}  // namespace
}  // namespace sluice::admin
