#include "proxy/advice.hpp"

#include "config/section.hpp"
#include "expr/condition.hpp"
#include "proxy/build.hpp"

namespace sluice::proxy {

void Adviser::note(const expr::AclSet& acls) {
  for (const expr::AclSet::Use& use : acls.uses()) {
    Known& known = acls_[{use.place.file, use.place.line, use.place.column}];
    known.place = use.place;
    known.name = std::string(use.name);
    known.used = known.used || use.used;
  }
}

void Adviser::conclude(Proxies& proxies) const {
  for (const auto& [where, acl] : acls_)
    if (!acl.used) proxies.advice.push_back({acl.place, fmt::format("acl '{}' is not used.", acl.name), {}});

  std::set<const Destination*> reached;
  for (const auto& frontend : proxies.frontends) {
    if (frontend->routes.any_name_is_made()) return;  // may lead anywhere
    for (const Destination* to : frontend->routes.named()) reached.insert(to);
    reached.insert(frontend->fallback);
  }
  for (const auto& destination : proxies.destinations) {
    const config::Section& section = *destination->policy.section;
    if (!section.is(config::in::backend) || reached.contains(destination.get()) || destination->backend->servers().empty()) continue;
    if (destination->for_lines || referenced_.contains(section.name())) continue;
    proxies.advice.push_back({section.place(), fmt::format("backend '{}' is not used.", section.name()),
                              "no 'use_backend' and no 'default_backend' names it"});
  }
}

}  // namespace sluice::proxy
