// set-status <code> [reason <text>]
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"

namespace sluice::proxy {
namespace {

class SetStatus final : public BoundAction {
 public:
  SetStatus(std::uint16_t status, std::string reason) : status_(status), reason_(std::move(reason)) {}
  Next run(RuleRun& run) const override {
    run.exchange->response.set_status(status_, reason_);
    return Next::go_on;
  }

 private:
  std::uint16_t status_;
  std::string reason_;
};
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const auto code = in.line.take_integer("<status>", 100, 999);
  if (!code) return nullptr;
  std::string reason;
  if (in.line.accept("reason")) {
    const config::Word* const text = in.line.take("<text>");
    if (!text) return nullptr;
    reason = text->text;
  }
  return std::make_unique<SetStatus>(static_cast<std::uint16_t>(*code), std::move(reason));
}
const catalog::Add entry{Action{.name = "set-status", .args = "<status> [reason <text>]",
    .in = rule_set::http_response | rule_set::http_after_response, .parse = parse, .doc = "Replaces the response's status."}};

}  // namespace
}  // namespace sluice::proxy
