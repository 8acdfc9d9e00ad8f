#include "proxy/numbering.hpp"

#include <map>
#include <unordered_set>

#include "config/guid.hpp"
#include "config/setting/proxy.hpp"
#include "proxy/build.hpp"
#include "proxy/setting/numbering.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {

// Each proxy's `id`, or its place among the proxies of the files, past the ids that are said: 2 for the first one if there is a
// stats socket, whose own number is 1.
std::unordered_map<const config::Section*, unsigned> number_proxies(const config::Config& config) {
  std::unordered_map<const config::Section*, unsigned> numbers;
  const auto proxies = config.all(config::in::front | config::in::back);
  std::unordered_set<unsigned> said;
  for (const config::Section* proxy : proxies)
    if (const auto id = (*proxy)[config::id]) said.insert(*id);
  unsigned next = config.global()[setting::has_stats_socket] ? 2 : 1;
  for (const config::Section* proxy : proxies) {
    const auto id = (*proxy)[config::id];
    if (!id)
      while (said.contains(next)) ++next;
    numbers[proxy] = id.value_or(next);
    ++next;
  }
  return numbers;
}

void check_guids(const Proxies& proxies, config::Diagnostics& diagnostics) {
  config::Guids guids(diagnostics);
  for (const config::Section* section : proxies.config->all(config::in::front | config::in::back))
    guids.add((*section)[config::guid], fmt::format("{} '{}'", section->kind_name(), section->name()), section->place(config::guid));
  for (const auto& frontend : proxies.frontends)
    for (const Bind& bind : frontend->binds)
      if (!bind.guid_prefix.empty())
        guids.add(fmt::format("{}-{}", bind.guid_prefix, bind.place_on_line), fmt::format("a listener of '{}'", frontend->name), bind.place);
  for (const auto& destination : proxies.destinations)
    for (const auto& server : destination->backend->servers())
      guids.add(server->settings().guid, fmt::format("server '{}/{}'", destination->backend->name(), server->name()), server->settings().place);
}

void check_ids(const config::Config& config, config::Diagnostics& diagnostics) {
  std::map<unsigned, const config::Section*> taken;
  for (const config::Section* section : config.all(config::in::front | config::in::back)) {
    if (!(*section)[config::id]) continue;
    const auto [at, fresh] = taken.try_emplace(*(*section)[config::id], section);
    if (!fresh)
      diagnostics.alert(section->place(config::id), fmt::format("{} '{}' reuses the id of {} '{}' (declared at {}:{}).", section->kind_name(), section->name(),
                                                                at->second->kind_name(), at->second->name(), at->second->place().file, at->second->place().line));
  }
  for (const config::Section* section : config.frontends()) {
    std::map<unsigned, const Bind*> bound;
    for (const Bind& bind : (*section)[setting::binds]) {
      if (bind.id == 0) continue;
      const auto [at, fresh] = bound.try_emplace(bind.id, &bind);
      if (!fresh) diagnostics.alert(bind.place, fmt::format("'bind' : 'id' : custom id {} already used at {}:{}.", bind.id, at->second->place.file, at->second->place.line));
    }
  }
}

}  // namespace sluice::proxy
