// regsub (manual 7.3.1): sed's substitution. Whether case matters is said by a later argument, so the regex is compiled
// both ways.
#include "expr/entries.hpp"
#include "expr/regex.hpp"

namespace sluice::expr {
struct SubstitutionFlags {
  bool all = false;
  bool any_case = false;
};
// The pattern both ways, as the flags come last.
struct BothRegexes {
  Regex exact;
  Regex any_case;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::SubstitutionFlags> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::SubstitutionFlags, std::string> read(std::string_view text) {
    expr::SubstitutionFlags flags;
    for (const char c : text) {
      if (c == 'g') flags.all = true;
      else if (c == 'i') flags.any_case = true;
      else return std::unexpected(fmt::format("'{}' is not a flag of regsub, expected 'g' or 'i'", c));
    }
    return flags;
  }
};
template <>
struct Argument<expr::BothRegexes> {
  static constexpr std::string_view name = "regex";
  static std::expected<expr::BothRegexes, std::string> read(std::string_view text) {
    auto exact = expr::Regex::compile(text);
    auto any_case = expr::Regex::compile(text, expr::Letters::any_case);
    if (!exact) return std::unexpected(exact.error());
    if (!any_case) return std::unexpected(any_case.error());
    return expr::BothRegexes{std::move(*exact), std::move(*any_case)};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {

std::string_view regsub(std::string_view in, Arena& arena, const BothRegexes& regexes, std::string_view by,
                        std::optional<SubstitutionFlags> flags) {
  const SubstitutionFlags how = flags.value_or(SubstitutionFlags{});
  const Regex& regex = how.any_case ? regexes.any_case : regexes.exact;
  std::string_view out;
  std::size_t done = 0;
  std::size_t from = 0;
  while (from <= in.size()) {
    const auto match = regex.find(in, from);
    if (!match) break;
    const auto whole = match->at[0];
    out = arena.join(arena.join(out, in.substr(done, whole.begin - done)), Regex::expand(by, in, *match, arena));
    done = whole.end;
    from = whole.end == whole.begin ? whole.end + 1 : whole.end;  // an empty match: go on behind it
    if (!how.all) break;
  }
  if (done == 0 && out.empty()) return in;
  return arena.join(out, in.substr(done));
}

const catalog::Add entry{Converter{.name = "regsub", .args = {"regex", "subst", "flags"}, .run = catalog::typed<regsub>,
    .doc = "Replaces the first match of {regex} (all with flag g, in any case with flag i) by {subst}; \\1 to \\9 are groups.",
    .examples = {{"str(foo_bar),regsub(o,x)", "fxo_bar"}, {"str(foo_bar),regsub(o,x,g)", "fxx_bar"},
                 {"str(FOO),regsub(foo,bar,i)", "bar"}, {"str(foo_bar),regsub('(o+)_','<\\1>',g)", "f<oo>bar"},
                 {"str(a),regsub(b,c)", "a"}, {"str(abc),regsub('x*',-,g)", "-a-b-c-"}, {"str(aa),regsub(a,,g)", ""}}}};

}  // namespace
}  // namespace sluice::expr
