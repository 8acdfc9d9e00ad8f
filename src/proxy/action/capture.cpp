// capture <expression> { len <length> | id <slot> }; set-log-level; set-priority-class / -offset.
#include "expr/compiler.hpp"
#include "expr/expression.hpp"
#include "proxy/build.hpp"
#include "proxy/exchange.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {
namespace {

class Capture final : public BoundAction {
 public:
  Capture(expr::Expression value, std::size_t slot, std::size_t longest) : value_(std::move(value)), slot_(slot), longest_(longest) {}
  Next run(RuleRun& run) const override {
    Exchange& exchange = *run.exchange;
    const bool answers = run.set == RuleSet::http_response || run.set == RuleSet::http_after_response;
    auto& slots = answers ? exchange.response_captures : exchange.request_captures;
    const auto& declared = answers ? exchange.frontend().response_captures : exchange.frontend().request_captures;
    const auto text = value_.text(run.scope);
    if (text && slot_ < slots.size()) slots[slot_] = exchange.arena().copy(text->substr(0, std::min(longest_, declared[slot_].longest)));
    return Next::go_on;
  }

 private:
  expr::Expression value_;
  std::size_t slot_;
  std::size_t longest_;
};

// `len` makes a slot of its own in the frontend; `id` names one that `declare capture` made.
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  if (in.line.at_end()) {
    in.line.take("<expression>");
    return nullptr;
  }
  auto value = expr::Expression::parse(in.line, in.compiler);
  if (!value) return nullptr;
  if (in.line.at_end()) {
    in.line.take("'len <length>' or 'id <slot>'");
    return nullptr;
  }
  const config::Word* const how = in.line.next();
  const bool answers = in.set == RuleSet::http_response || in.set == RuleSet::http_after_response;
  if (*how == "id") {
    const auto slot = in.line.take_integer("<slot>", 0, 65535);
    if (!slot) return nullptr;
    in.compiler.named_slots.push_back({in.line.last().place, std::string(name_of(in.set)), static_cast<std::size_t>(*slot), answers});
    return std::make_unique<Capture>(std::move(*value), static_cast<std::size_t>(*slot), 65535);
  }
  if (*how == "len" && !answers && in.section.is(config::in::defaults))  // which nobody uses
    return in.line.take_integer("<length>", 1, 65535) ? std::make_unique<Capture>(std::move(*value), 0, 0) : nullptr;
  Frontend* const frontend = in.section.is(config::in::front) ? in.proxies.frontend(in.section.name()) : nullptr;
  if (*how != "len" || !frontend || answers) {
    in.line.alert(*how, "'capture' expects 'id <slot>' here, or 'len <length>' for requests in a frontend.");
    return nullptr;
  }
  const auto longest = in.line.take_integer("<length>", 1, 65535);
  if (!longest) return nullptr;
  frontend->request_captures.push_back({"", static_cast<std::size_t>(*longest)});
  return std::make_unique<Capture>(std::move(*value), frontend->request_captures.size() - 1, static_cast<std::size_t>(*longest));
}
const catalog::Add entry{Action{.name = "capture", .args = "<expression> { len <length> | id <slot> }",
    .in = rule_set::http | rule_set::tcp_content, .parse = parse,
    .doc = "Keeps a value for the log and for capture.req.hdr / capture.res.hdr."}};

class SetLogLevel final : public BoundAction {
 public:
  explicit SetLogLevel(int level) : level_(level) {}
  Next run(RuleRun& run) const override {
    run.exchange->log_level = level_;
    return Next::go_on;
  }

 private:
  int level_;
};
std::unique_ptr<BoundAction> parse_level(ActionParse& in) {
  constexpr std::string_view names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "silent"};
  const config::Word* const word = in.line.take("<level>");
  if (!word) return nullptr;
  const auto found = std::ranges::find(names, std::string_view(word->text));
  if (found == std::end(names)) {
    in.line.alert(*word, fmt::format("'set-log-level' : unknown level '{}'.", word->text));
    return nullptr;
  }
  return std::make_unique<SetLogLevel>(static_cast<int>(found - std::begin(names)));
}
const catalog::Add level_entry{Action{.name = "set-log-level", .args = "<level>",
    .in = rule_set::http | rule_set::tcp_content | rule_set::tcp_response, .parse = parse_level,
    .doc = "Changes the level this request is logged with; 'silent' does not log it."}};

// There is nothing a request could be nicer to: workers serve what is ready in turn.
class SetNice final : public BoundAction {
 public:
  Next run(RuleRun&) const override { return Next::go_on; }
};
std::unique_ptr<BoundAction> parse_nice(ActionParse& in) {
  const auto nice = in.line.take_integer("<nice>");
  if (nice && std::abs(*nice) > 1024) in.line.warning(in.line.last(), "'set-nice' : values lie between -1024 and 1024.");
  return nice ? std::make_unique<SetNice>() : nullptr;
}
const catalog::Add nice_entry{Action{.name = "set-nice", .args = "<nice>",
    .in = rule_set::http_request | rule_set::http_response | rule_set::tcp_content | rule_set::tcp_response, .parse = parse_nice,
    .unused = "requests have no priorities among each other on a worker", .doc = "Accepted for compatibility."}};

template <bool offset>
class SetPriority final : public BoundAction {
 public:
  explicit SetPriority(expr::Expression value) : value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    const expr::Sample value = value_.eval_as(expr::Type::sint, run.scope);
    if (!value) return Next::go_on;
    const std::int64_t most = offset ? 524287 : 2047;
    const auto n = static_cast<std::int32_t>(std::clamp(value.integer(), -most, most));
    (offset ? run.exchange->priority.offset_ms : run.exchange->priority.priority_class) = n;
    return Next::go_on;
  }

 private:
  expr::Expression value_;
};
template <bool offset>
std::unique_ptr<BoundAction> parse_priority(ActionParse& in) {
  if (in.line.at_end()) {
    in.line.take("<expression>");
    return nullptr;
  }
  auto value = expr::Expression::parse(in.line, in.compiler);
  return value ? std::make_unique<SetPriority<offset>>(std::move(*value)) : nullptr;
}
const catalog::Add class_entry{Action{.name = "set-priority-class", .args = "<expression>",
    .in = rule_set::http_request | rule_set::tcp_content, .parse = parse_priority<false>,
    .doc = "Which queue class a request waits in: lower classes go first."}};
const catalog::Add offset_entry{Action{.name = "set-priority-offset", .args = "<expression>",
    .in = rule_set::http_request | rule_set::tcp_content, .parse = parse_priority<true>,
    .doc = "By how many milliseconds a request is put behind (or before) others of its class in a queue."}};

}  // namespace
}  // namespace sluice::proxy
