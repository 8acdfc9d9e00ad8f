// Converters that set variables (manual 7.3.1).
#include <fmt/format.h>

#include "expr/arguments.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
// When a variable is set: ifexists, ifgt, ...
struct SetCondition {
  enum class When : std::uint8_t { exists, not_exists, empty, not_empty, set, not_set, greater, less } when = When::exists;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::SetCondition> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::SetCondition, std::string> read(std::string_view text) {
    constexpr std::array<std::string_view, 8> names = {"ifexists", "ifnotexists", "ifempty", "ifnotempty", "ifset", "ifnotset", "ifgt", "iflt"};
    for (std::size_t i = 0; i < names.size(); ++i)
      if (text == names[i]) return expr::SetCondition{static_cast<expr::SetCondition::When>(i)};
    return std::unexpected(fmt::format("'{}' is not a condition of set-var, expected one of {}", text, fmt::join(names, ", ")));
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;
using When = SetCondition::When;

bool is_empty(const Sample& sample) { return !sample || (sample.is_text() && sample.view().empty()); }
bool allows(When when, const Sample& before, const Sample& value) {
  const bool numbers = before.type() == Type::sint && value.type() == Type::sint;
  switch (when) {
    case When::exists: return static_cast<bool>(before);
    case When::not_exists: return !before;
    case When::empty: return is_empty(value);
    case When::not_empty: return !is_empty(value);
    case When::set: return !is_empty(before);
    case When::not_set: return is_empty(before);
    case When::greater: return numbers && value.integer() > before.integer();
    case When::less: return numbers && value.integer() < before.integer();
  }
  return false;
}
using Maybe = std::optional<SetCondition>;
Sample set_var(Sample in, const Scope& scope, const VariableArg& variable, Maybe a, Maybe b, Maybe c, Maybe d) {
  if (!scope.variables) return in;
  for (const Maybe& condition : {a, b, c, d})
    if (condition && !allows(condition->when, variable.get(scope), in)) return in;
  scope.variables->set(variable.variable, in);
  return in;
}
Sample unset_var(Sample in, const Scope& scope, const VariableArg& variable) {
  if (scope.variables) scope.variables->unset(variable.variable);
  return in;
}

const catalog::Add a{Converter{.name = "set-var", .args = {"var", "cond", "cond", "cond", "cond"}, .run = typed<set_var>, .in = Type::any, .out = Type::same,
    .doc = "Sets a variable to the value, if all conditions hold, and passes the value on.",
    .examples = {{"str(x),set-var(txn.set)", "x"}, {"int(1),set-var(txn.number,ifgt)", "1"}}}};
const catalog::Add b{Converter{.name = "unset-var", .args = {"var"}, .run = typed<unset_var>, .in = Type::any, .out = Type::same,
    .doc = "Removes a variable and passes the value on.", .examples = {{"str(x),unset-var(txn.set)", "x"}}}};
}  // namespace
}  // namespace sluice::expr
