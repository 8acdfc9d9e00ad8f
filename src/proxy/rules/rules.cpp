#include "proxy/rules/rules.hpp"

#include "base/text.hpp"
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"
#include "proxy/exchange.hpp"
#include "proxy/frontend.hpp"
#include "proxy/rules/rule_index.hpp"

namespace sluice::proxy {

Rule::Rule() = default;
Rule::Rule(Rule&&) noexcept = default;
Rule::~Rule() = default;

async::Task<Next> BoundAction::later(RuleRun&) const { co_return Next::go_on; }

std::string_view name_of(RuleSet set) {
  constexpr std::string_view names[] = {"tcp-request connection", "tcp-request session", "tcp-request content",
                                        "tcp-response content",   "http-request",        "http-response",
                                        "http-after-response"};
  return names[static_cast<std::size_t>(set)];
}

namespace {

expr::Verdict verdict_of(const Rule& rule, RuleRun& run) {
  if (!rule.condition) return expr::Verdict::yes;
  if (run.last_chance) return rule.condition->eval(run.scope) ? expr::Verdict::yes : expr::Verdict::no;
  run.scope.wants_more = false;
  return rule.condition->test(run.scope);
}

// The rule that holds first, or the end of the stretch; nothing where that may change when more bytes have come.
std::optional<std::size_t> look_up(const RuleStretch& stretch, RuleRun& run) {
  run.scope.wants_more = false;
  const std::uint32_t found = stretch.find(run.scope);
  if (run.scope.wants_more && !run.last_chance) return std::nullopt;
  return found == RuleIndex::none ? stretch.last : found;
}

}  // namespace

Next run(const RuleList& list, RuleRun& run, std::size_t& from) {
  for (; from < list.rules.size(); ++from) {
    bool holds = false;
    if (const RuleStretch* const stretch = list.rules[from].stretch; stretch && stretch->can_be_looked_up()) {
      if (const auto found = look_up(*stretch, run)) {
        if (*found == stretch->last) {
          from = stretch->last - 1;
          continue;
        }
        from = *found;
        holds = true;
      }
    }
    const Rule& rule = list.rules[from];
    if (!holds) {
      const expr::Verdict verdict = verdict_of(rule, run);
      if (verdict == expr::Verdict::later) return Next::wait;
      if (verdict == expr::Verdict::no) continue;
    }
    const Next next = rule.action->run(run);
    if (next == Next::go_on || (next == Next::wait && run.last_chance)) continue;
    if (run.exchange && next != Next::wait) run.exchange->last_rule = &rule.place;
    return next;
  }
  return Next::go_on;
}

namespace {

// "set-var(txn.x)" -> name and what is between the parentheses.
struct ActionName {
  std::string_view name;
  std::string_view parameter;
  bool has_parameter = false;
};
ActionName split_name(std::string_view word) {
  const auto open = word.find('(');
  if (open == word.npos || !word.ends_with(')')) return {word, {}, false};
  return {word.substr(0, open), word.substr(open + 1, word.size() - open - 2), true};
}

const Action* find_action(RuleSet set, std::string_view name) {
  for (const Action* action : catalog::entries<Action>())
    if (action->name == name && action->in.has(set)) return action;
  return nullptr;
}

// Actions HAProxy has and this version does not, by the beginning of their names.
constexpr std::pair<std::string_view, std::string_view> missing_actions[] = {
    {"do-resolve", "resolvers sections are"}, {"set-bandwidth-limit", "bandwidth limits are"},
    {"expect-netscaler-cip", "the NetScaler CIP header is"}, {"attach-srv", "reverse connections are"},
    {"send-spoe-group", "SPOE is"}, {"cache-use", "caches are"}, {"cache-store", "caches are"}, {"sc-", "stick counters are"},
    {"track-sc", "stick counters are"}, {"lua.", "Lua is"},
};

// Where an action of this name is possible: "'http-request' and 'http-response'"; empty if nowhere.
std::string sets_of(std::string_view name) {
  std::vector<std::string_view> sets;
  for (std::size_t i = 0; i < rule_set_count; ++i)
    if (find_action(static_cast<RuleSet>(i), name)) sets.push_back(name_of(static_cast<RuleSet>(i)));
  return sets.empty() ? std::string() : config::listed(sets);
}

void complain_unknown(config::Line& line, const config::Word& word, RuleSet set, std::string_view name) {
  if (const std::string sets = sets_of(name); !sets.empty())
    return line.alert(word, fmt::format("'{}' : the action '{}' is not possible here.", name_of(set), name), fmt::format("it belongs to {}", sets));
  for (const auto& [beginning, what] : missing_actions)
    if (name.starts_with(beginning))
      return line.alert(word, fmt::format("'{}' : '{}' is not implemented in this version: {} not there yet.", name_of(set), name, what));
  if (name.find('(') != name.npos && !name.ends_with(')'))
    return line.alert(word, fmt::format("'{}' : ')' is missing behind '{}'.", name_of(set), name));
  std::vector<std::string_view> names;
  for (const Action* action : catalog::entries<Action>())
    if (action->in.has(set)) names.push_back(action->name);
  const std::string_view near = nearest(name, names);
  line.alert(word, fmt::format("'{}' : unknown or not yet supported action '{}'.", name_of(set), name),
             near.empty() ? std::string() : fmt::format("did you mean '{}' ?", near));
}

// The columns of HAProxy's validity matrix the rules of a set are evaluated at.
expr::Checkpoints checkpoints_of(RuleSet set, const config::Section& section) {
  using enum expr::Checkpoint;
  const auto of = [&](expr::Checkpoint front, expr::Checkpoint back) {
    return (section.is(config::in::front | config::in::defaults) ? bit(front) : 0) |
           (section.is(config::in::back | config::in::defaults) ? bit(back) : 0);
  };
  switch (set) {
    case RuleSet::tcp_connection: return bit(frontend_connection);
    case RuleSet::tcp_session: return bit(frontend_session);
    case RuleSet::tcp_content: return of(frontend_content, backend_content);
    case RuleSet::tcp_response: return of(frontend_response_content, backend_response_content);
    case RuleSet::http_request: return of(frontend_request, backend_request);
    case RuleSet::http_response:
    case RuleSet::http_after_response: return of(frontend_response, backend_response);
  }
  return 0;
}

}  // namespace

void drop_impossible(config::Line& line, expr::Condition& condition, expr::Checkpoints where) {
  if (const auto fetch = condition.drop_impossible(where))
    line.warning(fmt::format("'{}' : the condition will never match because it uses '{}' which is not available here.",
                             line.keyword(), *fetch));
}

std::unique_ptr<expr::Condition> take_condition(config::Line& line, expr::Compiler& compiler, bool& fine) {
  auto condition = expr::Condition::parse(line, compiler);
  fine = condition.has_value();
  return condition ? std::make_unique<expr::Condition>(std::move(*condition)) : nullptr;
}

RuleList compile_rules(RuleSet set, const std::vector<config::Line>& lines, RuleCompile& with) {
  RuleList list;
  const expr::Checkpoints where = checkpoints_of(set, with.section);
  const expr::EvaluatedAt here(with.compiler, where);
  for (config::Line line : lines) {
    const config::Word* const word = line.take("an action");
    if (!word) continue;
    const ActionName name = split_name(word->text);
    const Action* const action = find_action(set, name.name);
    if (!action) {
      complain_unknown(line, *word, set, name.name);
      continue;
    }
    if (!action->unused.empty())
      line.diagnostics().diagnostic(word->place, fmt::format("'{} {}' changes nothing here: {}", name_of(set), name.name, action->unused));
    if (action->takes_parameter != name.has_parameter) {
      line.alert(*word, fmt::format("'{}' : '{}' {}.", name_of(set), name.name,
                                    name.has_parameter ? "takes nothing in parentheses" : "expects something in parentheses"));
      continue;
    }
    Rule rule;
    rule.action_name = name.name;
    rule.place = word->place;
    ActionParse parse{line, set, with.section, with.proxies, with.compiler, name.parameter};
    rule.action = action->parse(parse);
    if (!rule.action) continue;
    if (expr::Condition::starts(line)) {
      bool fine = true;
      rule.condition = take_condition(line, with.compiler, fine);
      if (!fine) continue;
      drop_impossible(line, *rule.condition, where);
    }
    if (!line.finish()) continue;
    list.rules.push_back(std::move(rule));
  }
  return list;
}

void complete_rules(RuleList& list, RuleSet set, std::vector<Advice>& advice) {
  auto stretches = std::make_shared<std::vector<RuleStretch>>(
      stretches_of(list.rules.size(), [&list](std::size_t i) { return list.rules[i].condition.get(); }));
  std::erase_if(*stretches, [](const RuleStretch& stretch) { return !stretch.index; });
  for (const RuleStretch& stretch : *stretches) list.rules[stretch.first].stretch = &stretch;
  if (!stretches->empty()) list.stretches = std::move(stretches);
  const Rule* last_word = nullptr;
  for (std::size_t i = 0; i < list.rules.size(); ++i) {
    Rule& rule = list.rules[i];
    if (last_word)
      advice.push_back({rule.place, fmt::format("this '{}' rule is never reached: '{}' in line {} has no condition and ends the list",
                                                name_of(set), last_word->action_name, last_word->place.line), {}});
    else if (!rule.condition && rule.action->ends_list())
      last_word = &rule;
    const bool sure_of_next = i + 1 < list.rules.size() && !list.rules[i + 1].condition;
    rule.action->followed_by(sure_of_next ? list.rules[i + 1].action.get() : nullptr);
    list.may_wait = list.may_wait || rule.action->may_wait();
  }
}

// ---- use-server

UseServerRules::UseServer::UseServer() = default;
UseServerRules::UseServer::UseServer(UseServer&&) noexcept = default;
UseServerRules::UseServer::~UseServer() = default;
UseServerRules::UseServerRules() = default;
UseServerRules::~UseServerRules() = default;

backend::Server* UseServerRules::choose(expr::Scope& scope, const Destination& destination, Down down) const {
  for (const UseServer& rule : rules) {
    if (rule.condition && !rule.condition->eval(scope)) continue;
    backend::Server* const server = rule.server ? rule.server : destination.backend->find(rule.name->text(scope));
    // A server that cannot be used is passed over; after a name that is no server's balancing chooses (manual "use-server").
    if (!server) return nullptr;
    if (down == Down::allowed || server->state().usable_by_persistence()) return server;
  }
  return nullptr;
}

void compile_use_server(Destination& destination, const std::vector<config::Line>& lines, RuleCompile& with) {
  const expr::EvaluatedAt here(with.compiler, bit(expr::Checkpoint::use_server));
  for (config::Line line : lines) {
    UseServerRules::UseServer rule;
    const config::Word* const word = line.peek();
    if (!word) {
      line.take("<server> if|unless <condition>");
      continue;
    }
    auto format = expr::LogFormat::parse(line, with.compiler, expr::LogFormat::For::http);
    if (!format) continue;
    if (const auto name = format->constant()) {
      rule.server = destination.backend->find(*name);
      if (!rule.server) {
        line.alert(*word, fmt::format("backend '{}' : unable to find server '{}' referenced in a 'use-server' rule.",
                                      destination.backend->name(), *name));
        continue;
      }
    } else {
      rule.name = std::make_unique<expr::LogFormat>(std::move(*format));
    }
    if (!expr::Condition::starts(line)) {
      line.alert("'use-server' expects 'if' or 'unless' followed by a condition.");
      continue;
    }
    bool fine = true;
    rule.condition = take_condition(line, with.compiler, fine);
    if (!fine || !line.finish()) continue;
    drop_impossible(line, *rule.condition, bit(expr::Checkpoint::use_server));
    destination.use_server.rules.push_back(std::move(rule));
  }
}

PersistRules::PersistRules() = default;
PersistRules::~PersistRules() = default;

PersistRules::Verdict PersistRules::decide(expr::Scope& scope) const {
  for (const PersistRule& rule : rules)
    if (rule.condition->eval(scope)) return rule.verdict;
  return Verdict::none;
}

void compile_persist(PersistRules& rules, const std::vector<config::Line>& lines, RuleCompile& with) {
  for (config::Line line : lines) {
    if (!expr::Condition::starts(line)) {
      line.alert(fmt::format("'{}' requires either 'if' or 'unless' followed by a condition.", line.keyword()));
      continue;
    }
    bool fine = true;
    PersistRules::PersistRule rule;
    rule.verdict = line.keyword() == "force-persist" ? PersistRules::Verdict::force : PersistRules::Verdict::ignore;
    rule.condition = take_condition(line, with.compiler, fine);
    if (!fine || !line.finish()) continue;
    drop_impossible(line, *rule.condition, bit(expr::Checkpoint::use_server));
    rules.rules.push_back(std::move(rule));
  }
}

}  // namespace sluice::proxy
