// log, log-tag, log-send-hostname, log-format and the options about logs (manual 3.1, 4.2 and 8).
#include "proxy/setting/log_settings.hpp"

#include <unistd.h>

#include <cerrno>

#include "base/text.hpp"
#include "config/setting/tuning.hpp"
#include "proxy/build.hpp"
#include "proxy/log_farm.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Prefix;
using config::Prefixes;
using config::Section;
using config::Setting;
namespace in = config::in;

const Setting<std::vector<LogLine>> log_lines{in::global | in::proxies};
const Setting<SentHostname> log_send_hostname{in::global};
const Setting<LogFormatChoice> log_format{in::front_or_defaults};
const Setting<std::optional<Line>> error_log_format{in::front_or_defaults};
const Setting<std::optional<Line>> log_format_data{in::front_or_defaults};
const Setting<LogSteps> log_steps{in::front_or_defaults};
const Setting<std::string> log_tag{{.name = "log-tag", .args = "<string>", .sections = in::global | in::proxies,
    .doc = "The program name that log lines begin with; \"haproxy\" if not said."}};
const Setting<bool> dont_log_null{{.name = "option dontlognull", .sections = in::front_or_defaults,
    .doc = "Does not log connections on which the client has sent nothing."}};
const Setting<bool> dont_log_normal{{.name = "option dontlog-normal", .sections = in::front_or_defaults,
    .doc = "Logs only what went wrong: errors, time-outs, retries, redispatches and answers of status 5xx."}};
const Setting<bool> log_separate_errors{{.name = "option log-separate-errors", .sections = in::front_or_defaults,
    .doc = "Logs what went wrong with level err instead of info."}};
const Setting<bool> log_asap{{.name = "option logasap", .sections = in::front_or_defaults,
    .doc = "Logs when the response head has come (or the server is connected, in mode tcp) and does not wait for the end; "
           "sizes and total times get a '+'."}};

const Setting<std::uint16_t> log_uri_length{{.name = "tune.http.logurilen", .args = "<number>", .sections = in::global,
    .initial = 1024, .min = 1, .max = 32767,
    .doc = "How much of request lines logs show: one byte less than this."}};

namespace {
std::shared_ptr<BackendLogs> farm_of(const net::LogTarget& target, const Proxies& proxies) {
  const auto found = std::ranges::find(proxies.log_farms, target.backend_name, [](const auto& farm) -> const std::string& { return farm->name(); });
  return found == proxies.log_farms.end() ? nullptr : *found;
}
}  // namespace

std::vector<net::LogTarget> log_targets(const Section& section, const Proxies& proxies) {
  const config::Config& config = *proxies.config;
  std::vector<net::LogTarget> targets;
  const auto add = [&](const LogLine& line) {
    net::LogTarget target = line.target;
    target.send_buffer = static_cast<int>(config.global()[config::tune_sndbuf_logs].bytes);
    if (!target.ring_name.empty()) {
      const Section* const found = config.find(in::ring, target.ring_name);
      if (!found) return;
      target.ring = (*found)[ring];
      target.dress = target.ring->dress;
      target.longest = target.length_said ? std::min(target.longest, target.ring->longest) : target.ring->longest;
    } else if (!target.backend_name.empty()) {
      target.farm = farm_of(target, proxies);
      if (!target.farm) return;
    } else if (target.ring) {
      target.ring->longest = std::max(target.ring->longest, target.longest);
    }
    targets.push_back(std::move(target));
  };
  for (const LogLine& line : section[log_lines]) {
    if (!line.as_global) {
      add(line);
      continue;
    }
    for (const LogLine& global : config.global()[log_lines]) add(global);
  }
  return targets;
}

void check_log_lines(const Proxies& proxies, config::Diagnostics& diagnostics) {
  const config::Config& config = *proxies.config;
  std::vector<config::Place> told;  // lines of a defaults section are in many
  for (const auto& section : config.sections()) {
    if (!section->is(in::global | in::proxies)) continue;
    for (const LogLine& line : (*section)[log_lines]) {
      const auto complain = [&](std::string text) {
        if (std::ranges::find(told, line.place) != told.end()) return;
        told.push_back(line.place);
        diagnostics.alert(line.place, std::move(text));
      };
      const net::LogTarget& target = line.target;
      if (const Section* const at = target.ring_name.empty() ? nullptr : config.find(in::ring, target.ring_name);
          at && target.dress != net::LogDress::unspecified && target.dress != (*at)[ring]->dress && std::ranges::find(told, line.place) == told.end()) {
        told.push_back(line.place);
        diagnostics.warning(line.place, fmt::format("'log' : 'format' has no effect: ring '{}' says which format its lines have.", target.ring_name));
      }
      if (!target.ring_name.empty() && !config.find(in::ring, target.ring_name))
        complain(fmt::format("'log' : there is no section 'ring {}' that 'ring@{}' could mean.", target.ring_name, target.ring_name));
      if (!target.backend_name.empty() && !farm_of(target, proxies))
        complain(fmt::format("'log' : there is no backend '{}' of 'mode log' that 'backend@{}' could mean.", target.backend_name, target.backend_name));
      if (!target.profile.empty() && !config.find(in::log_profile, target.profile))
        complain(fmt::format("'log' : there is no section 'log-profile {}'.", target.profile));
    }
  }
}

std::vector<std::shared_ptr<net::LogRing>> log_rings(const Proxies& proxies) {
  const config::Config& config = *proxies.config;
  std::vector<std::shared_ptr<net::LogRing>> rings;
  for (const Section* section : config.all(in::ring)) rings.push_back((*section)[ring]);
  for (const auto& section : config.sections()) {
    if (!section->is(in::global | in::proxies)) continue;
    for (const LogLine& line : (*section)[log_lines])
      if (line.target.ring && std::ranges::find(rings, line.target.ring) == rings.end()) rings.push_back(line.target.ring);
  }
  for (const auto& farm : proxies.log_farms)
    for (auto& one : farm->rings()) rings.push_back(std::move(one));
  return rings;
}

net::LogIdentity log_identity(const Section& section, const config::Config& config) {
  const Section& global = config.global();
  net::LogIdentity who;
  who.tag = program_invocation_short_name;  // as the manual has it
  if (section.said(log_tag)) who.tag = section[log_tag];
  else if (global.said(log_tag)) who.tag = global[log_tag];
  if (const SentHostname& hostname = global[log_send_hostname]; hostname.sent) {
    who.hostname = hostname.name;
    if (who.hostname.empty()) {
      char name[256] = {};
      ::gethostname(name, sizeof(name) - 1);
      who.hostname = name;
    }
  }
  return who;
}

namespace {

template <class Read>
auto take_named(Line& line, std::string_view what, Read read, std::vector<std::string_view> (*names)())
    -> decltype(read(std::string_view{})) {
  const config::Word* const word = line.take(what);
  if (!word) return std::nullopt;
  const auto value = read(std::string_view(word->text));
  if (!value) {
    const std::vector<std::string_view> all = names();
    const std::string_view near = nearest(word->text, all);
    line.alert(*word, fmt::format("'{}' : unknown {} '{}'.", line.keyword(), what.substr(1, what.size() - 2), word->text),
               near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
  }
  return value;
}

// A line broken before its facility leaves this word in front of the next one.
const catalog::Add parameters{config::LineParameters{
    .name = "log", .has = [](std::string_view word) { return word.starts_with("local") && net::facility_of(word).has_value(); },
    .doc = "The facilities for local use."}};

// len, format and sample in any order, before the facility.
bool take_options(Line& line, net::LogTarget& target) {
  for (;;) {
    if (line.accept("len")) {
      const auto length = line.take_integer("<length>", 80, 65535);
      if (!length) return false;
      target.longest = static_cast<std::uint32_t>(*length);
      target.length_said = true;
    } else if (line.accept("format")) {
      const auto dress = take_named(line, "<format>", net::log_dress_of, net::log_dress_names);
      if (!dress) return false;
      target.dress = *dress;
    } else if (line.accept("sample")) {
      const config::Word* const word = line.take("<ranges>:<size>");
      if (!word) return false;
      auto sample = net::LogSample::parse(word->text);
      if (!sample) {
        line.alert(*word, fmt::format("'log' : sample: {}.", sample.error()));
        return false;
      }
      target.sample = std::move(*sample);
      target.seen = std::make_shared<std::atomic<std::uint32_t>>(0);
    } else if (line.accept("profile")) {
      const config::Word* const word = line.take("<profile>");
      if (!word) return false;
      target.profile = word->text;
    } else {
      return true;
    }
  }
}

bool take_target(Line& line, net::LogTarget& target) {
  const config::Word* const address = line.take("<address>");
  if (!address) return false;
  auto parsed = net::LogTarget::parse_address(address->text);
  if (!parsed) {
    line.alert(*address, fmt::format("'log' : '{}': {}.", address->text, parsed.error()));
    return false;
  }
  target = std::move(*parsed);
  if (!take_options(line, target)) return false;
  const auto facility = take_named(line, "<facility>", net::facility_of, net::facility_names);
  if (!facility) return false;
  target.facility = static_cast<std::uint8_t>(*facility);
  if (!line.at_end()) {
    const auto level = take_named(line, "<level>", net::severity_of, net::severity_names);
    if (!level) return false;
    target.least = *level;
  }
  if (!line.at_end()) {
    const auto level = take_named(line, "<minlevel>", net::severity_of, net::severity_names);
    if (!level) return false;
    target.cap = *level;
  }
  return true;
}

void log(Line& line, Section& section) {
  if (line.prefix() == Prefix::no) {
    if (line.finish()) section.change(log_lines, line).clear();
    return;
  }
  LogLine entry;
  entry.place = line.place();
  if (!section.is(in::global) && line.accept("global")) {
    entry.as_global = true;
  } else if (!take_target(line, entry.target)) {
    return;
  }
  if (line.finish()) section.change(log_lines, line).push_back(std::move(entry));
}

void send_hostname(Line& line, Section& section) {
  SentHostname hostname{.sent = true, .name = {}};
  if (const config::Word* const name = line.next()) hostname.name = name->text;
  if (line.finish()) section.change(log_send_hostname, line) = std::move(hostname);
}

std::string_view words_of(LogFormatChoice::Kind kind) {
  switch (kind) {
    using enum LogFormatChoice::Kind;
    case tcp: return "option tcplog";
    case tcp_clf: return "option tcplog clf";
    case http: return "option httplog";
    case clf: return "option httplog clf";
    case json: return "option httplog json";
    case https: return "option httpslog";
    default: return "log-format";
  }
}

// As HAProxy: in defaults, of which several proxies make use, a second choice is worth a word.
void choose(Line& line, Section& section, LogFormatChoice choice) {
  if (section.is(in::defaults) && section.said(log_format))
    line.warning(fmt::format("'{}' overrides previous '{}' in 'defaults' section.", words_of(choice.kind), words_of(section[log_format].kind)));
  section.change(log_format, line) = std::move(choice);
}
void choose(Line& line, Section& section, LogFormatChoice::Kind kind) {
  if (line.finish()) choose(line, section, LogFormatChoice{kind, std::nullopt});
}
void http_log(Line& line, Section& section) {
  using Kind = LogFormatChoice::Kind;
  choose(line, section, line.accept("clf") ? Kind::clf : line.accept("json") ? Kind::json : Kind::http);
}
void https_log(Line& line, Section& section) { choose(line, section, LogFormatChoice::Kind::https); }
void tcp_log(Line& line, Section& section) {
  choose(line, section, line.accept("clf") ? LogFormatChoice::Kind::tcp_clf : LogFormatChoice::Kind::tcp);
}

// A format that says nothing is none.
bool take_format(Line& line) {
  const config::Word* const word = line.take("<string>");
  if (word && word->text.empty()) line.alert(*word, fmt::format("'{}' expects a format that is not empty", line.keyword()));
  return word && !word->text.empty() && line.finish();
}

void custom_format(Line& line, Section& section) {
  Line kept = line;
  if (take_format(line)) choose(line, section, LogFormatChoice{LogFormatChoice::Kind::custom, std::move(kept)});
}
void custom_error_format(Line& line, Section& section) {
  Line kept = line;
  if (take_format(line)) section.change(error_log_format, line) = std::move(kept);
}

void data_format(Line& line, Section& section) {
  Line kept = line;
  if (take_format(line)) section.change(log_format_data, line) = std::move(kept);
}

// Steps of HTTP exchanges and TCP sessions, separated by commas or blanks, or "all".
void take_log_steps(Line& line, Section& section) {
  constexpr std::string_view all[] = {"accept", "request", "connect", "response", "close"};
  LogSteps steps;
  const config::Word* word = line.take("<steps>");
  if (!word) return;
  for (; word; word = line.next()) {
    std::string_view rest = word->text;
    while (!rest.empty()) {
      const std::string_view name = trim(take_until(rest, ','));
      if (name == "all") {
        for (const std::string_view each : all) steps.add(*log_step_of(each));
      } else if (std::ranges::find(all, name) != std::end(all)) {
        steps.add(*log_step_of(name));
      } else if (!name.empty()) {
        const std::vector<std::string_view> names(std::begin(all), std::end(all));
        line.alert(*word, fmt::format("'log-steps' : '{}' is not a step, expected {}.", name, "accept, request, connect, response, close or all"),
                   nearest(name, names).empty() ? std::string() : fmt::format("did you mean '{}'?", nearest(name, names)));
        return;
      }
    }
  }
  section.change(log_steps, line) = steps;
}

const Add log_entry{Keyword{.name = "log",
    .args = "{ global | <address> [len <length>] [format <format>] [sample <ranges>:<size>] [profile <profile>] <facility> [<level> "
            "[<minlevel>]] }",
    .sections = in::proxies, .parse = log, .prefixes = Prefixes::no,
    .doc = "Sends log lines there: an address of a syslog server, the path of a UNIX socket, stdout, stderr or fd@<n>, a "
           "ring (ring@<name>), a server reached by TCP (tcp@<address>) or a UNIX stream (uxst@<path>), a backend of mode log "
           "(backend@<name>); \"global\" means "
           "the targets of the global section, \"no log\" forgets all targets."}};
const Add global_log_entry{Keyword{.name = "log",
    .args = "<address> [len <length>] [format <format>] [sample <ranges>:<size>] [profile <profile>] <facility> [<level> [<minlevel>]]",
    .sections = in::global, .parse = log,
    .doc = "A log target for messages of the process and for all sections that say \"log global\"."}};
const Add hostname_entry{Keyword{.name = "log-send-hostname", .args = "[<string>]", .sections = in::global,
    .parse = send_hostname, .doc = "Puts the host name, or this text, into the head of log lines."}};
const Add http_log_entry{Keyword{.name = "option httplog", .args = "[clf | json]", .sections = in::front_or_defaults,
    .parse = http_log, .doc = "Logs HTTP requests with timers, sizes, captures and request line; clf: in the common log format's order; "
                              "json: as one JSON object a line."}};
const Add https_log_entry{Keyword{.name = "option httpslog", .sections = in::front_or_defaults, .parse = https_log,
    .doc = "As option httplog, followed by what is known of the client's TLS connection."}};
const Add tcp_log_entry{Keyword{.name = "option tcplog", .args = "[clf]", .sections = in::front_or_defaults, .parse = tcp_log,
    .doc = "Logs connections with timers, sizes and counters; clf: in the common log format's order."}};
const Add format_entry{Keyword{.name = "log-format", .args = "<string>", .sections = in::front_or_defaults,
    .parse = custom_format, .doc = "Logs in this format (manual 8.2.6)."}};
const Add error_format_entry{Keyword{.name = "error-log-format", .args = "<string>", .sections = in::front_or_defaults,
    .parse = custom_error_format, .doc = "The format of lines about connections that failed before there was a request: an invalid PROXY header, a TLS "
           "handshake, something that is no HTTP."}};
const Add data_format_entry{Keyword{.name = "log-format-sd", .args = "<string>", .sections = in::front_or_defaults,
    .parse = data_format, .doc = "The structured data of lines of format rfc5424, with brackets: \"[id@1 key=\\\"value\\\"]\"."}};
const Add steps_entry{Keyword{.name = "log-steps", .args = "<steps>", .sections = in::front_or_defaults, .parse = take_log_steps,
    .doc = "When lines are written: \"all\", or some of accept, request, connect, response and close, separated by commas or blanks. "
           "Without it there is one line, at the end or when option logasap says so."}};

}  // namespace
}  // namespace sluice::proxy::setting
