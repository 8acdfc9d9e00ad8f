// set-bandwidth-limit: puts a filter bwlim-in or bwlim-out of the same section to work for one stream.
#include "base/text.hpp"
#include "config/units.hpp"
#include "proxy/bandwidth.hpp"
#include "proxy/exchange.hpp"
#include "proxy/rules/arguments.hpp"

namespace sluice::proxy {
namespace {

// Bytes, as a size or an expression.
class Bytes {
 public:
  static std::optional<Bytes> parse(ActionParse& in) {
    Bytes made;
    const config::Word* const word = in.line.peek();
    if (word && !is_digit(word->text[0])) {
      auto expression = expr::Expression::parse(in.line, in.compiler);
      if (!expression) return std::nullopt;
      made.expression_ = std::move(*expression);
      return made;
    }
    const auto bytes = in.line.take_size("<size>", 1);
    if (!bytes) return std::nullopt;
    made.constant_ = *bytes;
    return made;
  }
  std::optional<std::uint64_t> get(const expr::Scope& scope) const {
    if (!expression_) return constant_;
    const expr::Sample value = expression_->eval_as(expr::Type::sint, scope);
    if (!value || value.integer() <= 0) return std::nullopt;
    return static_cast<std::uint64_t>(value.integer());
  }

 private:
  std::uint64_t constant_ = 0;
  std::optional<expr::Expression> expression_;
};

class SetLimit final : public BoundAction {
 public:
  SetLimit(std::shared_ptr<const BandwidthFilter> filter, RuleSet set) : filter_(std::move(filter)), set_(set) {}
  // What gives no value leaves what the filter says.
  Next run(RuleRun& run) const override {
    Adjustments& adjustments = run.exchange->adjust();
    Pace*& first = filter_->way == BandwidthFilter::Way::upload ? adjustments.uploads : adjustments.downloads;
    Pace* pace = first;
    while (pace && pace->filter != filter_.get()) pace = pace->next;
    if (!pace) {
      pace = &run.exchange->arena().make<Pace>();
      pace->filter = filter_.get();
      pace->next = first;
      first = pace;
    }
    const auto limit = limit_ ? limit_->get(run.scope) : std::nullopt;
    const auto period = period_ ? period_->get(run.scope) : std::nullopt;
    pace->limit = limit.value_or(filter_->limit);
    pace->period = period && period->us > 0 ? *period : filter_->period;
    return Next::go_on;
  }
  // The answer has to wait where the limit is found with it.
  bool may_wait() const override { return set_ == RuleSet::http_response; }

  std::optional<Bytes> limit_;
  std::optional<TimeOrExpression> period_;

 private:
  std::shared_ptr<const BandwidthFilter> filter_;
  RuleSet set_;
};

std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const config::Word* const name = in.line.take("<filter>");
  if (!name) return nullptr;
  const auto& filters = in.section[setting::bandwidth_filters];
  const auto found = std::ranges::find_if(filters, [&](const auto& one) { return one->name == name->text; });
  if (found == filters.end()) {
    in.line.alert(*name, fmt::format("'{}' : there is no bandwidth limit named '{}' in this section.", in.line.keyword(), name->text),
                  fmt::format("'filter bwlim-out {} default-limit <size> default-period <time>' declares one", name->text));
    return nullptr;
  }
  auto made = std::make_unique<SetLimit>(*found, in.set);
  while (const config::Word* const word = in.line.peek()) {
    if (*word == "if" || *word == "unless") break;
    in.line.next();
    if (*word == "limit") {
      made->limit_ = Bytes::parse(in);
      if (!made->limit_) return nullptr;
    } else if (*word == "period") {
      made->period_ = TimeOrExpression::parse(in, "a time or an expression that gives milliseconds");
      if (!made->period_) return nullptr;
    } else {
      in.line.alert(*word, fmt::format("'{}' : 'set-bandwidth-limit' expects 'limit' and 'period', not '{}'.", in.line.keyword(), word->text));
      return nullptr;
    }
  }
  return made;
}
const catalog::Add entry{Action{.name = "set-bandwidth-limit", .args = "<filter> [limit { <size> | <expression> }] [period { <time> | <expression> }]",
    .in = rule_set::tcp_content | rule_set::tcp_response | rule_set::http_request | rule_set::http_response, .parse = parse,
    .doc = "From here on the stream carries no more bytes in a period than its filter, or this rule, says."}};

}  // namespace
}  // namespace sluice::proxy
