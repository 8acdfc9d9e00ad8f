// `dispatch` and `transparent`: servers without a name and options, from before `server` could do what they do.
#include "backend/settings.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

namespace in = config::in;

namespace setting {
const config::Setting<std::optional<ServerSettings>> unnamed_server{in::back_or_defaults};
}  // namespace setting

namespace {

using catalog::Add;
using config::Keyword;

void parse_dispatch(config::Line& line, config::Section& section) {
  const config::Word* const word = line.take("<address>:<port>");
  if (!word || !line.finish()) return;
  net::EndpointRules rules;
  rules.resolve = false;
  rules.port_required = true;
  const auto endpoint = net::parse_endpoint(word->text, rules);
  if (!endpoint) return line.alert(*word, fmt::format("'dispatch' : {}.", endpoint.error()));
  if (endpoint->form != net::Endpoint::Form::address || endpoint->transport != net::Endpoint::Transport::stream)
    return line.alert(*word, fmt::format("'dispatch' : '{}' is not an address to connect to.", word->text));
  ServerSettings server;
  server.name = "dispatch";
  server.place = word->place;
  server.address = endpoint->address.with_port(endpoint->port_first);
  server.host = endpoint->host;
  server.wanted_family = endpoint->wanted;
  server.port = endpoint->port_first;
  section.change(setting::unnamed_server, line) = std::move(server);
}

void parse_transparent(config::Line& line, config::Section& section) {
  if (!line.finish()) return;
  const std::optional<ServerSettings>& before = section[setting::unnamed_server];
  if (before && before->name == "dispatch") return;
  if (line.prefix() != config::Prefix::none) {
    section.change(setting::unnamed_server, line).reset();
    return;
  }
  ServerSettings server;
  server.name = "transparent";
  server.place = line.place();
  server.address = net::parse_endpoint("*")->address;
  server.port_from_client = true;
  section.change(setting::unnamed_server, line) = std::move(server);
}

const Add dispatch_entry{Keyword{.name = "dispatch", .args = "<address>:<port>", .sections = in::back, .parse = parse_dispatch,
    .deprecated = "server <name> <address>:<port>", .exposable = true,
    .doc = "Where connections go that stick to no server, unless balance is said; the statistics call it 'dispatch'."}};
const Add transparent_entry{Keyword{.name = "transparent", .sections = in::back_or_defaults, .parse = parse_transparent,
    .deprecated = "server <name> *", .exposable = true, .doc = "As option transparent."}};
const Add option_entry{Keyword{.name = "option transparent", .sections = in::back_or_defaults, .parse = parse_transparent,
    .prefixes = config::Prefixes::no_and_default, .deprecated = "server <name> *", .exposable = true,
    .doc = "Connections that stick to no server go where the client wanted to, unless balance is said; the statistics call "
           "that 'transparent'."}};

}  // namespace
}  // namespace sluice::backend
