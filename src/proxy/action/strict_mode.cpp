// strict-mode { on | off }
#include "proxy/action.hpp"

namespace sluice::proxy {
namespace {

class StrictMode final : public BoundAction {
 public:
  explicit StrictMode(bool on) : on_(on) {}
  Next run(RuleRun& run) const override {
    run.strict = on_;
    return Next::go_on;
  }

 private:
  bool on_;
};
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const auto on = in.line.take_switch();
  return on ? std::make_unique<StrictMode>(*on) : nullptr;
}
const catalog::Add entry{Action{.name = "strict-mode", .args = "{ on | off }", .in = rule_set::http, .parse = parse,
    .doc = "Whether a rewrite that does not fit the buffer is answered with 500 (on, as every list of rules begins) or left out."}};

}  // namespace
}  // namespace sluice::proxy
