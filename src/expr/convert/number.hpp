// The argument of arithmetic converters: a number, or the name of a variable that holds one.
#pragma once
#include <string>

#include "base/text.hpp"
#include "expr/entries.hpp"

namespace sluice::expr {

struct NumberOrVariable {
  Int number = 0;
  std::optional<Variable> variable;
  // Nothing if the variable is not set or is no number.
  std::optional<Int> value(const Variables* variables, Arena& arena) const {
    if (!variable) return number;
    if (!variables) return std::nullopt;
    const Sample sample = cast(variables->get(*variable, arena), Type::sint, arena);
    return sample ? std::optional(sample.integer()) : std::nullopt;
  }
};

// The name of a variable, as converters take it.
struct VariableName {
  Variable variable;
};

}  // namespace sluice::expr

template <>
struct sluice::catalog::Argument<sluice::expr::NumberOrVariable> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::NumberOrVariable, std::string> read(std::string_view text,
                                                                         sluice::expr::Compiler& compiler) {
    if (const auto number = sluice::parse_int(text)) return sluice::expr::NumberOrVariable{*number, std::nullopt};
    auto variable = compiler.variables->intern(text);
    if (!variable) return std::unexpected(fmt::format("'{}' is neither a number nor a variable: {}", text, variable.error()));
    return sluice::expr::NumberOrVariable{0, *variable};
  }
};

template <>
struct sluice::catalog::Argument<sluice::expr::VariableName> {
  static constexpr std::string_view name = "string";
  static std::expected<sluice::expr::VariableName, std::string> read(std::string_view text,
                                                                     sluice::expr::Compiler& compiler) {
    auto variable = compiler.variables->intern(text);
    if (!variable) return std::unexpected(std::move(variable.error()));
    return sluice::expr::VariableName{*variable};
  }
};
