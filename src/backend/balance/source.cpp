// source: the client's address decides, so that a client comes back to the same server as long as the farm does not
// change. The address as a number, modulo the total weight, is a place in the map static-rr walks through (HAProxy's
// map-based hash without modifiers). Clients without an IP address take turns.
#include "backend/algorithm.hpp"
#include "backend/server.hpp"
#include "backend/weight_map.hpp"
#include "catalog/add.hpp"
#include "expr/scope.hpp"

namespace sluice::backend {
namespace {

// An IPv4 address as a number; of an IPv6 address its four words, combined by exclusive or.
std::optional<std::uint32_t> number_of(const net::Address& address) {
  if (!address.is_ip()) return std::nullopt;
  std::uint32_t number = 0;
  const std::span<const std::uint8_t> bytes = address.bytes();
  for (std::size_t i = 0; i + 3 < bytes.size(); i += 4)
    number ^= static_cast<std::uint32_t>(bytes[i] << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
  return number;
}

class BySource final : public Balancer {
 public:
  explicit BySource(std::size_t servers) : map_(servers), aside_(servers) { waits_for_candidate = true; }

  Server* candidate(const PickRequest& request) override {
    const std::span<Server* const> map = map_.servers();
    if (weighted_ == 0 || set_aside_ == weighted_) return nullptr;
    const net::Address* const source = request.scope && request.scope->client ? request.scope->client->source : nullptr;
    const std::optional<std::uint32_t> number = source ? number_of(*source) : std::nullopt;
    took_turn_ = !number;
    std::size_t at = (number ? *number : turn_) % map.size();
    while (aside_[map[at]->position()]) at = at + 1 == map.size() ? 0 : at + 1;
    return map[at];
  }
  void chosen(Server&) override {
    if (took_turn_) ++turn_;
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    bring_back(server);
    const bool counted = map_.weight(server) != 0;
    if (counted && weight == 0) --weighted_;
    if (!counted && weight != 0) ++weighted_;
    map_.set_weight(server, weight);
  }
  void set_aside(Server& server) override {
    if (!std::exchange(aside_[server.position()], 1)) ++set_aside_;
  }
  void bring_back(Server& server) override {
    if (std::exchange(aside_[server.position()], 0)) --set_aside_;
  }

 private:
  WeightMap map_;
  std::vector<std::uint8_t> aside_;
  std::size_t weighted_ = 0, set_aside_ = 0;
  std::uint32_t turn_ = 0;
  bool took_turn_ = false;
};

const catalog::Add entry{Algorithm{
    .name = "source",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> {
      return std::make_unique<BySource>(farm.servers.size());
    },
    .weights = Algorithm::Weights::fixed,
    .doc = "The client's address decides: it comes back to the same server as long as the farm does not change."}};

}  // namespace
}  // namespace sluice::backend
