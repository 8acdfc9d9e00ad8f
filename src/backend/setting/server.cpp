// `server` and `default-server`: name and address here, everything behind them by ServerOption entries (server_*.cpp).
#include <unordered_map>

#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "config/name.hpp"
#include "config/not_yet.hpp"

namespace sluice::backend {

namespace setting {
const config::Setting<ServerSettings> default_server{config::in::back_or_defaults};
const config::Setting<std::vector<ServerSettings>> servers{config::in::back};
}  // namespace setting

namespace {

using LinesByName = std::unordered_map<std::string, std::uint32_t>;
const config::Setting<LinesByName> first_lines{config::in::back};  // where the first server of each name stands

}  // namespace

const ServerOption* find_server_option(std::string_view word) {
  const catalog::Index<ServerOption>& options = catalog::entries<ServerOption>();
  const std::size_t open = word.find('(');
  const ServerOption* const option = options.find(word.substr(0, open));
  return option && option->takes_parameter == (open != std::string_view::npos) ? option : nullptr;
}

namespace {

// What is wrong with an option's name or place; false: it was said.
bool fits(const config::Line& line, const config::Word& word, const ServerOption& option, std::string_view which, ServerOption::Lines lines) {
  if (lines == ServerOption::Lines::both && option.lines == ServerOption::Lines::server_only) {
    line.alert(word, fmt::format("'{}' : '{}' is not accepted here, only on a server line.", which, word.text));
    return false;
  }
  if (lines == ServerOption::Lines::template_only && option.name == "guid") {
    line.alert(word, fmt::format("'{}' : 'guid' names one object, a template makes several.", which));
    return false;
  }
  if (!option.inherent.empty())
    line.diagnostics().diagnostic(word.place, fmt::format("'{}' : '{}' changes nothing here: {}", which, word.text, option.inherent));
  return true;
}

// Every mistake is told. What follows an unknown word may be its argument: it is told only if it looks like an option.
void read_options(config::Line& line, ServerSettings& server, std::string_view which, ServerOption::Lines lines) {
  const std::vector<std::string_view> names = catalog::entries<ServerOption>().names();
  bool behind_unknown = false;
  while (const config::Word* const word = line.next()) {
    if (const ServerOption* const option = find_server_option(word->text)) {
      behind_unknown = !fits(line, *word, *option, which, lines);
      if (!behind_unknown && option->parse) option->parse(line, server);
      continue;
    }
    const std::string_view missing = config::waits_for(word->text);
    const std::string_view meant = nearest(word->text, names);
    if (behind_unknown && missing.empty() && (meant.empty() || !is_alpha(word->text[0]))) continue;
    behind_unknown = true;
    if (!missing.empty())
      line.alert(*word, fmt::format("'{}' : '{}' is not implemented in this version: {}.", which, word->text, missing));
    else
      line.alert(*word, fmt::format("'{}' : unknown keyword '{}'.", which, word->text),
                 meant.empty() ? config::line_of_its_own(word->text) : fmt::format("did you mean '{}'?", meant));
  }
}

bool read_address(config::Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<address>");
  if (!word) return false;
  net::EndpointRules rules;
  rules.resolve = false;
  rules.offset_allowed = true;
  rules.multipath_allowed = true;
  const auto endpoint = net::parse_endpoint(word->text, rules);
  if (!endpoint) {
    line.alert(*word, fmt::format("'server {}' : {} in '{}'.", server.name, endpoint.error(), word->text));
    return false;
  }
  server.datagrams = endpoint->form == net::Endpoint::Form::address && endpoint->transport != net::Endpoint::Transport::stream;
  if (endpoint->form != net::Endpoint::Form::address) {
    line.alert(*word, fmt::format("'server {}' : '{}' is not an address to connect to.", server.name, word->text));
    return false;
  }
  server.address = endpoint->address.with_port(endpoint->port_first);
  server.multipath = endpoint->multipath;
  server.host = endpoint->host;
  server.wanted_family = endpoint->wanted;
  server.port = endpoint->port_first;
  server.port_from_client = !server.address.is_unix() && (!endpoint->port_given || endpoint->port_offset);
  server.port_offset = endpoint->port_offset.value_or(0);
  return true;
}

void warn_of_namesake(const config::Line& line, const config::Word& word, const config::Section& section, std::string_view name) {
  const LinesByName& others = section[first_lines];
  const auto same = others.find(std::string(name));
  if (same == others.end()) return;
  line.warning(word, fmt::format("{} '{}', another server named '{}' was already defined at line {}, please use distinct names.",
                                 section.kind_name(), section.name(), name, same->second),
               "references by name find the first one");
}

const config::Word* take_name(config::Line& line, std::string_view what, std::string_view of) {
  const config::Word* const word = line.take(what);
  if (!word) return nullptr;
  if (word->text.empty()) line.alert(*word, fmt::format("'{}' expects {}", line.keyword(), what));
  return config::good_name(*word, of, line.diagnostics()) ? word : nullptr;
}

void parse_server(config::Line& line, config::Section& section) {
  const config::Word* const name = take_name(line, "<name>", "server name");
  if (!name) return;
  ServerSettings server = section[setting::default_server];
  server.name = name->text;
  server.place = name->place;
  warn_of_namesake(line, *name, section, server.name);
  if (!read_address(line, server)) return;
  read_options(line, server, fmt::format("server {}/{}", section.name(), server.name), ServerOption::Lines::server_only);
  section.change(first_lines, line).emplace(server.name, server.place.line);
  section.change(setting::servers, line).push_back(std::move(server));
}

// "3" is 1 to 3, "5-7" is 5 to 7; nothing: it is neither, or more than is sensible.
std::optional<std::pair<unsigned, unsigned>> take_numbers(config::Line& line) {
  constexpr std::uint64_t most = 65535;
  const config::Word* const word = line.take("<num | range>");
  if (!word) return std::nullopt;
  const std::string_view text = word->text;
  const std::size_t dash = text.find('-');
  const auto first = dash == text.npos ? std::optional<std::uint64_t>(1) : parse_uint(text.substr(0, dash));
  const auto last = parse_uint(dash == text.npos ? text : text.substr(dash + 1));
  if (first && last && *first <= *last && *last <= most && *last != 0)
    return std::pair{static_cast<unsigned>(*first), static_cast<unsigned>(*last)};
  line.alert(*word, fmt::format("'server-template' expects a number of servers or a range of numbers up to {}, not '{}'.", most, text));
  return std::nullopt;
}

void parse_server_template(config::Line& line, config::Section& section) {
  const config::Word* const prefix = take_name(line, "<prefix>", "server-template prefix");
  if (!prefix) return;
  const config::Word named = *prefix;
  const auto numbers = take_numbers(line);
  if (!numbers) return;
  ServerSettings server = section[setting::default_server];
  server.name = named.text;
  server.place = named.place;
  if (!read_address(line, server)) return;
  read_options(line, server, fmt::format("server-template {}/{}", section.name(), server.name), ServerOption::Lines::template_only);
  std::vector<ServerSettings>& servers = section.change(setting::servers, line);
  for (unsigned n = numbers->first; n <= numbers->second; ++n) {
    server.name = fmt::format("{}{}", named.text, n);
    warn_of_namesake(line, named, section, server.name);
    section.change(first_lines, line).emplace(server.name, server.place.line);
    servers.push_back(server);
    server.id = 0;  // the first has the one that was given
    server.id_given = false;
  }
}

void parse_default_server(config::Line& line, config::Section& section) {
  ServerSettings server = section[setting::default_server];
  read_options(line, server, "default-server", ServerOption::Lines::both);
  section.change(setting::default_server, line) = std::move(server);
}

const catalog::Add server_entry{config::Keyword{
    .name = "server", .args = "<name> <address>[:[port]] [param*]", .sections = config::in::back, .parse = parse_server,
    .doc = "Declares a server of the backend: its name, where it is, and its options."}};
const catalog::Add template_entry{config::Keyword{
    .name = "server-template", .args = "<prefix> <num | range> <fqdn>[:<port>] [param*]", .sections = config::in::back,
    .parse = parse_server_template,
    .doc = "Declares several servers that differ in the number their names end with: 3 makes <prefix>1 to <prefix>3, 5-7 "
           "<prefix>5 to <prefix>7. A name is resolved once for each; they share its addresses."}};
const catalog::Add parameters{config::LineParameters{
    .name = "server", .has = [](std::string_view word) { return find_server_option(word) != nullptr; },
    .doc = "What ServerOption entries are."}};
const catalog::Add default_server_entry{config::Keyword{
    .name = "default-server", .args = "[param*]", .sections = config::in::back_or_defaults, .parse = parse_default_server,
    .doc = "Options for all servers that are declared below it."}};

}  // namespace
}  // namespace sluice::backend
