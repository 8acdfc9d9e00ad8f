// The log of one frontend: which exchanges are logged, with which level and format, and to where (manual 8). Immutable
// but for what each worker has of its own: sockets and the line being made.
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/log/profile.hpp"
#include "proxy/session.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

using Format = setting::LogFormatChoice::Kind;
using Outcome = LogProfile::Outcome;

constexpr std::string_view https_log_format_without_tls =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r "
    "0/-/-/-/0 -/%sslv/%sslc";
bool knows_tls() {
  const auto& fetches = catalog::entries<expr::Fetch>();
  for (const std::string_view name : {"fc_err", "ssl_fc_err", "ssl_c_err", "ssl_c_ca_err", "ssl_fc_is_resumed", "ssl_fc_sni"})
    if (!fetches.find(name)) return false;
  return true;
}

// option httplog json: documented in docs/operations.md. Lines are longer than others.
constexpr std::string_view json_log_format =
    "%{+json}o %(time)[request_date(ms),ms_utime(\"%Y-%m-%dT%H:%M:%S.%3NZ\")] %(client_ip)ci %(client_port:sint)cp "
    "%(frontend)f %(backend)b %(server)s %(method)HM %(path)HPO %(query)HQ %(version)HV %(host)[capture.req.hdr(0)] "
    "%(status:sint)ST %(bytes_in:sint)U %(bytes_out:sint)B %(termination)tsc %(retries:sint)[txn.conn_retries] "
    "%(redispatched:bool)[txn.redispatched] %(time_idle:sint)Ti %(time_request:sint)TR %(time_queue:sint)Tw "
    "%(time_connect:sint)Tc %(time_response:sint)Tr %(time_active:sint)Ta %(connections:sint)ac";
constexpr std::uint32_t json_length = 8192;

// Manual 8.2.1 to 8.2.4.
std::string_view format_text(Format kind, const Frontend& frontend) {
  switch (kind) {
    case Format::tcp: return tcp_log_format;
    case Format::tcp_clf: return tcp_clf_log_format;
    case Format::http: return http_log_format;
    case Format::clf: return http_clf_log_format;
    // A build without TLS does not have the fetches; what they stand for is known.
    case Format::https: return knows_tls() ? https_log_format : https_log_format_without_tls;
    case Format::json: return json_log_format;
    default:
      return frontend.http ? "Connect from %ci:%cp to %fi:%fp (%f/HTTP)" : "Connect from %ci:%cp to %fi:%fp (%f/TCP)";
  }
}
bool needs_http(Format kind) {
  return kind == Format::http || kind == Format::clf || kind == Format::https || kind == Format::json;
}

// What became of a connection that did not get as far as an exchange; none where rules refused it.
ConnectionError refusal_of(const Session& session, Error why) {
  using enum ConnectionError;
  const bool cip = session.awaits_cip_header(), nothing_came = session.input.empty();
  switch (why.kind) {
    case Kind::end:
    case Kind::reset:
      if (!nothing_came) return cip ? cip_truncated : proxy_truncated;
      if (why.kind == Kind::reset) return cip ? cip_failed : proxy_failed;
      return cip ? cip_closed : proxy_closed;
    case Kind::timeout: return cip ? cip_timeout : proxy_timeout;
    case Kind::bad_message:
      if (why.sys == EPROTONOSUPPORT) return cip ? cip_unhandled : proxy_unhandled;
      if (cip) return cip_missing;
      return why.sys == EPROTO ? proxy_invalid : proxy_missing;
    case Kind::too_large: return cip ? cip_truncated : proxy_missing;
    default: return none;
  }
}

bool fits_mode(const expr::LogFormat& format, const Frontend& frontend, const config::Line& line) {
  const auto item = frontend.http ? std::nullopt : format.item_of_http();
  if (item) line.alert(fmt::format("'{}' : format variable '{}' is reserved for HTTP mode.", line.keyword(), *item));
  return !item;
}

// A target, with what is said in its place.
struct Outlet {
  net::LogTarget target;
  net::LogIdentity who;
  std::unique_ptr<LogProfile> profile;
};

class FrontendLog final : public Log {
 public:
  FrontendLog(const Proxies& proxies, const Frontend& frontend);
  bool compile(const Proxies& proxies, const Frontend& frontend, expr::Compiler& compiler, config::Diagnostics& diagnostics);
  bool logs_something() const { return !outlets_.empty(); }

  bool as_soon_as_possible() const override { return as_soon_as_possible_ || basic_; }
  void ended(Exchange& exchange, LogStep step) const override;
  void reached(Exchange& exchange, LogStep step) const override;
  void say(Session& session, Exchange* exchange, const expr::Scope& scope, LogStep step, const LogProfile* profile) const override;
  void refused(Session& session, Error why) const override;
  std::uint64_t lines() const override { return lines_.load(std::memory_order_relaxed); }

 private:
  // What a line is about.
  struct Line {
    Local& local;
    const expr::Scope& scope;
    LogOrigin origin;
    Outcome outcome = Outcome::fine;
    net::Severity severity = net::Severity::info;
    const LogProfile* profile = nullptr;     // instead of the targets' own
    const expr::LogFormat* format = nullptr;  // where no profile says another one
    std::string_view text{};                  // or the text itself
  };
  void write(const Line& line) const;
  net::Severity severity_of(const Exchange& exchange, Outcome outcome) const;
  bool mentions(std::string_view item) const;
  bool compile_format(const Frontend& frontend, expr::Compiler& compiler, config::Diagnostics& diagnostics);

  std::vector<Outlet> outlets_;
  std::optional<expr::LogFormat> format_, error_format_, data_, refusal_head_;
  bool dont_log_null_, dont_log_normal_, separate_errors_, as_soon_as_possible_, frontend_is_http_;
  bool basic_ = false, stepwise_ = false, at_the_end_ = true;
  bool counts_ = false;             // a format has %lc
  std::size_t longest_ = 1024;
  mutable std::atomic<std::uint64_t> lines_{0};
};

FrontendLog::FrontendLog(const Proxies& proxies, const Frontend& frontend)
    : dont_log_null_((*frontend.section)[setting::dont_log_null]),
      dont_log_normal_((*frontend.section)[setting::dont_log_normal]),
      separate_errors_((*frontend.section)[setting::log_separate_errors]),
      as_soon_as_possible_((*frontend.section)[setting::log_asap]),
      frontend_is_http_(frontend.http) {
  const config::Section& section = *frontend.section;
  const net::LogIdentity who = setting::log_identity(section, *proxies.config);
  const bool json = section[setting::log_format].kind == Format::json;
  for (net::LogTarget& target : setting::log_targets(section, proxies)) {
    if (json && !target.length_said) target.longest = json_length;
    if (json && target.ring && target.ring->implicit) target.ring->longest = std::max(target.ring->longest, target.longest);
    longest_ = std::max<std::size_t>(longest_, target.longest);
    outlets_.push_back({std::move(target), who, nullptr});
  }
  if (section.said(setting::log_steps)) {
    stepwise_ = true;
    steps = section[setting::log_steps];
    at_the_end_ = steps.has(LogStep::close);
    as_soon_as_possible_ = false;
  }
}

bool FrontendLog::compile_format(const Frontend& frontend, expr::Compiler& compiler, config::Diagnostics& diagnostics) {
  const config::Section& section = *frontend.section;
  const setting::LogFormatChoice& choice = section[setting::log_format];
  Format kind = choice.kind;
  if (!frontend.http && needs_http(kind)) {
    diagnostics.warning(section.place(setting::log_format),
                        fmt::format("'option {}' not usable with frontend '{}' (needs 'mode http'). Falling back to "
                                    "'option tcplog'.", kind == Format::https ? "httpslog" : "httplog", frontend.name));
    kind = Format::tcp;
  }
  basic_ = kind == Format::basic && !stepwise_;
  if (kind == Format::custom) {
    config::Line line = *choice.custom;
    format_ = expr::LogFormat::parse(line, compiler, expr::LogFormat::For::log);
    return format_ && fits_mode(*format_, frontend, *choice.custom);
  }
  std::string error;
  format_ = expr::LogFormat::parse(format_text(kind, frontend), compiler, expr::LogFormat::For::log, &error);
  check(format_.has_value(), error.c_str());
  return true;
}

bool FrontendLog::compile(const Proxies& proxies, const Frontend& frontend, expr::Compiler& compiler,
                          config::Diagnostics& diagnostics) {
  using expr::LogFormat;
  const config::Section& section = *frontend.section;
  bool fine = compile_format(frontend, compiler, diagnostics);
  // Manual 8.2.5, followed by what happened.
  refusal_head_ = LogFormat::parse("%ci:%cp [%t] %f/", compiler, LogFormat::For::log);
  const auto also = [&](const std::optional<config::Line>& text, std::optional<LogFormat>& format) {
    if (!text) return;
    config::Line line = *text;
    format = LogFormat::parse(line, compiler, LogFormat::For::log);
    fine = fine && format && fits_mode(*format, frontend, *text);
  };
  also(section[setting::error_log_format], error_format_);
  also(section[setting::log_format_data], data_);
  for (Outlet& outlet : outlets_) {
    if (outlet.target.profile.empty()) continue;
    const config::Section* const found = proxies.config->find(config::in::log_profile, outlet.target.profile);
    outlet.profile = found ? LogProfile::make(*found, compiler) : nullptr;
    if (!outlet.profile) return false;
    if (!outlet.profile->tag().empty()) outlet.who.tag = outlet.profile->tag();
  }
  counts_ = mentions("lc");
  shows_server_source = mentions("bi") || mentions("bp") || mentions("bc_src") || mentions("bc_src_port");
  return fine;
}

bool FrontendLog::mentions(std::string_view item) const {
  const auto has = [&](const std::optional<expr::LogFormat>& format) { return format && format->mentions(item); };
  return has(format_) || has(error_format_) || has(data_) ||
         std::ranges::any_of(outlets_, [&](const Outlet& outlet) { return outlet.profile && outlet.profile->mentions(item); });
}

net::Severity FrontendLog::severity_of(const Exchange& exchange, Outcome outcome) const {
  if (exchange.log_level >= 0) return static_cast<net::Severity>(exchange.log_level);
  return outcome == Outcome::wrong && separate_errors_ ? net::Severity::err : net::Severity::info;
}

void FrontendLog::ended(Exchange& exchange, LogStep step) const {
  const Facts& facts = exchange.facts;
  const bool nothing_came = facts.bytes_from_client == 0 && facts.first_byte == Instant{} && facts.method.empty();
  if (exchange.silent || !at_the_end_ || (basic_ && (facts.bad_request || (frontend_is_http_ && nothing_came)))) return;
  if (dont_log_null_ && nothing_came && facts.bytes_to_client == 0) return;
  const Outcome outcome = facts.went_wrong() ? Outcome::wrong : Outcome::fine;
  if (dont_log_normal_ && outcome == Outcome::fine) return;
  write({.local = exchange.session().local, .scope = exchange.scope, .origin = {basic_ ? LogStep::accept : step},
         .outcome = outcome, .severity = severity_of(exchange, outcome),
         .format = facts.bad_request && error_format_ ? &*error_format_ : &*format_});
}

void FrontendLog::reached(Exchange& exchange, LogStep step) const {
  if (exchange.silent) return;
  write({.local = exchange.session().local, .scope = exchange.scope, .origin = {step},
         .severity = severity_of(exchange, Outcome::fine), .format = &*format_});
}

// What formats say of a session without an exchange.
Facts facts_of(const Session& session) {
  Facts facts;
  facts.accepted = session.accepted;
  facts.accepted_at = session.accepted_at;
  facts.timers.idle = {};
  return facts;
}

void FrontendLog::say(Session& session, Exchange* exchange, const expr::Scope& scope, LogStep step, const LogProfile* profile) const {
  if (exchange && exchange->silent) return;
  const net::Severity severity = exchange ? severity_of(*exchange, Outcome::fine) : net::Severity::info;
  if (!exchange) {
    const Facts facts = facts_of(session);
    expr::Scope own = scope;
    own.facts = &facts;
    write({.local = session.local, .scope = own, .origin = {step}, .severity = severity, .profile = profile, .format = &*format_});
    return;
  }
  write({.local = session.local, .scope = scope, .origin = {step}, .severity = severity, .profile = profile, .format = &*format_});
}

void FrontendLog::refused(Session& session, Error why) const {
  const ConnectionError error = refusal_of(session, why);
  const bool nothing_came = session.input.empty() && (why.kind == Kind::end || why.kind == Kind::reset);
  if (error == ConnectionError::none || (dont_log_null_ && nothing_came)) return;
  Arena arena;
  expr::Client client;
  session.describe(client);
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &session.local.ambient;
  scope.client = &client;
  scope.frontend = const_cast<Frontend*>(&session.frontend);
  scope.session = &session;
  Facts facts = facts_of(session);
  facts.termination = {.cause = 'P', .phase = 'R'};
  facts.client_error = error;
  scope.facts = &facts;
  Line line{.local = session.local, .scope = scope, .origin = {.step = LogStep::error, .of_failed_session = true},
            .outcome = Outcome::wrong, .severity = separate_errors_ ? net::Severity::err : net::Severity::info};
  char room[512];
  expr::Writer fixed(room);
  if (error_format_) {
    line.format = &*error_format_;
  } else {
    // Manual 8.2.5: the short form with a fixed layout. A listening socket without a name is shown by its number.
    refusal_head_->write(scope, fixed);
    if (session.bind.name.empty()) fixed.put_decimal(session.bind.id);
    else fixed.put(session.bind.name);
    fixed.put(": ");
    fixed.put(words_of(error).text);
    line.text = fixed.text();
  }
  write(line);
}

// Each format is written once, however many targets want it.
void FrontendLog::write(const Line& line) const {
  net::LogSender& sender = line.local.log_sender;
  const WallTime now = line.local.worker.loop.wall();
  line.local.log_origin = line.origin;
  const std::span<char> room = sender.scratch(2 * longest_);
  const expr::LogFormat* written = nullptr;
  const expr::LogFormat* data_written = nullptr;
  std::string_view text = line.text, data;
  for (const Outlet& outlet : outlets_) {
    if (line.severity > outlet.target.least) continue;
    const LogProfile* const profile = line.profile ? line.profile : outlet.profile.get();
    const LogProfile::Step* const step = profile ? profile->at(line.origin.step, line.outcome) : nullptr;
    if (step && step->drop) continue;
    const expr::LogFormat* const format = step && step->format ? &*step->format : line.format;
    if (format != written) {
      expr::Writer to(room.first(longest_));
      if (format) format->write(line.scope, to);
      text = format ? to.text() : line.text;
      written = format;
    }
    const expr::LogFormat* const structured = step && step->data ? &*step->data : data_ ? &*data_ : nullptr;
    if (outlet.target.dress == net::LogDress::rfc5424 && structured && structured != data_written) {
      expr::Writer to(room.last(longest_));
      structured->write(line.scope, to);
      data = to.text();
      data_written = structured;
    }
    const bool other_tag = line.profile && !line.profile->tag().empty();
    if (!other_tag) {
      sender.send(outlet.target, line.severity, outlet.who, now, text, structured ? data : std::string_view{});
      continue;
    }
    net::LogIdentity who = outlet.who;  // rare: do-log with a profile that has a tag
    who.tag = line.profile->tag();
    sender.send(outlet.target, line.severity, who, now, text, structured ? data : std::string_view{});
  }
  if (counts_) lines_.fetch_add(1, std::memory_order_relaxed);
}

std::unique_ptr<Log> make_log(const Proxies& proxies, const Frontend& frontend, expr::Compiler& compiler,
                              config::Diagnostics& diagnostics) {
  if (!proxies.frontends.empty() && &frontend == proxies.frontends.front().get()) setting::check_log_lines(proxies, diagnostics);
  auto log = std::make_unique<FrontendLog>(proxies, frontend);
  // The format is compiled even if nothing is logged: what is wrong in a configuration is said.
  if (!log->compile(proxies, frontend, compiler, diagnostics) || !log->logs_something()) return nullptr;
  return log;
}

const catalog::Add entry{LogFactory{.name = "frontend log", .make = make_log,
    .doc = "Makes the log of a frontend from its log lines, formats and options."}};

}  // namespace
}  // namespace sluice::proxy
