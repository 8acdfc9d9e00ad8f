// use-service <name>: a service of the kind NamedService answers.
#include "proxy/exchange.hpp"
#include "proxy/service.hpp"

namespace sluice::proxy {
namespace {

class UseService final : public BoundAction {
 public:
  explicit UseService(std::unique_ptr<const Service> service) : service_(std::move(service)) {}
  Next run(RuleRun& run) const override {
    run.exchange->serve_by(*service_);
    return Next::answer;
  }
  bool ends_list() const override { return true; }

 private:
  std::unique_ptr<const Service> service_;
};
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  const config::Word* const name = in.line.take("<service>");
  if (!name) return nullptr;
  const NamedService* const service = catalog::entries<NamedService>().find(name->text);
  if (!service) {
    in.line.alert(*name, fmt::format("'{}' : unknown service '{}'.", in.line.keyword(), name->text));
    return nullptr;
  }
  auto made = service->make(in);
  return made ? std::make_unique<UseService>(std::move(made)) : nullptr;
}
const catalog::Add entry{Action{.name = "use-service", .args = "<service>", .in = rule_set::http_request, .parse = parse,
    .doc = "Lets a service answer the request."}};

}  // namespace
}  // namespace sluice::proxy
