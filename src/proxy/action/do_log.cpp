// do-log [profile <name>]: a log line now, whatever else is logged (manual: actions).
#include "proxy/build.hpp"
#include "proxy/exchange.hpp"
#include "proxy/log/profile.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {
namespace {

LogStep step_of(RuleSet set) {
  switch (set) {
    case RuleSet::tcp_connection: return LogStep::tcp_connection;
    case RuleSet::tcp_session: return LogStep::tcp_session;
    case RuleSet::tcp_content: return LogStep::tcp_content;
    case RuleSet::tcp_response: return LogStep::tcp_response;
    case RuleSet::http_request: return LogStep::http_request;
    case RuleSet::http_response: return LogStep::http_response;
    case RuleSet::http_after_response: return LogStep::http_after_response;
  }
  return LogStep::any;
}

class DoLog final : public BoundAction {
 public:
  explicit DoLog(std::unique_ptr<LogProfile> profile) : profile_(std::move(profile)) {}
  Next run(RuleRun& run) const override {
    if (const Log* const log = run.session.frontend.log.get())
      log->say(run.session, run.exchange, run.scope, step_of(run.set), profile_.get());
    return Next::go_on;
  }

 private:
  std::unique_ptr<LogProfile> profile_;
};

std::unique_ptr<BoundAction> parse(ActionParse& in) {
  std::unique_ptr<LogProfile> profile;
  if (in.line.accept("profile")) {
    const config::Word* const name = in.line.take("<log-profile>");
    if (!name) return nullptr;
    const config::Section* const section = in.proxies.config->find(config::in::log_profile, name->text);
    if (!section) {
      in.line.alert(*name, fmt::format("'do-log' : there is no section 'log-profile {}'.", name->text));
      return nullptr;
    }
    profile = LogProfile::make(*section, in.compiler);
    if (!profile) return nullptr;
  }
  return std::make_unique<DoLog>(std::move(profile));
}

const catalog::Add entry{Action{.name = "do-log", .args = "[profile <log-profile>]", .in = rule_set::any, .parse = parse,
    .doc = "Writes a log line at this moment, to the frontend's targets and in its format, or as the profile says."}};

}  // namespace
}  // namespace sluice::proxy
