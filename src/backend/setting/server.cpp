// `server` and `default-server`: name and address here, everything behind them by ServerOption entries (server_*.cpp).
#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "config/not_yet.hpp"

namespace sluice::backend {

namespace setting {
const config::Setting<ServerSettings> default_server{config::in::back_or_defaults};
const config::Setting<std::vector<ServerSettings>> servers{config::in::back};
}  // namespace setting

namespace {

void read_options(config::Line& line, ServerSettings& server, std::string_view which, ServerOption::Lines lines) {
  const catalog::Index<ServerOption>& options = catalog::entries<ServerOption>();
  while (const config::Word* const word = line.next()) {
    const ServerOption* const option = options.find(word->text);
    if (!option) {
      if (const std::string_view missing = config::waits_for(word->text); !missing.empty())
        return line.alert(*word, fmt::format("'{}' : '{}' is not implemented in this version: {}.", which, word->text, missing));
      const std::vector<std::string_view> names = options.names();
      const std::string_view meant = nearest(word->text, names);
      line.alert(*word, fmt::format("'{}' : unknown keyword '{}'.", which, word->text),
                 meant.empty() ? config::line_of_its_own(word->text) : fmt::format("did you mean '{}'?", meant));
      return;
    }
    if (lines == ServerOption::Lines::both && option->lines == ServerOption::Lines::server_only) {
      line.alert(*word, fmt::format("'{}' : '{}' is not accepted here, only on a server line.", which, word->text));
      return;
    }
    if (!option->parse(line, server)) return;
  }
}

bool read_address(config::Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<address>");
  if (!word) return false;
  net::EndpointRules rules;
  rules.resolve = false;
  rules.offset_allowed = true;
  const auto endpoint = net::parse_endpoint(word->text, rules);
  if (!endpoint) {
    line.alert(*word, fmt::format("'server {}' : {} in '{}'.", server.name, endpoint.error(), word->text));
    return false;
  }
  if (endpoint->form != net::Endpoint::Form::address || endpoint->transport != net::Endpoint::Transport::stream) {
    line.alert(*word, fmt::format("'server {}' : '{}' is not an address to connect to.", server.name, word->text));
    return false;
  }
  server.address = endpoint->address.with_port(endpoint->port_first);
  server.host = endpoint->host;
  server.wanted_family = endpoint->wanted;
  server.port = endpoint->port_first;
  server.port_from_client = !server.address.is_unix() && (!endpoint->port_given || endpoint->port_offset);
  server.port_offset = endpoint->port_offset.value_or(0);
  return true;
}

void parse_server(config::Line& line, config::Section& section) {
  const config::Word* const name = line.take("<name>");
  if (!name) return;
  ServerSettings server = section[setting::default_server];
  server.name = name->text;
  server.place = name->place;
  for (const ServerSettings& other : section[setting::servers]) {
    if (other.name != server.name) continue;
    line.warning(*name, fmt::format("{} '{}', another server named '{}' was already defined at line {}, please use distinct names.",
                                    section.kind_name(), section.name(), server.name, other.place.line),
                 "references by name find the first one");
    break;
  }
  if (!read_address(line, server)) return;
  read_options(line, server, fmt::format("server {}/{}", section.name(), server.name), ServerOption::Lines::server_only);
  section.change(setting::servers, line).push_back(std::move(server));
}

void parse_default_server(config::Line& line, config::Section& section) {
  ServerSettings server = section[setting::default_server];
  read_options(line, server, "default-server", ServerOption::Lines::both);
  section.change(setting::default_server, line) = std::move(server);
}

const catalog::Add server_entry{config::Keyword{
    .name = "server", .args = "<name> <address>[:[port]] [param*]", .sections = config::in::back, .parse = parse_server,
    .doc = "Declares a server of the backend: its name, where it is, and its options."}};
const catalog::Add parameters{config::LineParameters{
    .name = "server", .has = [](std::string_view word) { return catalog::entries<ServerOption>().find(word) != nullptr; },
    .doc = "What ServerOption entries are."}};
const catalog::Add default_server_entry{config::Keyword{
    .name = "default-server", .args = "[param*]", .sections = config::in::back_or_defaults, .parse = parse_default_server,
    .doc = "Options for all servers that are declared below it."}};

}  // namespace
}  // namespace sluice::backend
