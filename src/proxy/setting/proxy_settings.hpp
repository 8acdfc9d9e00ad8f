// What frontend, listen, backend and defaults sections say to this layer. Read by build() only.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/setting.hpp"
#include "proxy/bind.hpp"
#include "proxy/frontend.hpp"

namespace sluice::proxy::setting {

using Lines = std::vector<config::Line>;  // kept as written until everything they may refer to is there

// rules.cpp
extern const config::Setting<Lines> acls, use_backend, forced_routes, use_server, redirects, persist_rules;
extern const config::Setting<bool> unpublished;
extern const config::Setting<Lines> rules[rule_set_count];
extern const config::Setting<Duration> inspect_delay, response_inspect_delay;

// ../bind/unix_socket.cpp, global
extern const config::Setting<UnixBind> unix_bind;

// process_variables.cpp
extern const config::Setting<Lines> process_variables;

// stick.cpp
extern const config::Setting<Lines> stick_rules;

// legacy_rules.cpp
extern const config::Setting<Lines> legacy_requests, legacy_responses, blocks;

// frontend.cpp
extern const config::Setting<std::vector<Bind>> binds;
extern const config::Setting<Lines> default_backend;     // one line, or none
extern const config::Setting<std::string> monitor_uri;
extern const config::Setting<Lines> monitor_fail;
extern const config::Setting<Lines> unique_id_format;
extern const config::Setting<std::string> unique_id_header;
extern const config::Setting<std::vector<HeaderCapture>> request_captures, response_captures;
struct CookieCapture {
  std::string name;
  std::size_t longest = 0;
};
extern const config::Setting<CookieCapture> cookie_capture;

// options.cpp
extern const config::Setting<ConnectionMode> connection_mode;
extern const config::Setting<bool> buffer_request, pretend_keep_alive, ignore_probes, use_proxy_header,
    relaxed_requests, relaxed_responses, client_keepalive, idle_close_on_response, socket_stats;
extern const config::Setting<AddressHeader> forwarded_for, original_to;
extern const config::Setting<std::optional<config::Line>> forwarded;  // compiled by build()
extern const config::Setting<std::uint32_t> client_keepalive_count;
extern const config::Setting<Duration> client_keepalive_idle, client_keepalive_interval;

// transfer.cpp
extern const config::Setting<bool> splice_requests, splice_responses, independent_streams, continuous_counts, smart_accept;

// limits.cpp
extern const config::Setting<std::uint32_t> most_private_connections, session_rate, process_connection_rate, process_session_rate;
extern const config::Setting<std::uint32_t> max_tls_rate, max_tls_connections, max_compression_rate, max_compression_load, max_compression_memory;
extern const config::Setting<std::optional<Duration>> timeout_client_hs;
extern const config::Setting<bool> refuse_privileged_ports;  // global
extern const config::Setting<async::Profiler::Timing> task_profiling;  // global
extern const config::Setting<Duration> close_spread_time;    // global; infinite_spread: not closed

// errors.cpp
struct PageSource {
  std::uint16_t status = 0;
  std::shared_ptr<const ReplyTemplate> page;  // errorfile, errorloc: ready
  std::string section;                        // errorfiles: of that http-errors section
  std::optional<config::Line> line;           // http-error: compiled by build()
};
extern const config::Setting<std::vector<PageSource>> pages;         // later ones win

}  // namespace sluice::proxy::setting
