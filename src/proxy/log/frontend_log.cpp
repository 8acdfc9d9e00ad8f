// The log of one frontend: which exchanges are logged, with which level and format, and to where (manual 8). Immutable
// but for what each worker has of its own: sockets and the line being made.
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/session.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

using Format = setting::LogFormatChoice::Kind;

// Manual 8.2.1 to 8.2.3.
std::string_view format_text(Format kind, const Frontend& frontend) {
  switch (kind) {
    case Format::tcp: return tcp_log_format;
    case Format::http: return http_log_format;
    case Format::clf: return http_clf_log_format;
    default:
      return frontend.http ? "Connect from %ci:%cp to %fi:%fp (%f/HTTP)" : "Connect from %ci:%cp to %fi:%fp (%f/TCP)";
  }
}

// Errors, time-outs, retries, redispatches, status 5xx. What was answered here on purpose ('L') is none of them.
bool went_wrong(const Facts& facts) {
  const char cause = facts.termination.cause;
  return (cause != '-' && cause != 'L') || facts.retries || facts.redispatched || facts.status >= 500;
}

// What there is to say of a connection that did not get as far as an exchange; nothing where rules refused it.
std::string_view refusal_text(Error why) {
  switch (why.kind) {
    case Kind::end:
    case Kind::reset: return "Connection closed while waiting for PROXY protocol header";
    case Kind::timeout: return "Timeout while waiting for PROXY protocol header";
    case Kind::bad_message:
    case Kind::too_large: return "Received something which does not look like a PROXY protocol header";
    default: return {};
  }
}

class FrontendLog final : public Log {
 public:
  FrontendLog(const Proxies& proxies, const Frontend& frontend)
      : targets_(setting::log_targets(*frontend.section, *proxies.config)),
        who_(setting::log_identity(*frontend.section, *proxies.config)),
        dont_log_null_((*frontend.section)[setting::dont_log_null]),
        dont_log_normal_((*frontend.section)[setting::dont_log_normal]),
        separate_errors_((*frontend.section)[setting::log_separate_errors]),
        as_soon_as_possible_((*frontend.section)[setting::log_asap]),
        frontend_is_http_(frontend.http) {
    for (const net::LogTarget& target : targets_) longest_ = std::max<std::size_t>(longest_, target.longest);
  }
  bool logs_something() const { return !targets_.empty(); }
  bool compile(const Frontend& frontend, expr::Compiler& compiler, config::Diagnostics& diagnostics);

  bool as_soon_as_possible() const override { return as_soon_as_possible_ || basic_; }
  void ended(Exchange& exchange) const override;
  void refused(Session& session, Error why) const override;

 private:
  void emit(net::LogSender& sender, WallTime now, net::Severity severity, const expr::LogFormat& format,
            const expr::Scope& scope) const;

  std::vector<net::LogTarget> targets_;
  net::LogIdentity who_;
  std::optional<expr::LogFormat> format_;
  std::optional<expr::LogFormat> error_format_;
  std::optional<expr::LogFormat> refusal_head_;
  bool dont_log_null_, dont_log_normal_, separate_errors_, as_soon_as_possible_, frontend_is_http_;
  bool basic_ = false;
  std::size_t longest_ = 1024;
};

bool FrontendLog::compile(const Frontend& frontend, expr::Compiler& compiler, config::Diagnostics& diagnostics) {
  using expr::LogFormat;
  const config::Section& section = *frontend.section;
  const setting::LogFormatChoice& choice = section[setting::log_format];
  Format kind = choice.kind;
  if (!frontend.http && (kind == Format::http || kind == Format::clf)) {
    diagnostics.warning(section.place(setting::log_format),
                        fmt::format("'option httplog' not usable with frontend '{}' (needs 'mode http'). Falling back to "
                                    "'option tcplog'.", frontend.name));
    kind = Format::tcp;
  }
  basic_ = kind == Format::basic;
  if (kind == Format::custom) {
    config::Line line = *choice.custom;
    format_ = LogFormat::parse(line, compiler, LogFormat::For::log);
  } else {
    std::string error;
    format_ = LogFormat::parse(format_text(kind, frontend), compiler, LogFormat::For::log, &error);
    check(format_.has_value(), error.c_str());
  }
  // Manual 8.2.5, followed by what happened.
  refusal_head_ = LogFormat::parse("%ci:%cp [%t] %f/", compiler, LogFormat::For::log);
  if (const auto& error_format = section[setting::error_log_format]) {
    config::Line line = *error_format;
    error_format_ = LogFormat::parse(line, compiler, LogFormat::For::log);
    if (!error_format_) return false;
  }
  return format_.has_value();
}

void FrontendLog::ended(Exchange& exchange) const {
  const Facts& facts = exchange.facts;
  const bool nothing_came = facts.bytes_from_client == 0 && facts.first_byte == Instant{} && facts.method.empty();
  if (exchange.silent || (basic_ && (facts.bad_request || (frontend_is_http_ && nothing_came)))) return;
  if (dont_log_null_ && nothing_came && facts.bytes_to_client == 0) return;
  const bool wrong = went_wrong(facts);
  if (dont_log_normal_ && !wrong) return;
  net::Severity severity = wrong && separate_errors_ ? net::Severity::err : net::Severity::info;
  if (exchange.log_level >= 0) severity = static_cast<net::Severity>(exchange.log_level);
  const bool use_error_format = wrong && error_format_;
  emit(exchange.session().local.log_sender, exchange.worker().loop.wall(), severity, use_error_format ? *error_format_ : *format_,
       exchange.scope);
}

void FrontendLog::refused(Session& session, Error why) const {
  const std::string_view text = refusal_text(why);
  if (text.empty() || (dont_log_null_ && (why.kind == Kind::end || why.kind == Kind::reset))) return;
  const net::Severity severity = separate_errors_ ? net::Severity::err : net::Severity::info;
  Arena arena;
  expr::Client client;
  session.describe(client);
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &session.local.ambient;
  scope.client = &client;
  scope.frontend = const_cast<Frontend*>(&session.frontend);
  scope.session = &session;
  const WallTime now = session.worker.loop.wall();
  if (error_format_) {
    emit(session.local.log_sender, now, severity, *error_format_, scope);
    return;
  }
  // Manual 8.2.5: the short form with a fixed layout.
  net::LogSender& sender = session.local.log_sender;
  expr::Writer line(sender.scratch(longest_));
  refusal_head_->write(scope, line);
  // A listening socket without a name is shown by its number, counted from 1 in its frontend.
  const auto place = static_cast<std::int64_t>(&session.bind - session.frontend.binds.data()) + 1;
  if (session.bind.name.empty()) line.put_decimal(session.bind.id ? std::int64_t{session.bind.id} : place);
  else line.put(session.bind.name);
  line.put(": ");
  line.put(text);
  for (const net::LogTarget& target : targets_) sender.send(target, severity, who_, now, line.text());
}

void FrontendLog::emit(net::LogSender& sender, WallTime now, net::Severity severity, const expr::LogFormat& format,
                       const expr::Scope& scope) const {
  expr::Writer line(sender.scratch(longest_));
  format.write(scope, line);
  for (const net::LogTarget& target : targets_) sender.send(target, severity, who_, now, line.text());
}

std::unique_ptr<Log> make_log(const Proxies& proxies, const Frontend& frontend, expr::Compiler& compiler,
                              config::Diagnostics& diagnostics) {
  auto log = std::make_unique<FrontendLog>(proxies, frontend);
  // The format is compiled even if nothing is logged: what is wrong in a configuration is said.
  if (!log->compile(frontend, compiler, diagnostics) || !log->logs_something()) return nullptr;
  return log;
}

const catalog::Add entry{LogFactory{.name = "frontend log", .make = make_log,
    .doc = "Makes the log of a frontend from its log lines, formats and options."}};

}  // namespace
}  // namespace sluice::proxy
