// How many connections and sessions a second are taken; the rest waits in the kernel's queue.
#include "proxy/setting/numbering.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using config::Setting;
namespace in = config::in;

const Setting<bool> has_stats_socket{in::global};

const Setting<std::uint32_t> session_rate{{.name = "rate-limit sessions", .args = "<rate>", .sections = in::front_or_defaults,
    .doc = "New sessions a second that this frontend takes; 0 is no limit."}};
const Setting<std::uint32_t> most_private_connections{{.name = "max-session-srv-conns", .args = "<nb>", .sections = in::front_or_defaults, .initial = 5,
    .doc = "How many idle connections to servers are kept for one client, those that nobody else may use (http-reuse never, NTLM). Default 5."}};
const Setting<std::uint32_t> process_connection_rate{{.name = "maxconnrate", .args = "<number>", .sections = in::global,
    .doc = "New connections a second that the process takes; 0 is no limit."}};
const Setting<std::uint32_t> process_session_rate{{.name = "maxsessrate", .args = "<number>", .sections = in::global,
    .doc = "New sessions a second that the process takes, those that connection rules refuse left out; 0 is no limit."}};

const Setting<bool> refuse_privileged_ports{{.name = "harden.reject-privileged-ports.tcp", .args = "{ on | off }", .sections = in::global,
    .doc = "Clients whose port is below 1024 are refused as soon as they are connected."}};

const Setting<Duration> close_spread_time{in::global};

// There is nothing yet that these limit, so nothing can exceed them; `show info` tells them.
constexpr std::string_view no_tls = "no connection speaks TLS here yet, so that none is too many";
constexpr std::string_view no_compression = "nothing is compressed here yet, so that nothing is too much";
const Setting<std::uint32_t> max_tls_rate{{.name = "maxsslrate", .args = "<number>", .sections = in::global, .inherent = no_tls,
    .doc = "New TLS sessions a second that the process takes; 0 is no limit."}};
const Setting<std::uint32_t> max_tls_connections{{.name = "maxsslconn", .args = "<number>", .sections = in::global, .inherent = no_tls,
    .doc = "TLS connections of both sides that the process has at a time; 0 is no limit."}};
const Setting<std::uint32_t> max_compression_rate{{.name = "maxcomprate", .args = "<number>", .sections = in::global, .inherent = no_compression,
    .doc = "Kilobytes a second that are compressed; 0 is no limit."}};
const Setting<std::uint32_t> max_compression_load{{.name = "maxcompcpuusage", .args = "<number>", .sections = in::global, .initial = 100, .max = 100,
    .inherent = no_compression, .doc = "The use of the processor, in percent, above which nothing is compressed."}};
const Setting<std::uint32_t> max_compression_memory{{.name = "maxzlibmem", .args = "<number>", .sections = in::global, .inherent = no_compression,
    .doc = "Megabytes of memory for compression; 0 is no limit."}};

const Setting<std::optional<Duration>> timeout_client_hs{{.name = "timeout client-hs", .args = "<time>",
    .sections = in::front_or_defaults, .doc = "How long a client may take for what comes before its first request: the PROXY "
                                              "protocol header. timeout client if it is not said."}};

namespace {

// "infinite": connections are not closed for a soft stop, they end as their timeouts and clients want.
void parse_close_spread_time(config::Line& line, config::Section& section) {
  Duration& time = section.change(close_spread_time, line);
  if (line.accept("infinite")) time = async::forever;
  else if (const auto said = line.take_duration("a time or 'infinite'")) time = *said;
  else return;
  line.finish();
}
const catalog::Add close_spread_time_entry{config::Keyword{
    .name = "close-spread-time", .args = "{ <time> | infinite }", .sections = in::global, .parse = parse_close_spread_time,
    .prefixes = config::Prefixes::no,
    .doc = "Over which time a soft stop ends the connections of HTTP clients: each has its own moment, from which on it is closed "
           "when it is idle and with its next answer when it is not. All at once by default."}};

}  // namespace
}  // namespace sluice::proxy::setting
