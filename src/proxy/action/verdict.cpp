// allow, accept, reject, silent-drop: the rules' last word, without an answer.
#include "net/stream.hpp"
#include "proxy/action.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {
namespace {

template <Next next>
class Verdict final : public BoundAction {
 public:
  Next run(RuleRun&) const override { return next; }
  bool ends_list() const override { return true; }
};
template <Next next>
std::unique_ptr<BoundAction> parse(ActionParse&) {
  return std::make_unique<Verdict<next>>();
}

const catalog::Add allow_entry{Action{.name = "allow", .in = rule_set::http, .parse = parse<Next::stop>,
    .doc = "Ends this list of rules; the message goes on."}};
const catalog::Add accept_entry{Action{.name = "accept", .in = rule_set::tcp, .parse = parse<Next::stop>,
    .doc = "Ends this list of rules; the connection goes on."}};
const catalog::Add reject_entry{Action{.name = "reject", .in = rule_set::tcp | rule_set::http_request, .parse = parse<Next::close>,
    .doc = "Closes the connection without an answer."}};

}  // namespace
}  // namespace sluice::proxy
