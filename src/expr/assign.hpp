// set-var(name[,condition]*): where a value goes and under which conditions (manual, set-var converter). Compiled with
// the rule that says it; immutable, any worker.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "expr/scope.hpp"
#include "expr/variables.hpp"

namespace sluice::expr {

class Assignment {
 public:
  // "txn.name,ifnotexists"; the error is a sentence for people without its end.
  static std::expected<Assignment, std::string> parse(std::string_view text, VariableNames& names);
  Variable variable() const { return variable_; }
  // Sets it if there is a value and the conditions hold.
  void run(const Scope& scope, const Sample& value) const;

 private:
  Variable variable_;
  std::uint8_t conditions_ = 0;
};

}  // namespace sluice::expr
