// set-var(name[,condition]*), set-var-fmt(...), unset-var(name).
#include "base/text.hpp"
#include "expr/assign.hpp"
#include "expr/compiler.hpp"
#include "expr/expression.hpp"
#include "expr/log_format.hpp"
#include "proxy/action.hpp"

namespace sluice::proxy {
namespace {

std::optional<expr::Assignment> parse_target(ActionParse& in) {
  const auto target = expr::Assignment::parse(in.parameter, *in.compiler.variables);
  if (target) return *target;
  in.line.alert(in.line.last(), fmt::format("'{}' : {}.", in.line.keyword(), target.error()));
  return std::nullopt;
}

Next assign(RuleRun& run, const expr::Assignment& target, const expr::Sample& value) {
  target.run(run.scope, value);
  return Next::go_on;
}

class SetVariable final : public BoundAction {
 public:
  SetVariable(expr::Assignment target, expr::Expression value) : target_(target), value_(std::move(value)) {}
  Next run(RuleRun& run) const override { return assign(run, target_, value_.eval(run.scope)); }

 private:
  expr::Assignment target_;
  expr::Expression value_;
};
class SetVariableFormat final : public BoundAction {
 public:
  SetVariableFormat(expr::Assignment target, expr::LogFormat value) : target_(target), value_(std::move(value)) {}
  Next run(RuleRun& run) const override { return assign(run, target_, expr::Sample::text(value_.text(run.scope))); }

 private:
  expr::Assignment target_;
  expr::LogFormat value_;
};
class UnsetVariable final : public BoundAction {
 public:
  explicit UnsetVariable(expr::Variable variable) : variable_(variable) {}
  Next run(RuleRun& run) const override {
    if (run.scope.variables) run.scope.variables->unset(variable_);
    return Next::go_on;
  }

 private:
  expr::Variable variable_;
};

std::unique_ptr<BoundAction> parse_set(ActionParse& in) {
  const auto target = parse_target(in);
  if (!target) return nullptr;
  if (in.line.at_end()) {
    in.line.take("<expression>");
    return nullptr;
  }
  auto value = expr::Expression::parse(in.line, in.compiler);
  return value ? std::make_unique<SetVariable>(*target, std::move(*value)) : nullptr;
}
std::unique_ptr<BoundAction> parse_format(ActionParse& in) {
  const auto target = parse_target(in);
  if (!target) return nullptr;
  if (in.line.at_end()) {
    in.line.take("<format>");
    return nullptr;
  }
  auto value = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::variable);
  return value ? std::make_unique<SetVariableFormat>(*target, std::move(*value)) : nullptr;
}
std::unique_ptr<BoundAction> parse_unset(ActionParse& in) {
  const auto target = parse_target(in);
  return target ? std::make_unique<UnsetVariable>(target->variable()) : nullptr;
}

const catalog::Add set_entry{Action{.name = "set-var", .args = "<expression>", .in = rule_set::any, .parse = parse_set,
    .takes_parameter = true, .doc = "Sets a variable to the value of an expression."}};
const catalog::Add format_entry{Action{.name = "set-var-fmt", .args = "<format>", .in = rule_set::any, .parse = parse_format,
    .takes_parameter = true, .doc = "Sets a variable to a text made by a format."}};
const catalog::Add unset_entry{Action{.name = "unset-var", .in = rule_set::any, .parse = parse_unset,
    .takes_parameter = true, .doc = "Forgets a variable."}};

}  // namespace
}  // namespace sluice::proxy
