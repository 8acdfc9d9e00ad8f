// Expression: a fetch and the converters applied to what it gives (manual 7.3), compiled once. Immutable; any worker
// may evaluate it; evaluation allocates in the scope's arena only.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/compiler.hpp"
#include "expr/entries.hpp"
#include "expr/sample.hpp"
#include "expr/scope.hpp"

namespace sluice::expr {

class Expression {
 public:
  // Takes one word (and following words that are converters, as `stick on src ipmask(24)` has them). Nothing: it has
  // been diagnosed on the line, with the caret at the column concerned.
  static std::optional<Expression> parse(config::Line& line, Compiler& compiler);
  // The same from a text that is not a line of the configuration (tests, built-in defaults).
  static std::optional<Expression> parse(std::string_view text, Compiler& compiler, std::string* error = nullptr);

  Expression(Expression&&) = default;
  Expression& operator=(Expression&&) = default;

  Sample eval(const Scope& scope) const {
    Sample sample = fetch_->run(scope);
    if (steps_.empty()) return sample;
    return convert(sample, scope);
  }
  // What its converters make of another sample than the fetch's.
  Sample convert(Sample sample, const Scope& scope) const;
  Sample eval_as(Type type, const Scope& scope) const;
  std::optional<std::string_view> text(const Scope& scope) const;  // eval_as(str)
  // Every value of the fetch in turn through the converters, as ACLs test them; true if `visit` was for one.
  bool any(const Scope& scope, Visit visit) const;

  Type type() const { return type_; }                   // of what comes out; any if it depends
  std::string_view source() const { return source_; }   // as written; equal sources in one proxy mean equal samples
  std::string_view fetch_name() const { return entry_->name; }
  Origin origin() const { return entry_->where(); }
  bool valid_at(Checkpoints any_of) const { return (expr::valid_at(origin()) & any_of) != 0; }
  bool has_several() const { return entry_->run.has_several; }  // then any() is not the same as eval()
  bool has_converters() const { return !steps_.empty(); }
  // Needs an HTTP request or response to look at.
  bool needs_http() const;

 private:
  struct Step {
    Type takes;
    std::unique_ptr<BoundConverter> converter;
    const Converter* entry;
  };
  friend class ExpressionParser;
  Expression() = default;

  std::unique_ptr<BoundFetch> fetch_;
  std::vector<Step> steps_;
  const Fetch* entry_ = nullptr;
  Type type_ = Type::none;
  std::string source_;
};

}  // namespace sluice::expr
