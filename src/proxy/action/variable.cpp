// set-var(name[,condition]*), set-var-fmt(...), unset-var(name).
#include "base/text.hpp"
#include "expr/compiler.hpp"
#include "expr/expression.hpp"
#include "expr/log_format.hpp"
#include "expr/variables.hpp"
#include "proxy/action.hpp"

namespace sluice::proxy {
namespace {

// Conditions on the old and new value that may stand behind the name.
enum Unless : std::uint8_t { if_exists = 1, if_not_exists = 2, if_empty = 4, if_not_empty = 8, if_set = 16, if_not_set = 32,
                             if_greater = 64, if_less = 128 };
struct Target {
  expr::Variable variable;
  std::uint8_t conditions = 0;
};

std::optional<Target> parse_target(ActionParse& in) {
  std::string_view rest = in.parameter;
  const std::string_view name = trim(take_until(rest, ','));
  const auto variable = in.compiler.variables->intern(name);
  if (!variable) {
    in.line.alert(in.line.last(), fmt::format("'{}' : invalid variable name '{}': {}.", in.line.keyword(), name, variable.error()));
    return std::nullopt;
  }
  Target target{*variable, 0};
  constexpr std::pair<std::string_view, std::uint8_t> names[] = {
      {"ifexists", if_exists}, {"ifnotexists", if_not_exists}, {"ifempty", if_empty}, {"ifnotempty", if_not_empty},
      {"ifset", if_set}, {"ifnotset", if_not_set}, {"ifgt", if_greater}, {"iflt", if_less}};
  while (!rest.empty()) {
    const std::string_view word = trim(take_until(rest, ','));
    const auto found = std::ranges::find(names, word, &std::pair<std::string_view, std::uint8_t>::first);
    if (found == std::end(names)) {
      in.line.alert(in.line.last(), fmt::format("'{}' : unknown condition '{}'.", in.line.keyword(), word));
      return std::nullopt;
    }
    target.conditions |= found->second;
  }
  return target;
}

bool is_empty(const expr::Sample& sample) { return sample.is_text() && sample.view().empty(); }

bool allowed(const Target& target, const expr::Sample& before, const expr::Sample& now) {
  const auto asks = [&](std::uint8_t bit) { return target.conditions & bit; };
  if (asks(if_exists) && !before) return false;
  if (asks(if_not_exists) && before) return false;
  if (asks(if_empty) && !(now && is_empty(now))) return false;
  if (asks(if_not_empty) && (!now || is_empty(now))) return false;
  if (asks(if_set) && !before) return false;
  if (asks(if_not_set) && before) return false;
  const bool numbers = before.type() == expr::Type::sint && now.type() == expr::Type::sint;
  if (asks(if_greater) && !(numbers && before.integer() > now.integer())) return false;
  if (asks(if_less) && !(numbers && before.integer() < now.integer())) return false;
  return true;
}

Next assign(RuleRun& run, const Target& target, const expr::Sample& value) {
  if (!value || !run.scope.variables) return Next::go_on;
  if (target.conditions && !allowed(target, run.scope.variables->get(target.variable, *run.scope.arena), value)) return Next::go_on;
  run.scope.variables->set(target.variable, value);
  return Next::go_on;
}

class SetVariable final : public BoundAction {
 public:
  SetVariable(Target target, expr::Expression value) : target_(target), value_(std::move(value)) {}
  Next run(RuleRun& run) const override { return assign(run, target_, value_.eval(run.scope)); }

 private:
  Target target_;
  expr::Expression value_;
};
class SetVariableFormat final : public BoundAction {
 public:
  SetVariableFormat(Target target, expr::LogFormat value) : target_(target), value_(std::move(value)) {}
  Next run(RuleRun& run) const override { return assign(run, target_, expr::Sample::text(value_.text(run.scope))); }

 private:
  Target target_;
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
  auto value = expr::LogFormat::parse(in.line, in.compiler, expr::LogFormat::For::http);
  return value ? std::make_unique<SetVariableFormat>(*target, std::move(*value)) : nullptr;
}
std::unique_ptr<BoundAction> parse_unset(ActionParse& in) {
  const auto target = parse_target(in);
  return target ? std::make_unique<UnsetVariable>(target->variable) : nullptr;
}

const catalog::Add set_entry{Action{.name = "set-var", .args = "<expression>", .in = rule_set::any, .parse = parse_set,
    .takes_parameter = true, .doc = "Sets a variable to the value of an expression."}};
const catalog::Add format_entry{Action{.name = "set-var-fmt", .args = "<format>", .in = rule_set::any, .parse = parse_format,
    .takes_parameter = true, .doc = "Sets a variable to a text made by a format."}};
const catalog::Add unset_entry{Action{.name = "unset-var", .in = rule_set::any, .parse = parse_unset,
    .takes_parameter = true, .doc = "Forgets a variable."}};

}  // namespace
}  // namespace sluice::proxy
