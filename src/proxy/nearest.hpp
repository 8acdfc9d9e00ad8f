// What to suggest for the name of a backend that does not exist. While the configuration is built, on its thread.
#pragma once
#include "base/text.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"

namespace sluice::proxy {

inline std::string nearest_destination(const Proxies& proxies, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& destination : proxies.destinations) names.push_back(destination->backend->name());
  const std::string_view near = nearest(name, names);
  return near.empty() ? std::string() : fmt::format("did you mean '{}'?", near);
}

}  // namespace sluice::proxy
