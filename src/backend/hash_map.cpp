// hash-type map-based: the key, modulo the total weight, is a place in one whole round of the farm. Smooth, but most keys
// move when the farm changes. Requests without a key take the places in turn.
#include "backend/hashing.hpp"
#include "backend/server.hpp"
#include "backend/weight_map.hpp"

namespace sluice::backend {
namespace {

class HashMap final : public HashBalancer {
 public:
  HashMap(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source)
      : HashBalancer(farm.hash, std::move(source)), map_(farm.servers.size()) {}

  Server* candidate(const PickRequest& request) override {
    took_turn_ = !request.key;
    return map_.at(request.key ? *request.key : turn_);
  }
  void chosen(Server&) override {
    if (took_turn_) ++turn_;
  }
  void set_weight(Server& server, std::uint32_t weight) override { map_.set_weight(server, weight); }
  void set_aside(Server& server) override { map_.set_aside(server); }
  void bring_back(Server& server) override { map_.bring_back(server); }

 private:
  WeightMap map_;
  std::uint32_t turn_ = 0;
  bool took_turn_ = false;
};

}  // namespace

std::unique_ptr<Balancer> make_hash_map(const Algorithm::Farm& farm, std::unique_ptr<KeySource> source) {
  return std::make_unique<HashMap>(farm, std::move(source));
}

}  // namespace sluice::backend
