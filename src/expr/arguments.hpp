// Argument types of fetches and converters (catalog/typed.hpp says how such a type is read).
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/typed.hpp"
#include "expr/compiler.hpp"
#include "expr/regex.hpp"
#include "expr/scope.hpp"
#include "expr/variables.hpp"
#include "http/header_id.hpp"

namespace sluice::expr {

// A header name with its number.
struct HeaderArg {
  std::string text;
  http::HeaderId id = http::HeaderId::other;
  http::HeaderName name() const {
    http::HeaderName name(id);
    name.text = text;
    return name;
  }
};

// The name of a variable.
struct VariableArg {
  Variable variable;
  Sample get(const Scope& scope) const {
    return scope.variables ? scope.variables->get(variable, *scope.arena) : Sample{};
  }
};

// A number, or a variable holding one.
struct NumberArg {
  std::int64_t constant = 0;
  std::optional<Variable> variable;
  std::optional<std::int64_t> get(const Scope& scope) const;
};

// A text, or a variable if it begins with the name of a scope (txn.x).
struct TextArg {
  std::string constant;
  std::optional<Variable> variable;
  std::optional<std::string_view> get(const Scope& scope) const;
};

// The name of a userlist section.
struct UserlistArg {
  const config::Userlist* list = nullptr;
};

// "s", "ms" or "us".
struct UnitArg {
  std::int64_t per_second = 1;
};

}  // namespace sluice::expr

namespace sluice::catalog {
template <>
struct Argument<expr::HeaderArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::HeaderArg, std::string> read(std::string_view text) {
    return expr::HeaderArg{std::string(text), http::header_id(text)};
  }
};
template <>
struct Argument<expr::VariableArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::VariableArg, std::string> read(std::string_view text, expr::Compiler& compiler);
};
template <>
struct Argument<expr::NumberArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::NumberArg, std::string> read(std::string_view text, expr::Compiler& compiler);
};
template <>
struct Argument<expr::TextArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::TextArg, std::string> read(std::string_view text, expr::Compiler& compiler);
};
template <>
struct Argument<expr::UserlistArg> {
  static constexpr std::string_view name = "userlist";
  static std::expected<expr::UserlistArg, std::string> read(std::string_view text, expr::Compiler& compiler);
};
template <>
struct Argument<expr::UnitArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::UnitArg, std::string> read(std::string_view text);
};
}  // namespace sluice::catalog
