// Arguments several actions have in common: a constant, or an expression that gives one when the rule runs. Immutable.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.hpp"
#include "expr/expression.hpp"
#include "proxy/action.hpp"

namespace sluice::proxy {

class NumberOrExpression {
 public:
  struct Range {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
  };
  // A number in decimal or, behind 0x, in hexadecimal; else an expression. Nothing: diagnosed.
  static std::optional<NumberOrExpression> parse(ActionParse& in, std::string_view what, Range range);
  // Nothing: the expression gives none, or one out of range.
  std::optional<std::int64_t> get(const expr::Scope& scope) const;

 private:
  friend class TimeOrExpression;
  std::int64_t constant_ = 0;
  std::optional<expr::Expression> expression_;
  Range range_;
};

// A time as the configuration has it, or an expression that gives milliseconds.
class TimeOrExpression {
 public:
  static std::optional<TimeOrExpression> parse(ActionParse& in, std::string_view what);
  std::optional<Duration> get(const expr::Scope& scope) const;

 private:
  NumberOrExpression milliseconds_;
};

// An expression behind the action's name; nothing: diagnosed, also if there is none.
std::optional<expr::Expression> take_expression(ActionParse& in);

}  // namespace sluice::proxy
