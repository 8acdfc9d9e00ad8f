// source: the client's address decides, so that a client comes back to the same server as long as the farm does not
// change. The address is a number; hash-type's functions do not apply to it, the modifier does (as in HAProxy).
#include "backend/hashing.hpp"
#include "catalog/add.hpp"
#include "net/address.hpp"

namespace sluice::backend {
namespace {

// An IPv6 address's four words are combined by exclusive or.
class SourceAddress final : public KeySource {
 public:
  std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const override {
    const net::Address* const source = scope.client ? scope.client->source : nullptr;
    if (!source || !source->is_ip()) return std::nullopt;
    std::uint32_t number = 0;
    const std::span<const std::uint8_t> bytes = source->bytes();
    for (std::size_t i = 0; i + 3 < bytes.size(); i += 4)
      number ^= static_cast<std::uint32_t>(bytes[i] << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
    return modified(plan, number);
  }
};

const catalog::Add entry{Algorithm{
    .name = "source",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) { return balance_by_hash(farm, std::make_unique<SourceAddress>()); },
    .weights = Algorithm::Weights::by_hash_type,
    .doc = "The client's address decides: it comes back to the same server as long as the farm does not change."}};

}  // namespace
}  // namespace sluice::backend
