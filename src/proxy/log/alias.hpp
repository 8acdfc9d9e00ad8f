// What several log aliases share. HAProxy quotes names and texts from outside under +Q, but neither numbers nor dates nor
// termination states; these go through here.
#pragma once
#include "expr/entries.hpp"
#include "expr/log_format.hpp"
#include "proxy/facts.hpp"

namespace sluice::proxy {

inline void write_unquoted(const expr::Scope&, expr::Writer& to, const expr::LogStyle& style, std::string_view text) {
  expr::LogStyle plain = style;
  plain.quoted = false;
  expr::write_text(to, text, plain);
}
// `LogAlias::write` of a function that gives a text; `of_facts` needs an exchange, `of_scope` always has an answer.
template <std::string_view (*text)(const Facts&, Arena&)>
void of_facts(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_unquoted(scope, to, style, scope.facts ? text(*scope.facts, *scope.arena) : std::string_view{});
}
template <std::string_view (*text)(const expr::Scope&)>
void of_scope(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  write_unquoted(scope, to, style, text(scope));
}

}  // namespace sluice::proxy
