// hdr(<name>): the first value of a header field decides.
#include "backend/hashing.hpp"
#include "catalog/add.hpp"
#include "http/message.hpp"

namespace sluice::backend {
namespace {

class HeaderValue final : public KeySource {
 public:
  HeaderValue(std::string_view name, bool domain_only) : name_(name), domain_only_(domain_only) {}

  std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const override {
    if (!scope.request) return std::nullopt;
    const auto value = scope.request->fields.element(http::HeaderName(name_), 1);
    if (!value || value->empty()) return std::nullopt;
    return hash_of(plan, domain_only_ ? domain_of(*value) : *value);
  }

 private:
  // www.example.com -> example. A name without a dot is taken as it is.
  static std::string_view domain_of(std::string_view host) {
    const std::size_t end = host.rfind('.');
    if (end == host.npos || end == 0) return host;
    const std::size_t before = end < 2 ? host.npos : host.rfind('.', end - 2);
    return before == host.npos ? host.substr(0, end) : host.substr(before + 1, end - before - 1);
  }

  const std::string name_;
  const bool domain_only_;
};

std::string verify(std::string_view argument, std::span<const std::string> words) {
  if (argument.empty()) return "requires a header's name in parentheses: hdr(host)";
  if (words.empty() || (words.size() == 1 && words[0] == "use_domain_only")) return {};
  return fmt::format("knows 'use_domain_only', but not '{}'", words[0]);
}

const catalog::Add entry{Algorithm{
    .name = "hdr",
    .args = "(<name>) [ use_domain_only ]",
    .verify = verify,
    .make = [](const Algorithm::Farm& farm) {
      return balance_by_hash(farm, std::make_unique<HeaderValue>(farm.argument, !farm.words.empty()));
    },
    .weights = Algorithm::Weights::by_hash_type,
    .needs_http = true,
    .doc = "The first value of a header field decides; of a host name perhaps only the domain. Without it they take turns."}};

}  // namespace
}  // namespace sluice::backend
