// ACLs and conditions (manual 7.1, 7.2). An AclSet belongs to one proxy section and is built from its `acl` lines in
// order; a Condition is what follows `if` or `unless`. Both are immutable once compiled, but for the patterns, which the
// runtime API may change; any worker may evaluate them.
// Conditions share the Acls they name, so an AclSet may go away before them.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expression.hpp"
#include "expr/pattern_store.hpp"

namespace sluice::expr {

// One line of an ACL: a sample compared with a set of patterns.
class AclTest {
 public:
  // Takes the words from the criterion on: up to the end of the line, or up to `}` (which is taken, too).
  enum class Until : std::uint8_t { end_of_line, brace };
  static std::optional<AclTest> parse(config::Line& line, Compiler& compiler, Until until);

  bool eval(const Scope& scope) const;
  const Expression& expression() const { return expression_; }
  std::string_view match() const { return match_name_; }              // "beg"
  // Its own patterns and each file's; none for -m found and -m bool.
  std::span<const PatternUse> uses() const { return uses_; }

 private:
  enum class How : std::uint8_t { found, truth, patterns };
  bool holds(const Sample& sample, const Scope& scope) const;
  friend class AclTestParser;
  AclTest(Expression expression) : expression_(std::move(expression)) {}
  Expression expression_;
  std::vector<PatternUse> uses_;
  std::string_view match_name_;
  How how_ = How::patterns;
};

// A name and its tests; it holds if one of them does.
struct Acl {
  std::string name;  // empty: written between braces
  std::vector<std::shared_ptr<const AclTest>> tests;
  bool eval(const Scope& scope) const {
    for (const auto& test : tests)
      if (test->eval(scope)) return true;
    return false;
  }
};

class AclSet {
 public:
  // An `acl` line, cursor behind the keyword: `<name> <criterion> ...`. False: diagnosed.
  bool add(config::Line& line, Compiler& compiler);
  // One of the section, else a predefined one (compiled when first asked for), else null.
  std::shared_ptr<const Acl> find(std::string_view name, Compiler& compiler) const;
  std::vector<std::string_view> names() const;
  // The places of its lines, and whether find() was ever asked for their name.
  struct Use {
    std::string_view name;
    config::Place place;
    bool used = false;
  };
  std::vector<Use> uses() const;

 private:
  std::map<std::string, std::shared_ptr<Acl>, std::less<>> acls_;
  std::vector<std::pair<config::Place, const Acl*>> places_;
  mutable std::set<const Acl*> used_;
  mutable std::map<std::string, std::shared_ptr<const Acl>, std::less<>> predefined_;
};

enum class Verdict : std::uint8_t { no, yes, later };  // later: it may still change when more bytes arrive

class Condition {
 public:
  // True: the next word is `if` or `unless`.
  static bool starts(const config::Line& line);
  // Takes `if` or `unless` and everything behind it. Nothing: diagnosed. compiler.acls gives the named ones.
  static std::optional<Condition> parse(config::Line& line, Compiler& compiler);

  bool eval(const Scope& scope) const { return holds(scope) != unless_; }
  // The same, for rules that may wait for more bytes.
  Verdict test(const Scope& scope) const;

  // Structure, for compiling runs of rules into an index: ((term and term) or (term ...)), negated as a whole by unless.
  struct Term {
    std::shared_ptr<const Acl> acl;
    bool negated = false;
  };
  const std::vector<std::vector<Term>>& alternatives() const { return alternatives_; }
  bool is_unless() const { return unless_; }
  // If the condition is nothing but one ACL that is one test, not negated: that test, else null.
  const AclTest* single_test() const;
  // Tests whose expression cannot be evaluated at any of these never hold from now on, as the manual's 7.3 says. Answers
  // the name of the first one's fetch, for a warning.
  std::optional<std::string_view> drop_impossible(Checkpoints any_of);
  bool needs_http() const;

 private:
  bool holds(const Scope& scope) const;
  std::vector<std::vector<Term>> alternatives_;
  bool unless_ = false;
};

}  // namespace sluice::expr
