// Action: the catalog kind of what a rule does. One entry per action in action/*.cpp, valid in the rule sets it names;
// parsing an entry's arguments gives a BoundAction, which is immutable, owned by its Rule and used by every worker.
//
//   class SetMethod final : public BoundAction { Next run(RuleRun& r) const override {...} };
//   const Add entry{Action{.name = "set-method", .args = "<fmt>", .in = rule_set::http_request, .parse = parse, .doc = "..."}};
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "catalog/add.hpp"
#include "config/line.hpp"

namespace sluice::config {
class Config;
class Section;
}
namespace sluice::expr {
struct Client;
struct Compiler;
struct Scope;
}

namespace sluice::proxy {

class Session;
class Exchange;
class Proxies;

enum class RuleSet : std::uint8_t {
  tcp_connection, tcp_session, tcp_content, tcp_response, http_request, http_response, http_after_response,
};
inline constexpr std::size_t rule_set_count = 7;
std::string_view name_of(RuleSet set);  // "http-request", "tcp-request connection", ...

// A set of rule sets.
struct RuleSets {
  std::uint8_t bits = 0;
  constexpr RuleSets operator|(RuleSets o) const { return {static_cast<std::uint8_t>(bits | o.bits)}; }
  constexpr bool has(RuleSet set) const { return (bits >> static_cast<unsigned>(set)) & 1U; }
  constexpr bool overlaps(RuleSets o) const { return bits & o.bits; }
};
namespace rule_set {
inline constexpr RuleSets tcp_connection{1}, tcp_session{2}, tcp_content{4}, tcp_response{8}, http_request{16},
    http_response{32}, http_after_response{64};
inline constexpr RuleSets tcp_requests = tcp_connection | tcp_session | tcp_content;
inline constexpr RuleSets tcp = tcp_requests | tcp_response;
inline constexpr RuleSets http = http_request | http_response | http_after_response;
inline constexpr RuleSets any = tcp | http;
}  // namespace rule_set

// What happens after a rule.
enum class Next : std::uint8_t {
  go_on,   // the next rule
  stop,    // no further rule of this list ("allow", "accept")
  answer,  // an answer was prepared in the exchange: it is sent and the request ends
  close,   // the connection is to be closed without a word ("reject", "silent-drop")
  wait,    // undecided until there is more data or the inspection delay is over; this rule is run again then
  later,   // the action has to wait for something: its later() is awaited, which says what happens
  upgrade, // the connection speaks HTTP from here on ("switch-mode")
};

// What a rule being run may use. `exchange` is null in tcp-request connection and session rules.
struct RuleRun {
  RuleSet set;
  Session& session;
  Exchange* exchange;
  expr::Scope& scope;
  expr::Client& client;  // what scope.client points to: set-src and set-dst change it
  bool last_chance = false;  // nothing more will come: Next::wait is over
  bool strict = true;        // a rewrite that fails ends the request (strict-mode)
};

class BoundAction {
 public:
  virtual ~BoundAction() = default;
  virtual Next run(RuleRun& run) const = 0;
  // What run() said Next::later about; only where there is an exchange. Never gives `later` or `wait`.
  virtual async::Task<Next> later(RuleRun& run) const;
  // May say Next::later: answers are then kept where they survive a wait before rules look at them.
  virtual bool may_wait() const { return false; }
  // Without a condition it leaves nothing to the rules behind it.
  virtual bool ends_list() const { return false; }
  // Told once, when the list is complete: the next rule's action; null: it is the last rule, or the next one has a condition.
  virtual void followed_by(const BoundAction*) {}
};

// What an action's parser is given: the line behind the action's name (up to and without "if"/"unless"), where it
// stands, and what is already built. Complaints go through `line`; a null result means there were some.
struct ActionParse {
  config::Line& line;
  RuleSet set;
  const config::Section& section;
  Proxies& proxies;           // every frontend and backend is there, their rules are not yet
  expr::Compiler& compiler;   // for expressions, conditions and formats
  // What stood in the parentheses of the action's name: set-var(txn.x). Empty if there were none.
  std::string_view parameter;
};

struct Action {
  std::string_view name{};
  std::string_view args{};  // for the manual
  RuleSets in{};
  std::unique_ptr<BoundAction> (*parse)(ActionParse&) = nullptr;
  bool takes_parameter = false;  // written as name(parameter)
  std::string_view unused{};     // why it changes nothing here; accepted, reported with -dD
  std::string_view doc{};
};
// An action of one name may differ between rule sets.
constexpr bool same_entry(const Action& a, const Action& b) { return a.name == b.name && a.in.overlaps(b.in); }

}  // namespace sluice::proxy
