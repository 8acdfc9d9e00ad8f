#include "proxy/bind.hpp"

#include "base/text.hpp"
#include "config/diagnostics.hpp"
#include "config/keyword.hpp"
#include "config/not_yet.hpp"

namespace sluice::proxy {
namespace {

const catalog::Add parameters{config::LineParameters{
    .name = "bind", .has = [](std::string_view word) { return catalog::entries<BindOption>().find(word) != nullptr; },
    .doc = "What BindOption entries are."}};

}  // namespace

std::optional<std::vector<Bind::Where>> parse_bind_places(config::Line& line, const config::Word& word) {
  net::EndpointRules rules;
  rules.range_allowed = true;
  const auto endpoints = net::parse_endpoints(word.text, rules);
  if (!endpoints) {
    line.alert(word, fmt::format("'{}' : invalid address: {}.", line.keyword(), endpoints.error()));
    return std::nullopt;
  }
  std::vector<Bind::Where> places;
  for (const net::Endpoint& endpoint : *endpoints) {
    if (endpoint.transport == net::Endpoint::Transport::datagram) {
      line.alert(word, fmt::format("'{}' : datagram sockets are not supported here.", line.keyword()));
      return std::nullopt;
    }
    if (endpoint.form != net::Endpoint::Form::address) {
      places.push_back({.address = {}, .descriptor = endpoint.descriptor, .pair = endpoint.form == net::Endpoint::Form::socketpair});
      continue;
    }
    if (endpoint.address.is_unix()) {
      places.push_back({.address = endpoint.address});
      continue;
    }
    if (!endpoint.port_given) {
      line.alert(word, fmt::format("'{}' : missing port number: '{}'.", line.keyword(), word.text));
      return std::nullopt;
    }
    for (unsigned port = endpoint.port_first; port <= endpoint.port_last; ++port)
      places.push_back({.address = endpoint.address.with_port(static_cast<std::uint16_t>(port))});
  }
  return places;
}

std::optional<Bind> parse_bind(config::Line& line) {
  const config::Word* const word = line.take("<address> and optional parameters");
  if (!word) return std::nullopt;
  Bind bind;
  bind.place = word->place;
  auto places = parse_bind_places(line, *word);
  if (!places) return std::nullopt;
  bind.places = std::move(*places);
  while (const config::Word* option = line.next()) {
    const BindOption* const entry = catalog::entries<BindOption>().find(option->text);
    if (!entry) {
      if (const std::string_view missing = config::waits_for(option->text); !missing.empty()) {
        line.alert(*option, fmt::format("'{}' : '{}' is not implemented in this version: {}.", line.keyword(), option->text, missing));
        return std::nullopt;
      }
      const auto names = catalog::entries<BindOption>().names();
      const std::string_view near = nearest(option->text, names);
      line.alert(*option, fmt::format("'{}' : unknown keyword '{}'.", line.keyword(), option->text),
                 near.empty() ? config::line_of_its_own(option->text) : fmt::format("did you mean '{}' ?", near));
      return std::nullopt;
    }
    if (!entry->inherent.empty())
      line.diagnostics().diagnostic(option->place, fmt::format("'{}' : '{}' changes nothing here: {}", line.keyword(), option->text, entry->inherent));
    if (entry->parse && !entry->parse(line, bind)) return std::nullopt;
  }
  return bind;
}

}  // namespace sluice::proxy
