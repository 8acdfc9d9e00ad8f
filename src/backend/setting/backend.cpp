// Keywords of backends that are plain values, and the few short ones that are not.
#include "backend/algorithm.hpp"
#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

namespace in = config::in;
using config::Setting;

namespace setting {

const Setting<std::optional<Duration>> timeout_connect{{.name = "timeout connect", .args = "<timeout>",
    .sections = in::back_or_defaults, .doc = "How long opening a connection to a server may take."}};
const Setting<std::optional<Duration>> timeout_queue{{.name = "timeout queue", .args = "<timeout>",
    .sections = in::back_or_defaults,
    .doc = "How long a request may wait in the queue for a free slot. Default: timeout connect."}};
const Setting<std::optional<Duration>> timeout_check{{.name = "timeout check", .args = "<timeout>",
    .sections = in::back_or_defaults,
    .doc = "How long a health check may take once connected; without it, connecting and all have inter for it."}};
const Setting<unsigned> retries{{.name = "retries", .args = "<value>", .sections = in::back_or_defaults, .initial = 3,
    .max = 2147483647, .doc = "How often a request is tried again after a failure; see retry-on. Default 3."}};
const Setting<unsigned> fullconn{{.name = "fullconn", .args = "<conns>", .sections = in::back_or_defaults,
    .max = 2147483647, .doc = "The load of the backend at which servers with minconn reach their maxconn."}};
const Setting<Reuse> http_reuse{{.name = "http-reuse", .args = "{ never | safe | aggressive | always }",
    .sections = in::back_or_defaults, .initial = Reuse::safe,
    .choices = {{"never", Reuse::never}, {"safe", Reuse::safe}, {"aggressive", Reuse::aggressive}, {"always", Reuse::always}},
    .modes = config::only::http, .doc = "Which requests may go over an idle connection that another client has used before."}};
const Setting<bool> all_backups{{.name = "option allbackups", .sections = in::back_or_defaults,
    .doc = "When no other server is left, all backup servers share the work instead of only the first."}};
const Setting<std::optional<bool>> abort_on_close{{.name = "option abortonclose", .sections = in::proxies,
    .prefixes = config::Prefixes::no_and_default,
    .doc = "Drops a request that still waits for its server when the client has closed. On by default in mode http. In a frontend "
           "it is about TLS handshakes."}};
const Setting<bool> server_keepalive{{.name = "option srvtcpka", .sections = in::back_or_defaults,
    .doc = "TCP keepalive packets on connections to servers."}};
const Setting<int> server_keepalive_count{{.name = "srvtcpka-cnt", .args = "<count>", .sections = in::back_or_defaults,
    .min = 0, .doc = "How many keepalive packets may stay unanswered. Default: the system's."}};
const Setting<Duration> server_keepalive_idle{{.name = "srvtcpka-idle", .args = "<timeout>",
    .sections = in::back_or_defaults, .unit = config::Unit::s, .doc = "How long a connection must be silent before the first keepalive packet."}};
const Setting<Duration> server_keepalive_interval{{.name = "srvtcpka-intvl", .args = "<timeout>",
    .sections = in::back_or_defaults, .unit = config::Unit::s, .doc = "The time between two keepalive packets."}};
const Setting<bool> reset_on_close{{.name = "option nolinger", .sections = in::proxies,
    .doc = "Connections are closed with a reset: what was not sent yet is lost, and the system forgets them at once. In a "
           "frontend for those of clients, in a backend for those to servers."}};
const Setting<bool> smart_connect{{.name = "option tcp-smart-connect", .sections = in::back_or_defaults,
    .doc = "The last packet of the handshake with a server is the one with the request."}};
const Setting<bool> log_health_checks{{.name = "option log-health-checks", .sections = in::back_or_defaults,
    .doc = "Logs every change of a check's result, not only servers going up and down."}};

const Setting<Balance> balance{in::back_or_defaults};
const Setting<RetryOn> retry_on{in::back_or_defaults};
const Setting<int> redispatch{in::back_or_defaults};
const Setting<Source> source{in::back_or_defaults};

const Setting<unsigned> spread_checks{{.name = "spread-checks", .args = "<0..50>", .sections = in::global, .max = 50,
    .doc = "Makes the intervals of health checks vary by up to so many percent, so that they do not coincide."}};
const Setting<unsigned> max_checks_per_thread{{.name = "tune.max-checks-per-thread", .args = "<number>", .sections = in::global,
    .max = 65536, .doc = "How many health checks a thread makes at once; more wait for their turn. Default 0: no limit."}};
const Setting<std::optional<Duration>> max_spread_checks{{.name = "max-spread-checks", .args = "<delay>", .sections = in::global,
    .doc = "The longest time over which the first checks of all servers are spread. Default: the shortest interval."}};

}  // namespace setting

namespace {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;

// "roundrobin", "random(3)", "uri len 10".
void parse_balance(Line& line, Section& section) {
  const config::Word* const word = line.take("<algorithm>");
  if (!word) return;
  setting::Balance balance;
  std::string_view text = word->text;
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    balance.argument = std::string(text.substr(open + 1, text.size() - open - 2));
    text = text.substr(0, open);
  }
  balance.algorithm = std::string(text);
  const catalog::Index<Algorithm>& all = catalog::entries<Algorithm>();
  const Algorithm* const algorithm = all.find(balance.algorithm);
  if (!algorithm) {
    const std::vector<std::string_view> names = all.names();
    const std::string_view meant = nearest(text, names);
    line.alert(*word, fmt::format("'balance' : unknown or not yet supported algorithm '{}'.", word->text),
               meant.empty() ? std::string{} : fmt::format("did you mean '{}'?", meant));
    return;
  }
  if (algorithm->needs_compiling) balance.expression = line;
  for (const config::Word& one : line.take_rest()) balance.words.push_back(one.text);
  // HAProxy does not look at what follows an algorithm without arguments.
  if (algorithm->verify == no_arguments && balance.argument.empty() && !balance.words.empty()) {
    line.warning(*word, fmt::format("'balance {}' : {}.", text, no_arguments({}, balance.words)));
    balance.words.clear();
  }
  if (const std::string wrong = algorithm->verify(balance.argument, balance.words); !wrong.empty()) {
    line.alert(*word, fmt::format("'balance {}' : {}.", text, wrong));
    return;
  }
  section.change(setting::balance, line) = std::move(balance);
}

void parse_retry_on(Line& line, Section& section) {
  struct Name {
    std::string_view name;
    std::uint32_t events;
  };
  static constexpr Name names[] = {
      {"none", RetryOn::none}, {"conn-failure", RetryOn::conn_failure}, {"empty-response", RetryOn::empty_response},
      {"junk-response", RetryOn::junk_response}, {"response-timeout", RetryOn::response_timeout},
      {"0rtt-rejected", RetryOn::zero_rtt_rejected},
      {"all-retryable-errors", RetryOn::conn_failure | RetryOn::empty_response | RetryOn::junk_response |
                                   RetryOn::response_timeout | RetryOn::zero_rtt_rejected}};
  static constexpr std::uint16_t allowed[] = {401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504};
  if (!line.peek()) {
    line.take("a list of events");
    return;
  }
  RetryOn retry;
  retry.events = RetryOn::none;
  while (const config::Word* const word = line.next()) {
    const auto named = std::ranges::find(names, word->text, &Name::name);
    const auto status = parse_uint(word->text);
    if (named != std::end(names)) {
      if (named->events == RetryOn::none && line.words().size() != 2) return line.alert(*word, "'retry-on' : 'none' stands alone.");
      retry.events |= named->events;
      if (word->text == "all-retryable-errors") retry.statuses = {500, 502, 503, 504};
    } else if (status && std::ranges::find(allowed, *status) != std::end(allowed)) {
      retry.statuses.push_back(static_cast<std::uint16_t>(*status));
    } else {
      line.alert(*word, fmt::format("'retry-on' : unknown event '{}'.", word->text));
      return;
    }
  }
  section.change(setting::retry_on, line) = std::move(retry);
}

void parse_redispatch(Line& line, Section& section) {
  int interval = line.prefix() == config::Prefix::none ? -1 : 0;
  if (line.prefix() == config::Prefix::none && !line.at_end()) {
    const auto value = line.take_integer("<interval>", -2147483647, 2147483647);
    if (!value) return;
    interval = static_cast<int>(*value);
  }
  if (line.finish()) section.change(setting::redispatch, line) = interval;
}

void parse_source(Line& line, Section& section) {
  Source source;
  if (read_source(line, source, PortRange::refused) && line.finish()) section.change(setting::source, line) = std::move(source);
}

const Add balance_entry{Keyword{.name = "balance", .args = "<algorithm> [ <arguments> ]", .sections = in::back_or_defaults,
    .parse = parse_balance, .doc = "How a server is chosen for a request."}};
const Add retry_on_entry{Keyword{.name = "retry-on", .args = "[space-delimited list of keywords]",
    .sections = in::back_or_defaults, .parse = parse_retry_on, .modes = config::only::http,
    .doc = "After which failures a request is tried again. Default conn-failure."}};
const Add redispatch_entry{Keyword{.name = "option redispatch", .args = "[<interval>]", .sections = in::back_or_defaults,
    .parse = parse_redispatch, .prefixes = config::Prefixes::no_and_default,
    .doc = "A retry may go to another server, also when persistence points to one that is down."}};
const Add source_entry{Keyword{.name = "source",
    .args = "<addr>[:<port>] [usesrc { <addr2>[:<port2>] | client | clientip } ] [interface <name>]",
    .sections = in::back_or_defaults, .parse = parse_source,
    .doc = "The address connections to servers come from; with usesrc, the one they pretend to come from."}};

}  // namespace
}  // namespace sluice::backend
