// The lines that are rules. They are kept as they are: what they refer to may stand further down.
#include "config/setting/proxy.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Setting;
namespace in = config::in;

const Setting<Lines> acls{in::proxies}, use_backend{in::front_or_defaults}, forced_routes{in::front}, use_server{in::back_or_defaults}, redirects{in::proxies},
    persist_rules{in::back_or_defaults};
const Setting<Lines> rules[rule_set_count] = {Setting<Lines>(in::proxies), Setting<Lines>(in::proxies), Setting<Lines>(in::proxies),
                                              Setting<Lines>(in::proxies), Setting<Lines>(in::proxies), Setting<Lines>(in::proxies),
                                              Setting<Lines>(in::proxies)};

namespace {

template <const Setting<Lines>& where>
void keep(Line& line, Section& section) {
  section.change(where, line).push_back(line);
}

template <RuleSet set>
void keep_rule(Line& line, Section& section) {
  section.change(rules[static_cast<std::size_t>(set)], line).push_back(line);
  if (set == RuleSet::tcp_content && line.peek() && *line.peek() == "switch-mode") section.change(config::switches_mode, line) = true;
}

constexpr config::Sections front_rules = in::named_defaults | in::front;
constexpr config::Sections back_rules = in::named_defaults | in::back;

const Add acl_entry{Keyword{.name = "acl", .args = "<name> <criterion> [flags] [operator] [<value>]*", .sections = in::rules,
    .parse = keep<acls>, .doc = "Declares a named test, or adds one to it; conditions refer to it by name."}};
const Add use_backend_entry{Keyword{.name = "use_backend", .args = "<backend> [{ if | unless } <condition>]",
    .sections = in::front, .parse = keep<use_backend>,
    .doc = "Sends the request to this backend if the condition holds. The first such rule decides; the name may be a log format."}};
const Add force_route_entry{Keyword{.name = "force-be-switch", .args = "{ if | unless } <condition>", .sections = in::front,
    .parse = keep<forced_routes>,
    .doc = "use_backend and default_backend lead such requests also to backends that are unpublished, to test one before others see it, "
           "or disabled, which have no servers."}};
const Add use_server_entry{Keyword{.name = "use-server", .args = "<server> { if | unless } <condition>", .sections = in::back,
    .parse = keep<use_server>, .doc = "Takes this server, if it is usable and the condition holds, instead of balancing."}};
const Add force_persist_entry{Keyword{.name = "force-persist", .args = "{ if | unless } <condition>", .sections = in::back,
    .parse = keep<persist_rules>,
    .doc = "Such requests go to the server persistence names even if it is down, and nowhere else: to test one in maintenance."}};
const Add ignore_persist_entry{Keyword{.name = "ignore-persist", .args = "{ if | unless } <condition>", .sections = in::back,
    .parse = keep<persist_rules>, .doc = "Such requests are balanced as if they had no persistence cookie, and get none."}};
const Add redirect_entry{Keyword{.name = "redirect", .args = "{ location | prefix | scheme } <to> [options] [{ if | unless } <condition>]",
    .sections = in::frontend | in::listen | in::backend, .parse = keep<redirects>, .modes = config::only::http,
    .doc = "As http-request redirect, after all http-request rules."}};

const Add http_request_entry{Keyword{.name = "http-request", .args = "<action> [options] [{ if | unless } <condition>]",
    .sections = in::rules, .parse = keep_rule<RuleSet::http_request>, .modes = config::only::http,
    .doc = "A rule for requests, run in the order written, those of the frontend before those of the backend."}};
const Add http_response_entry{Keyword{.name = "http-response", .args = "<action> [options] [{ if | unless } <condition>]",
    .sections = in::rules, .parse = keep_rule<RuleSet::http_response>, .modes = config::only::http,
    .doc = "A rule for what servers answer, those of the backend before those of the frontend."}};
const Add http_after_response_entry{Keyword{.name = "http-after-response", .args = "<action> [options] [{ if | unless } <condition>]",
    .sections = in::rules, .parse = keep_rule<RuleSet::http_after_response>, .modes = config::only::http,
    .doc = "A rule for every response on its way out, including those made here."}};
const Add tcp_connection_entry{Keyword{.name = "tcp-request connection", .args = "<action> [{ if | unless } <condition>]",
    .sections = front_rules, .parse = keep_rule<RuleSet::tcp_connection>,
    .doc = "A rule for new connections, before anything is read from them."}};
const Add tcp_session_entry{Keyword{.name = "tcp-request session", .args = "<action> [{ if | unless } <condition>]",
    .sections = front_rules, .parse = keep_rule<RuleSet::tcp_session>,
    .doc = "A rule for new connections, after PROXY header and TLS handshake."}};
const Add tcp_content_entry{Keyword{.name = "tcp-request content", .args = "<action> [{ if | unless } <condition>]",
    .sections = in::rules, .parse = keep_rule<RuleSet::tcp_content>,
    .doc = "A rule for what the client has sent; may wait for more until tcp-request inspect-delay."}};
const Add tcp_response_entry{Keyword{.name = "tcp-response content", .args = "<action> [{ if | unless } <condition>]",
    .sections = back_rules, .parse = keep_rule<RuleSet::tcp_response>,
    .doc = "A rule for what the server has sent first; may wait for more until tcp-response inspect-delay."}};

}  // namespace

const Setting<bool> unpublished{{.name = "be-unpublished", .sections = in::back,
    .doc = "use_backend and default_backend pass this backend over until `publish backend` is said to the runtime API; its servers are checked."}};
const Setting<Duration> inspect_delay{{.name = "tcp-request inspect-delay", .args = "<time>", .sections = in::rules,
    .doc = "How long tcp-request content rules may wait for enough data to decide."}};
// Of the answers of mode http the whole head is there.
const Setting<Duration> response_inspect_delay{{.name = "tcp-response inspect-delay", .args = "<time>", .sections = back_rules,
    .doc = "How long tcp-response content rules of mode tcp may wait for enough data to decide."}};

}  // namespace sluice::proxy::setting
