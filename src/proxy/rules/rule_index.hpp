// RuleIndex: which is the first of many rules whose condition holds, where each condition is one ACL that compares the
// same sample with patterns of its own (200 path_reg rules, 1,000 path_beg rules). The patterns of all rules that are
// compared the same way become one Matcher, so the sample is looked at once for each way and not once for each rule.
// Built once with the configuration, immutable afterwards, read by every worker.
//
// Invariant: find() == the smallest number of all added ACLs that hold, as if they were evaluated in turn, as long as
// is_current(): nobody has changed a pattern since.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "expr/condition.hpp"

namespace sluice::proxy {

class RuleIndex {
 public:
  static constexpr std::uint32_t none = expr::no_pattern;

  // What ACLs must have in common to be in one index: the source of their sample; empty if this one cannot be in any.
  static std::string_view key(const expr::Acl& acl);
  // Of a condition that is one positive ACL.
  static std::string_view key(const expr::Condition* condition);

  // In ascending order of numbers.
  void add(const expr::Acl& acl, std::uint32_t number);
  // To be called after the last add and before the first find.
  void freeze();
  bool is_current() const { return changes_->load(std::memory_order_relaxed) == 0; }
  std::uint32_t find(const expr::Expression& sample, const expr::Scope& scope) const;

 private:
  struct Group {
    const expr::Match* match;
    expr::Letters letters;
    expr::PatternList list;
    std::vector<std::uint32_t> numbers;  // the rule of each pattern
    std::unique_ptr<expr::Matcher> matcher;
  };
  std::uint32_t find(const expr::Sample& sample, const expr::Scope& scope) const;

  std::vector<std::unique_ptr<Group>> groups_;
  std::shared_ptr<std::atomic<std::uint32_t>> changes_ = std::make_shared<std::atomic<std::uint32_t>>(0);
};

// Rules [first, last) of a list: one after the other, or looked up.
struct RuleStretch {
  std::size_t first = 0, last = 0;
  std::unique_ptr<RuleIndex> index;
  std::shared_ptr<const expr::Acl> holder;   // keeps `sample` alive
  const expr::Expression* sample = nullptr;

  bool can_be_looked_up() const { return index && index->is_current(); }
  // The first rule that holds, or RuleIndex::none.
  std::uint32_t find(const expr::Scope& scope) const { return index->find(*sample, scope); }
};
// All rules of a list of `count`; condition_of(i) is null where a rule has none.
std::vector<RuleStretch> stretches_of(std::size_t count, const std::function<const expr::Condition*(std::size_t)>& condition_of);

}  // namespace sluice::proxy
