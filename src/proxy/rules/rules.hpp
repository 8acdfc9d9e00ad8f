// Rules as they run: lists of (condition, action), the choice of a backend, the choice of a server. Compiled once from
// the lines a section keeps, immutable afterwards, any worker.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "config/line.hpp"
#include "expr/compiler.hpp"
#include "proxy/action.hpp"

namespace sluice::expr {
class Condition;
class Expression;
class LogFormat;
}
namespace sluice::backend {
class Server;
}

namespace sluice::proxy {

struct Advice;
struct Destination;
class Frontend;
struct RuleStretch;

struct Rule {
  Rule();
  Rule(Rule&&) noexcept;
  ~Rule();
  std::unique_ptr<expr::Condition> condition;  // null: always
  std::unique_ptr<BoundAction> action;
  std::string action_name;
  config::Place place;
  const RuleStretch* stretch = nullptr;        // which of the list's indexes begins here; null: none
};

class RuleList {
 public:
  bool empty() const { return rules.empty(); }
  std::vector<Rule> rules;
  bool may_wait = false;  // one of the actions may say Next::later
  // Runs of rules that each compare the same sample with patterns (rule_index.hpp): the first that holds is looked up. What
  // follows it is evaluated, as its action may change what is compared.
  std::shared_ptr<const std::vector<RuleStretch>> stretches;
};

// Runs the rules from number `from` on. After Next::wait, `from` is the rule to come back to; after Next::later, the one
// whose later() is to be awaited.
Next run(const RuleList& list, RuleRun& run, std::size_t& from);

// What is there when rules are compiled. `lines` are those a section keeps for one rule set, keyword included.
struct RuleCompile {
  const config::Section& section;
  Proxies& proxies;
  expr::Compiler& compiler;
};
// Complaints are in the lines' diagnostics; rules that are wrong are left out.
RuleList compile_rules(RuleSet set, const std::vector<config::Line>& lines, RuleCompile& with);
// Once nothing is added any more: rules that cannot be reached are pointed out, actions learn what follows them.
void complete_rules(RuleList& list, RuleSet set, std::vector<Advice>& advice);

// use_backend lines. A run of them that each compare one sample of the request with patterns is one lookup in a
// RuleIndex (rule_index.hpp); what is chosen is what trying them in turn would choose.
class Routes {
 public:
  Routes();
  ~Routes();
  bool empty() const;
  // The first route that applies and leads somewhere, or null.
  Destination* choose(expr::Scope& scope, const Frontend& frontend, const Proxies& proxies) const;
  // The backends that are named as such; names made at run time are not among them.
  std::vector<Destination*> named() const;
  // Some rule makes the name at run time.
  bool any_name_is_made() const;
  // How many rules are in indexes; for tests.
  std::size_t indexed() const;

  struct Core;
  std::unique_ptr<Core> core;
};
// The use_backend rule that has no condition, if there is one: nothing behind it counts.
std::optional<config::Place> route_of_all(const std::vector<config::Line>& lines);
// force-be-switch lines of a frontend.
void compile_forced_routes(std::vector<std::unique_ptr<expr::Condition>>& conditions, const std::vector<config::Line>& lines, RuleCompile& with);
void compile_routes(Routes& routes, const std::vector<config::Line>& lines, RuleCompile& with);

// use-server lines of a backend.
class UseServerRules {
 public:
  UseServerRules();
  ~UseServerRules();
  bool empty() const { return rules.empty(); }
  // Null: no rule applies, or the first that does makes a name that is no server's. `down`: may it be a server that is down (persistence is forced)?
  enum class Down : std::uint8_t { refused, allowed };
  backend::Server* choose(expr::Scope& scope, const Destination& destination, Down down) const;

  struct UseServer {
    UseServer();
    UseServer(UseServer&&) noexcept;
    ~UseServer();
    std::unique_ptr<expr::Condition> condition;
    backend::Server* server = nullptr;               // if it is one name
    std::unique_ptr<expr::LogFormat> name;           // else
  };
  std::vector<UseServer> rules;
};
// `if ...` or `unless ...`, where Condition::starts() said that there is one; `fine` turns false when it is wrong.
std::unique_ptr<expr::Condition> take_condition(config::Line& line, expr::Compiler& compiler, bool& fine);
// What the condition asks that is not to be had at any of these never holds; the line is warned of it.
void drop_impossible(config::Line& line, expr::Condition& condition, expr::Checkpoints where);
void compile_use_server(Destination& destination, const std::vector<config::Line>& lines, RuleCompile& with);

// force-persist and ignore-persist lines of a backend: the first whose condition holds decides.
class PersistRules {
 public:
  PersistRules();
  ~PersistRules();
  bool empty() const { return rules.empty(); }
  enum class Verdict : std::uint8_t { none, force, ignore };
  Verdict decide(expr::Scope& scope) const;

  struct PersistRule {
    std::unique_ptr<expr::Condition> condition;
    Verdict verdict = Verdict::none;
  };
  std::vector<PersistRule> rules;
};
void compile_persist(PersistRules& rules, const std::vector<config::Line>& lines, RuleCompile& with);

}  // namespace sluice::proxy
