// The numbers of proxies (`id`, or the next free one), and that no two objects have the same number or GUID. Used while
// Proxies are built.
#pragma once
#include <unordered_map>

#include "config/config.hpp"

namespace sluice::proxy {

class Proxies;

std::unordered_map<const config::Section*, unsigned> number_proxies(const config::Config& config);

void check_guids(const Proxies& proxies, config::Diagnostics& diagnostics);

// Of proxies, and of the sockets of each.
void check_ids(const config::Config& config, config::Diagnostics& diagnostics);

}  // namespace sluice::proxy
