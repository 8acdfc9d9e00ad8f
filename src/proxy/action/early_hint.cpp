// early-hint <name> <format>: 103 before the answer (RFC 8297). A rule without a condition shares that of
// the one before it.
#include "base/text.hpp"
#include "expr/log_format.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

class EarlyHint final : public BoundAction {
 public:
  EarlyHint(std::string name, expr::LogFormat value) : name_(std::move(name)), value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    run.exchange->hint(name_, value_.text(run.scope));
    return shared_ ? Next::go_on : Next::later;
  }
  async::Task<Next> later(RuleRun& run) const override {
    co_await run.exchange->send_hints();
    co_return Next::go_on;
  }
  bool may_wait() const override { return true; }
  void followed_by(const BoundAction* next) override { shared_ = dynamic_cast<const EarlyHint*>(next) != nullptr; }

 private:
  std::string name_;
  expr::LogFormat value_;
  bool shared_ = false;  // another one follows, without a condition
};
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const config::Word* const name = in.line.take("<name> <format>");
  if (!name) return nullptr;
  if (in.line.at_end()) {
    in.line.take("<format>");
    return nullptr;
  }
  auto value = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
  return value ? std::make_unique<EarlyHint>(lower(name->text), std::move(*value)) : nullptr;
}
const catalog::Add entry{Action{.name = "early-hint", .args = "<name> <format>", .in = rule_set::http_request, .parse = parse,
    .doc = "Sends a 103 Early Hints response with this header before the answer; not to HTTP/1.0 clients."}};

}  // namespace
}  // namespace sluice::proxy
