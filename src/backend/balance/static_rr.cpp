// static-rr: the order of one whole round is laid down in a map whenever the set of servers changes; a choice is one
// step in it. The map is HAProxy's, observed: in every step each server gains its weight, the first of those with the
// highest number of whole rounds saved up is next and pays one round.
#include "backend/algorithm.hpp"
#include "backend/server.hpp"
#include "backend/weight_map.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

class StaticRr final : public Balancer {
 public:
  explicit StaticRr(std::size_t servers) : map_(servers), aside_(servers) {}

  Server* candidate(const PickRequest&) override {
    if (weighted_ == 0 || set_aside_ == weighted_) return nullptr;
    const std::span<Server* const> map = map_.servers();
    if (at_ >= map.size()) at_ = 0;
    while (aside_[map[at_]->position()]) at_ = at_ + 1 == map.size() ? 0 : at_ + 1;
    return map[at_];
  }
  void chosen(Server&) override { ++at_; }
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
  std::size_t weighted_ = 0, set_aside_ = 0, at_ = 0;
};

const catalog::Add entry{Algorithm{
    .name = "static-rr",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> {
      return std::make_unique<StaticRr>(farm.servers.size());
    },
    .weights = Algorithm::Weights::fixed,
    .doc = "As roundrobin, but weights stay as configured."}};

}  // namespace
}  // namespace sluice::backend
