// first: the server with the lowest id that has a free slot. Weights do not matter.
#include <algorithm>
#include <numeric>

#include "backend/algorithm.hpp"
#include "backend/bitmap.hpp"
#include "backend/server.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

class First final : public Balancer {
 public:
  explicit First(const Algorithm::Farm& farm) : by_rank_(farm.servers.size()), rank_(farm.servers.size()), open_(farm.servers.size()) {
    for (std::size_t i = 0; i < by_rank_.size(); ++i) by_rank_[i] = farm.servers[i].get();
    std::ranges::stable_sort(by_rank_, {}, [](const Server* server) { return server->id(); });
    for (std::size_t i = 0; i < by_rank_.size(); ++i) rank_[by_rank_[i]->position()] = i;
  }
  Server* candidate(const PickRequest&) override {
    const auto found = open_.from(0);
    return found ? by_rank_[*found] : nullptr;
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    if (weight == 0) set_aside(server);
    else bring_back(server);
  }
  void set_aside(Server& server) override { open_.remove(rank_[server.position()]); }
  void bring_back(Server& server) override { open_.add(rank_[server.position()]); }

 private:
  std::vector<Server*> by_rank_;  // in the order of ids
  std::vector<std::size_t> rank_;
  Bitmap open_;
};

const catalog::Add entry{Algorithm{
    .name = "first",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> { return std::make_unique<First>(farm); },
    .doc = "The server with the lowest id that has a connection slot left; needs maxconn to make sense."}};

}  // namespace
}  // namespace sluice::backend
