#include "config/setting/timeouts.hpp"

namespace sluice::config {

using Timeout = Setting<std::optional<Duration>>;

const Timeout timeout_client{{
    .name = "timeout client", .args = "<time>", .sections = in::front_or_defaults,
    .doc = "How long the client may stay silent when it is its turn to send or to receive."}};
const Timeout timeout_client_fin{{
    .name = "timeout client-fin", .args = "<time>", .sections = in::front_or_defaults,
    .doc = "The client's time-out when one direction is already closed."}};
const Timeout timeout_http_keep_alive{{
    .name = "timeout http-keep-alive", .args = "<time>", .sections = in::proxies,
    .doc = "How long to wait for the next request on a kept-alive connection; else `timeout http-request`, else `timeout client`."}};
const Timeout timeout_http_request{{
    .name = "timeout http-request", .args = "<time>", .sections = in::proxies,
    .doc = "How long a client may take to send a whole request head."}};
const Timeout timeout_server{{
    .name = "timeout server", .args = "<time>", .sections = in::back_or_defaults,
    .doc = "How long the server may stay silent when it is its turn to send or to receive."}};
const Timeout timeout_server_fin{{
    .name = "timeout server-fin", .args = "<time>", .sections = in::back_or_defaults,
    .doc = "The server's time-out when one direction is already closed."}};
const Timeout timeout_tarpit{{
    .name = "timeout tarpit", .args = "<time>", .sections = in::proxies,
    .doc = "How long a tarpitted request is kept waiting; else `timeout connect`."}};
const Timeout timeout_tunnel{{
    .name = "timeout tunnel", .args = "<time>", .sections = in::back_or_defaults,
    .doc = "Replaces the client's and the server's time-out once a connection is a tunnel."}};

}  // namespace sluice::config
