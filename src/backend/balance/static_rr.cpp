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
  explicit StaticRr(std::size_t servers) : map_(servers) {}

  Server* candidate(const PickRequest&) override {
    if (at_ >= map_.servers().size()) at_ = 0;
    return map_.at(at_, &at_);
  }
  void chosen(Server&) override { ++at_; }
  void set_weight(Server& server, std::uint32_t weight) override { map_.set_weight(server, weight); }
  void set_aside(Server& server) override { map_.set_aside(server); }
  void bring_back(Server& server) override { map_.bring_back(server); }

 private:
  WeightMap map_;
  std::size_t at_ = 0;
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
