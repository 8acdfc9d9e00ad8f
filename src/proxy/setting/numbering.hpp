// Proxies are numbered in their order. HAProxy's own one for the stats sockets is the first where there is such a socket:
// whoever parses `stats socket` says so here.
#pragma once
#include "config/setting.hpp"

namespace sluice::proxy::setting {

extern const config::Setting<bool> has_stats_socket;

}  // namespace sluice::proxy::setting
