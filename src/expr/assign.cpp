#include "expr/assign.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sluice::expr {
namespace {

enum Condition : std::uint8_t { if_exists = 1, if_not_exists = 2, if_empty = 4, if_not_empty = 8, if_set = 16, if_not_set = 32,
                                if_greater = 64, if_less = 128 };

bool is_empty(const Sample& sample) { return sample.is_text() && sample.view().empty(); }

bool allowed(std::uint8_t conditions, const Sample& before, const Sample& now) {
  const auto asks = [&](std::uint8_t bit) { return conditions & bit; };
  if (asks(if_exists) && !before) return false;
  if (asks(if_not_exists) && before) return false;
  if (asks(if_empty) && !(now && is_empty(now))) return false;
  if (asks(if_not_empty) && (!now || is_empty(now))) return false;
  if (asks(if_set) && !before) return false;
  if (asks(if_not_set) && before) return false;
  const bool numbers = before.type() == Type::sint && now.type() == Type::sint;
  if (asks(if_greater) && !(numbers && before.integer() > now.integer())) return false;
  if (asks(if_less) && !(numbers && before.integer() < now.integer())) return false;
  return true;
}

}  // namespace

std::expected<Assignment, std::string> Assignment::parse(std::string_view text, VariableNames& names) {
  const std::string_view name = trim(take_until(text, ','));
  const auto variable = names.intern(name);
  if (!variable) return std::unexpected(fmt::format("invalid variable name '{}': {}", name, variable.error()));
  Assignment assignment;
  assignment.variable_ = *variable;
  constexpr std::pair<std::string_view, std::uint8_t> conditions[] = {
      {"ifexists", if_exists}, {"ifnotexists", if_not_exists}, {"ifempty", if_empty}, {"ifnotempty", if_not_empty},
      {"ifset", if_set}, {"ifnotset", if_not_set}, {"ifgt", if_greater}, {"iflt", if_less}};
  while (!text.empty()) {
    const std::string_view word = trim(take_until(text, ','));
    const auto found = std::ranges::find(conditions, word, &std::pair<std::string_view, std::uint8_t>::first);
    if (found == std::end(conditions)) return std::unexpected(fmt::format("unknown condition '{}'", word));
    assignment.conditions_ |= found->second;
  }
  return assignment;
}

void Assignment::run(const Scope& scope, const Sample& value) const {
  if (!value || !scope.variables) return;
  if (conditions_ && !allowed(conditions_, scope.variables->get(variable_, *scope.arena), value)) return;
  scope.variables->set(variable_, value);
}

}  // namespace sluice::expr
