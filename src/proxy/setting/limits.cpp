// How many connections and sessions a second are taken; the rest waits in the kernel's queue.
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using config::Setting;
namespace in = config::in;

const Setting<std::uint32_t> session_rate{{.name = "rate-limit sessions", .args = "<rate>", .sections = in::front_or_defaults,
    .doc = "New sessions a second that this frontend takes; 0 is no limit."}};
const Setting<std::uint32_t> process_connection_rate{{.name = "maxconnrate", .args = "<number>", .sections = in::global,
    .doc = "New connections a second that the process takes; 0 is no limit."}};
const Setting<std::uint32_t> process_session_rate{{.name = "maxsessrate", .args = "<number>", .sections = in::global,
    .doc = "New sessions a second that the process takes, those that connection rules refuse left out; 0 is no limit."}};

const Setting<std::optional<Duration>> timeout_client_hs{{.name = "timeout client-hs", .args = "<time>",
    .sections = in::front_or_defaults, .doc = "How long a client may take for what comes before its first request: the PROXY "
                                              "protocol header. timeout client if it is not said."}};

}  // namespace sluice::proxy::setting
