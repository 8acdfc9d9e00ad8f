// stats socket, stats timeout.
#pragma once
#include "config/setting.hpp"
#include "proxy/bind.hpp"

namespace sluice::admin {

extern const config::Setting<std::vector<proxy::Bind>> stats_sockets;
extern const config::Setting<std::optional<Duration>> stats_timeout;

}  // namespace sluice::admin
