// The time-outs of proxies (manual, section 4.2 "timeout ..."). Nothing is "no limit", as it is when 0 is written.
// Those of the connection to a server (connect, queue, check) are in backend/settings.hpp.
#pragma once
#include <optional>

#include "config/setting.hpp"

namespace sluice::config {

extern const Setting<std::optional<Duration>> timeout_client, timeout_client_fin, timeout_http_keep_alive,
    timeout_http_request, timeout_server, timeout_server_fin, timeout_tarpit, timeout_tunnel;

}  // namespace sluice::config
