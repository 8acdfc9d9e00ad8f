// stats socket, stats timeout.
#pragma once
#include "config/setting.hpp"
#include "proxy/bind.hpp"

namespace sluice::admin {

extern const config::Setting<std::vector<proxy::Bind>> stats_sockets;
extern const config::Setting<std::optional<Duration>> stats_timeout;
extern const config::Setting<std::uint32_t> stats_maxconn;

}  // namespace sluice::admin
