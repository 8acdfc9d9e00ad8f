// Variables (manual 7.3.2: var, dump_all_vars).
#include "expr/arguments.hpp"
#include "expr/entries.hpp"
#include "expr/writer.hpp"

namespace sluice::expr {
struct LifeArg {
  std::optional<Life> life;  // none: all
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::LifeArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::LifeArg, std::string> read(std::string_view text) {
    if (text.empty()) return expr::LifeArg{};
    constexpr std::pair<std::string_view, expr::Life> lives[] = {{"proc", expr::Life::proc}, {"sess", expr::Life::sess},
        {"txn", expr::Life::txn}, {"req", expr::Life::req}, {"res", expr::Life::res}, {"check", expr::Life::check}};
    for (const auto& [word, life] : lives)
      if (word == text) return expr::LifeArg{life};
    return std::unexpected("'" + std::string(text) + "' is not a scope, expected 'proc', 'sess', 'txn', 'req', 'res' or 'check'");
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

Sample var(const Scope& scope, const VariableArg& variable, std::optional<std::string_view> fallback) {
  const Sample value = variable.get(scope);
  return value || !fallback ? value : Sample::text(*fallback);
}

// Texts in quotes, so that a reader of the list knows where each ends; binary values in hexadecimal behind an x.
void put_quoted(std::string_view text, Writer& to) {
  to.put('"');
  for (const char c : text) {
    switch (c) {
      case '"': to.put("\\\""); break;
      case '\\': to.put("\\\\"); break;
      case '\r': to.put("\\r"); break;
      case '\n': to.put("\\n"); break;
      case '\b': to.put("\\b"); break;
      case '\0': to.put("\\0"); break;
      default: to.put(c);
    }
  }
  to.put('"');
}
void put_value(const Sample& value, Writer& to, Arena& arena) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  switch (value.type()) {
    case Type::boolean: return to.put(value.truth() ? "true" : "false");
    case Type::str:
    case Type::method: return put_quoted(value.view(), to);
    case Type::bin:
      to.put('x');
      for (const char c : value.view()) {
        to.put(digits[static_cast<unsigned char>(c) >> 4]);
        to.put(digits[static_cast<unsigned char>(c) & 15]);
      }
      return;
    default: return to.put(text_of(value, arena).value_or(std::string_view()));
  }
}
std::string_view dump_all_vars(const Scope& scope, Variables& variables, Arena& arena, const std::optional<LifeArg>& only,
                               std::optional<std::string_view> prefix, std::optional<std::string_view> delimiter) {
  constexpr std::size_t most = 8192;
  Writer to(std::span(arena.allocate(most), most));
  if (!variables.names) return {};
  for (std::size_t i = 0; i < life_count; ++i) {
    const Life life = static_cast<Life>(i);
    if (only && only->life && *only->life != life) continue;
    const auto& names = variables.names->names(life);
    for (std::size_t slot = 0; slot < names.size(); ++slot) {
      if (prefix && !std::string_view(names[slot]).starts_with(*prefix)) continue;
      const Variable variable{life, static_cast<std::uint16_t>(slot)};
      const Sample value = variables.get(variable, *scope.arena);
      if (!value) continue;
      if (to.size() > 0) to.put(delimiter.value_or(", "));
      to.put(life_name(life));
      to.put('.');
      to.put(names[slot]);
      to.put('=');
      put_value(value, to, arena);
    }
  }
  return to.text();
}

const catalog::Add a{Fetch{.name = "var", .args = {"var-name", "default"}, .run = typed<var>, .out = Type::any,
                           .doc = "The value of a variable, or {default} if it has none.",
                           .examples = {{"var(txn.set)", "value"}, {"var(txn.unset)", undefined}, {"var(txn.unset,none)", "none"}}}};
const catalog::Add b{Fetch{.name = "dump_all_vars", .args = {"scope", "prefix", "delimiter"}, .run = typed<dump_all_vars>,
                           .doc = "All variables that are set, or those of a {scope} whose names begin with {prefix}, with {delimiter} between them.",
                           .examples = {{"dump_all_vars", "txn.set=\"value\", txn.number=10"}, {"dump_all_vars(txn,num)", "txn.number=10"},
                                        {"dump_all_vars(txn,,;)", "txn.set=\"value\";txn.number=10"}, {"dump_all_vars(sess)", ""}}}};
}  // namespace
}  // namespace sluice::expr
