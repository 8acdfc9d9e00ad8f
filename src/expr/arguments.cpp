#include "expr/arguments.hpp"

namespace sluice::expr {

std::optional<std::int64_t> NumberArg::get(const Scope& scope) const {
  if (!variable) return constant;
  if (!scope.variables) return std::nullopt;
  const Sample value = cast(scope.variables->get(*variable, *scope.arena), Type::sint, *scope.arena);
  if (!value) return std::nullopt;
  return value.integer();
}

std::optional<std::string_view> TextArg::get(const Scope& scope) const {
  if (!variable) return std::string_view(constant);
  if (!scope.variables) return std::nullopt;
  const Sample value = scope.variables->get(*variable, *scope.arena);
  if (!value) return std::nullopt;
  return text_of(value, *scope.arena);
}

}  // namespace sluice::expr

namespace sluice::catalog {

using namespace expr;

std::expected<VariableArg, std::string> Argument<VariableArg>::read(std::string_view text, Compiler& compiler) {
  const auto variable = compiler.variables->intern(text);
  if (!variable) return std::unexpected(variable.error());
  return VariableArg{*variable};
}

std::expected<NumberArg, std::string> Argument<NumberArg>::read(std::string_view text, Compiler& compiler) {
  if (const auto number = parse_int(text)) return NumberArg{*number, std::nullopt};
  const auto variable = compiler.variables->intern(text);
  if (!variable) return std::unexpected("'" + std::string(text) + "' is neither a number nor a variable: " + variable.error());
  return NumberArg{0, *variable};
}

std::expected<TextArg, std::string> Argument<TextArg>::read(std::string_view text, Compiler& compiler) {
  if (const auto variable = compiler.variables->intern(text)) return TextArg{{}, *variable};
  return TextArg{std::string(text), std::nullopt};
}

std::expected<UserlistArg, std::string> Argument<UserlistArg>::read(std::string_view text, Compiler& compiler) {
  const config::Userlist* const list = compiler.find_userlist ? compiler.find_userlist(text) : nullptr;
  if (!list) return std::unexpected("unable to find userlist '" + std::string(text) + "'");
  return UserlistArg{list};
}

std::expected<UnitArg, std::string> Argument<UnitArg>::read(std::string_view text) {
  if (text == "s") return UnitArg{1};
  if (text == "ms") return UnitArg{1000};
  if (text == "us") return UnitArg{1'000'000};
  return std::unexpected("'" + std::string(text) + "' is not a unit, expected 's', 'ms' or 'us'");
}

}  // namespace sluice::catalog
