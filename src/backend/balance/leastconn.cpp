// leastconn: the server with the fewest requests in progress or waiting for it, relative to its weight; among equals
// the one that has been equal for the longest time, which is round robin.
#include "backend/algorithm.hpp"
#include "backend/heap.hpp"
#include "backend/server.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

class LeastConn final : public Balancer {
 public:
  explicit LeastConn(std::size_t servers) : nodes_(servers), heap_(servers) { follows_load = true; }

  Server* candidate(const PickRequest&) override { return heap_.empty() ? nullptr : nodes_[heap_.top()].server; }

  void load_changed(Server& server) override {
    const auto id = static_cast<std::uint32_t>(server.position());
    if (heap_.contains(id)) place(id);
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    const auto id = static_cast<std::uint32_t>(server.position());
    nodes_[id] = Node{&server, weight};
    if (weight == 0) heap_.erase(id);
    else place(id);
  }
  void set_aside(Server& server) override { heap_.erase(static_cast<std::uint32_t>(server.position())); }
  void bring_back(Server& server) override { place(static_cast<std::uint32_t>(server.position())); }

 private:
  struct Node {
    Server* server = nullptr;
    std::uint32_t weight = 0;
  };
  struct Load {
    std::uint64_t requests;  // per weight, with the one that would come; 0 when idle, whatever the weight
    std::uint64_t since;
    bool operator<(const Load& o) const { return requests != o.requests ? requests < o.requests : since < o.since; }
  };

  void place(std::uint32_t id) {
    const Node& node = nodes_[id];
    const ServerState& state = node.server->state();
    const std::uint64_t busy = std::uint64_t{state.served.load(std::memory_order_relaxed)} +
                               state.queued.load(std::memory_order_relaxed);
    heap_.set(id, Load{busy == 0 ? 0 : ((busy + 1) << 20) / node.weight, ++turn_});
  }

  std::vector<Node> nodes_;
  Heap<Load> heap_;
  std::uint64_t turn_ = 0;
};

const catalog::Add entry{Algorithm{
    .name = "leastconn",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> {
      return std::make_unique<LeastConn>(farm.servers.size());
    },
    .doc = "The server with the fewest connections and queued requests for its weight; equals take turns."}};

}  // namespace
}  // namespace sluice::backend
