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
  rules.multipath_allowed = true;
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
      places.push_back({.address = endpoint.address.with_port(static_cast<std::uint16_t>(port)), .multipath = endpoint.multipath});
  }
  return places;
}

// Every mistake is told. What follows an unknown word may be its argument: it is told only if it looks like an option.
std::optional<Bind> parse_bind(config::Line& line) {
  const config::Word* const address = line.take("<address> and optional parameters");
  if (!address) return std::nullopt;
  Bind bind;
  bind.place = address->place;
  auto places = parse_bind_places(line, *address);
  bool fine = places.has_value();
  if (fine) bind.places = std::move(*places);
  bind.options.multipath = !bind.places.empty() && bind.places.front().multipath;
  const auto names = catalog::entries<BindOption>().names();
  bool behind_unknown = false;
  while (const config::Word* const word = line.next()) {
    if (const BindOption* const option = catalog::entries<BindOption>().find(word->text)) {
      behind_unknown = false;
      if (!option->inherent.empty())
        line.diagnostics().diagnostic(word->place, fmt::format("'{}' : '{}' changes nothing here: {}", line.keyword(), word->text, option->inherent));
      if (option->parse && !option->parse(line, bind)) fine = false;
      continue;
    }
    fine = false;
    const std::string_view missing = config::waits_for(word->text);
    const std::string_view near = nearest(word->text, names);
    if (behind_unknown && missing.empty() && (near.empty() || !is_alpha(word->text[0]))) continue;
    behind_unknown = true;
    if (!missing.empty())
      line.alert(*word, fmt::format("'{}' : '{}' is not implemented in this version: {}.", line.keyword(), word->text, missing));
    else
      line.alert(*word, fmt::format("'{}' : unknown keyword '{}'.", line.keyword(), word->text),
                 near.empty() ? config::line_of_its_own(word->text) : fmt::format("did you mean '{}' ?", near));
  }
  if (!fine) return std::nullopt;
  return bind;
}

}  // namespace sluice::proxy
