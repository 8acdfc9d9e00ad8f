// `option ...` keywords about how bytes travel between client and server, and when that is counted.
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;

const Setting<bool> splice_requests{{.name = "option splice-request", .sections = in::proxies,
    .doc = "Bodies of requests, and what clients say in tunnels, are spliced from the first byte on where that is possible: "
           "not chunks, not without free pipes. Otherwise splicing begins when a flow turns out to be large."}};
const Setting<bool> splice_responses{{.name = "option splice-response", .sections = in::proxies,
    .doc = "The same for bodies of responses and what servers say."}};
const Setting<bool> independent_streams{{.name = "option independent-streams", .sections = in::proxies,
    .doc = "What is sent to a side does not count as activity of that side, only what it says itself: in a frontend for clients, "
           "in a backend for servers."}};
const Setting<bool> continuous_counts{{.name = "option contstats", .sections = in::front_or_defaults,
    .doc = "The bytes of a transfer are counted every few seconds while it goes on, not only at its end."}};
const Setting<bool> smart_accept{{.name = "option tcp-smart-accept", .sections = in::front_or_defaults,
    .doc = "What a client says first is acknowledged by what it is answered. On by default in mode http; in mode tcp for those "
           "who ask for it."}};

namespace {

void nothing(Line& line, Section&) { line.finish(); }
constexpr auto both = config::Prefixes::no_and_default;

const Add splice_auto_entry{Keyword{.name = "option splice-auto", .sections = in::proxies, .parse = nothing, .prefixes = both,
    .inherent = "flows that turn out to be large are spliced in both directions without being told",
    .doc = "Splices where it seems to help, in either direction. That is done in any case, until nosplice forbids it."}};
const Add no_delay_entry{Keyword{.name = "option http-no-delay", .sections = in::proxies, .parse = nothing, .prefixes = both,
    .modes = config::only::http, .inherent = "what has come is passed on at once, and the system is never asked to wait for more",
    .doc = "Passes on what has come at once, as is done in any case."}};
const Add h2_upgrade_entry{Keyword{.name = "option disable-h2-upgrade", .sections = in::front_or_defaults, .parse = nothing, .prefixes = both,
    .modes = config::only::http, .inherent = "HTTP/2 is not spoken here yet, so no connection changes over to it",
    .doc = "A connection that begins as HTTP/2 where HTTP/1 is expected is refused, as it is in any case."}};

}  // namespace
}  // namespace sluice::proxy::setting
