#include "proxy/rules/rule_index.hpp"

namespace sluice::proxy {

namespace {
// Evaluating it once instead of for each rule makes no difference: it draws nothing at random and leaves nothing behind.
bool is_repeatable(std::string_view source) {
  for (const std::string_view part : {"rand", "uuid", "inc_", "clr_", "-var", "debug"})
    if (source.contains(part)) return false;
  return true;
}
}  // namespace

std::string_view RuleIndex::key(const expr::Acl& acl) {
  if (acl.tests.empty()) return {};
  const std::string_view source = acl.tests[0]->expression().source();
  if (!is_repeatable(source)) return {};
  for (const auto& test : acl.tests) {
    if (test->expression().source() != source || test->uses().empty()) return {};
    for (const expr::PatternUse& use : test->uses())
      if (!use.store().name().empty()) return {};  // a file is shared, and meant to be changed
  }
  return source;
}

namespace {
// The one positive ACL the condition consists of, or null.
std::shared_ptr<const expr::Acl> single_acl(const expr::Condition& condition) {
  if (condition.is_unless() || condition.alternatives().size() != 1 || condition.alternatives()[0].size() != 1) return nullptr;
  const auto& term = condition.alternatives()[0][0];
  return term.negated ? nullptr : term.acl;
}
constexpr std::size_t worth_an_index = 3;  // fewer rules are as fast one by one
}  // namespace

std::string_view RuleIndex::key(const expr::Condition* condition) {
  if (!condition) return {};
  const auto acl = single_acl(*condition);
  return acl ? key(*acl) : std::string_view{};
}

std::vector<RuleStretch> stretches_of(std::size_t count, const std::function<const expr::Condition*(std::size_t)>& condition_of) {
  std::vector<RuleStretch> stretches;
  for (std::size_t i = 0; i < count;) {
    const std::string_view key = RuleIndex::key(condition_of(i));
    std::size_t end = i + 1;
    while (end < count && RuleIndex::key(condition_of(end)) == key) ++end;
    RuleStretch stretch;
    stretch.first = i;
    stretch.last = end;
    if (!key.empty() && end - i >= worth_an_index) {
      stretch.index = std::make_unique<RuleIndex>();
      for (std::size_t n = i; n < end; ++n) stretch.index->add(*single_acl(*condition_of(n)), static_cast<std::uint32_t>(n));
      stretch.index->freeze();
      stretch.holder = single_acl(*condition_of(i));
      stretch.sample = &stretch.holder->tests[0]->expression();
    }
    stretches.push_back(std::move(stretch));
    i = end;
  }
  return stretches;
}

void RuleIndex::add(const expr::Acl& acl, std::uint32_t number) {
  for (const auto& test : acl.tests) {
    for (const expr::PatternUse& use : test->uses()) {
      use.store().count_changes_in(changes_);
      const expr::Letters letters = use.how().letters;
      auto group = std::ranges::find_if(groups_, [&](const auto& g) { return g->match == &use.match() && g->letters == letters; });
      if (group == groups_.end()) {
        groups_.push_back(std::make_unique<Group>());
        group = groups_.end() - 1;
        (*group)->match = &use.match();
        (*group)->letters = letters;
      }
      for (const auto& line : use.store().list(0, use.store().size())) {
        (*group)->list.add(line.key);
        (*group)->numbers.push_back(number);
      }
    }
  }
}

void RuleIndex::freeze() {
  for (auto& group : groups_) {
    group->list.freeze();
    expr::PatternError error;
    group->matcher = group->match->make(group->list.patterns(), {group->letters, expr::Pick::first}, error);
    check(group->matcher != nullptr, "patterns that were fine one by one are fine together");
  }
}

std::uint32_t RuleIndex::find(const expr::Sample& sample, const expr::Scope& scope) const {
  std::uint32_t best = none;
  for (const auto& group : groups_) {
    const expr::Sample wanted = expr::cast_for(*group->match, sample, scope);
    if (!wanted) continue;
    if (const expr::Found found = group->matcher->find(wanted, scope)) best = std::min(best, group->numbers[found.index]);
  }
  return best;
}

std::uint32_t RuleIndex::find(const expr::Expression& expression, const expr::Scope& scope) const {
  struct State {
    const RuleIndex& self;
    const expr::Scope& scope;
    std::uint32_t best = none;
  } state{*this, scope};
  if (!expression.has_several()) {
    const expr::Sample sample = expression.eval(scope);
    return sample ? find(sample, scope) : none;
  }
  expression.any(scope, {[](void* opaque, const expr::Sample& sample) {
                           State& s = *static_cast<State*>(opaque);
                           s.best = std::min(s.best, s.self.find(sample, s.scope));
                           return false;
                         },
                         &state});
  return state.best;
}

}  // namespace sluice::proxy
