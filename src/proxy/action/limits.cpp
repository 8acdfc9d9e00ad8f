// set-timeout, set-retries, disable-l7-retry: limits of one exchange alone.
#include "proxy/exchange.hpp"
#include "proxy/rules/arguments.hpp"

namespace sluice::proxy {
namespace {

struct Timeout {
  std::string_view name;
  std::optional<Duration> Adjustments::* member;
  config::Sections sections;  // where it means anything
};
constexpr Timeout timeouts[] = {
    {"client", &Adjustments::client, config::in::front},  {"connect", &Adjustments::connect, config::in::back},
    {"queue", &Adjustments::queue, config::in::back},     {"server", &Adjustments::server, config::in::back},
    {"tarpit", &Adjustments::tarpit, config::in::front | config::in::back}, {"tunnel", &Adjustments::tunnel, config::in::back},
};

class SetTimeout final : public BoundAction {
 public:
  SetTimeout(std::optional<Duration> Adjustments::* member, TimeOrExpression time) : member_(member), time_(std::move(time)) {}
  Next run(RuleRun& run) const override {
    const auto time = time_.get(run.scope);
    if (time && time->us > 0) run.exchange->adjust().*member_ = *time;
    return Next::go_on;
  }

 private:
  std::optional<Duration> Adjustments::* member_;
  TimeOrExpression time_;
};
std::unique_ptr<BoundAction> parse_timeout(ActionParse& in) {
  std::vector<std::string_view> names;
  for (const Timeout& one : timeouts) names.push_back(one.name);
  const auto which = in.line.take_one_of(names);
  if (!which) return nullptr;
  const Timeout& timeout = timeouts[*which];
  if (!in.section.is(timeout.sections | config::in::defaults)) {
    in.line.alert(in.line.last(), fmt::format("'{}' : '{}' has no {} capability, which 'set-timeout {}' needs.", in.line.keyword(),
                                              in.section.name(), in.section.is(config::in::back) ? "frontend" : "backend", timeout.name));
    return nullptr;
  }
  const config::Word* const word = in.line.peek();
  auto time = TimeOrExpression::parse(in, "a time or an expression that gives milliseconds");
  if (!time) return nullptr;
  if (word && word->text == "0") {
    in.line.alert(*word, fmt::format("'{}' : a timeout of 0 is none.", in.line.keyword()));
    return nullptr;
  }
  return std::make_unique<SetTimeout>(timeout.member, std::move(*time));
}
const catalog::Add timeout_entry{Action{.name = "set-timeout",
    .args = "{ client | connect | queue | server | tarpit | tunnel } { <time> | <expression> }",
    .in = rule_set::http_request | rule_set::http_response, .parse = parse_timeout,
    .doc = "Another timeout for this request alone. An expression gives milliseconds; no value or 0 changes nothing."}};

class SetRetries final : public BoundAction {
 public:
  explicit SetRetries(NumberOrExpression count) : count_(std::move(count)) {}
  Next run(RuleRun& run) const override {
    if (const auto count = count_.get(run.scope)) run.exchange->adjust().retries = static_cast<unsigned>(*count);
    return Next::go_on;
  }

 private:
  NumberOrExpression count_;
};
std::unique_ptr<BoundAction> parse_retries(ActionParse& in) {
  auto count = NumberOrExpression::parse(in, "a number of retries", {0, 100});
  return count ? std::make_unique<SetRetries>(std::move(*count)) : nullptr;
}
const catalog::Add retries_entry{Action{.name = "set-retries", .args = "{ <count> | <expression> }",
    .in = rule_set::http_request | rule_set::tcp_content, .parse = parse_retries,
    .doc = "How often this request may be tried again, whatever the backend's retries says; at most 100."}};

class DisableRetry final : public BoundAction {
 public:
  Next run(RuleRun& run) const override {
    run.exchange->adjust().only_connect_retries = true;
    return Next::go_on;
  }
};
std::unique_ptr<BoundAction> parse_disable(ActionParse&) { return std::make_unique<DisableRetry>(); }
const catalog::Add disable_entry{Action{.name = "disable-l7-retry", .in = rule_set::http_request, .parse = parse_disable,
    .doc = "This request is only tried again if connecting failed, whatever retry-on says."}};

}  // namespace
}  // namespace sluice::proxy
