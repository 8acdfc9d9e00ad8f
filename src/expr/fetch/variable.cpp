// Variables (manual 7.3.2: var).
#include "expr/arguments.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

Sample var(const Scope& scope, const VariableArg& variable, std::optional<std::string_view> fallback) {
  const Sample value = variable.get(scope);
  return value || !fallback ? value : Sample::text(*fallback);
}

const catalog::Add a{Fetch{.name = "var", .args = {"var-name", "default"}, .run = typed<var>, .out = Type::any,
                           .doc = "The value of a variable, or {default} if it has none.",
                           .examples = {{"var(txn.set)", "value"}, {"var(txn.unset)", undefined}, {"var(txn.unset,none)", "none"}}}};
}  // namespace
}  // namespace sluice::expr
