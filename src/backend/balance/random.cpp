// random(<draws>): the least loaded of <draws> servers drawn by weight (default 2, "power of two choices").
#include <bit>

#include "backend/algorithm.hpp"
#include "backend/load_shares.hpp"
#include "backend/server.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

// Sums of weights as a Fenwick tree: change and search in O(log n).
class Sums {
 public:
  explicit Sums(std::size_t size) : tree_(std::bit_ceil(size + 1) + 1) {}
  std::uint64_t total() const { return total_; }
  void add(std::size_t index, std::int64_t by) {
    total_ += static_cast<std::uint64_t>(by);
    for (std::size_t i = index + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += static_cast<std::uint64_t>(by);
  }
  // The index at which the running sum first exceeds `value` (< total()).
  std::size_t find(std::uint64_t value) const {
    std::size_t at = 0;
    for (std::size_t step = tree_.size() - 1; step > 0; step /= 2) {
      if (at + step < tree_.size() && tree_[at + step] <= value) {
        at += step;
        value -= tree_[at];
      }
    }
    return at;
  }

 private:
  std::vector<std::uint64_t> tree_;
  std::uint64_t total_ = 0;
};

class Random final : public Balancer {
 public:
  Random(std::size_t servers, unsigned draws, unsigned balance_factor)
      : draws_(draws), nodes_(servers), sums_(servers), shares_(servers, balance_factor) {
    follows_load = shares_.bounded();
  }

  Server* candidate(const PickRequest& request) override {
    if (sums_.total() == 0) return nullptr;
    std::uint64_t random = request.random;
    const Node* best = nullptr;
    for (unsigned i = 0; i < draws_; ++i) {
      const Node& drawn = nodes_[sums_.find(draw(random) % sums_.total())];
      if (!best || load(drawn) < load(*best)) best = &drawn;
    }
    // Manual "hash-balance-factor": another one if that has its share already; but not for ever.
    for (unsigned i = 0; i < most_redraws && !shares_.has_room(best->server->position()); ++i)
      best = &nodes_[sums_.find(draw(random) % sums_.total())];
    return best->server;
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    Node& node = nodes_[server.position()];
    node.server = &server;
    count(server, weight);
    node.weight = weight;
    shares_.set_weight(server, weight);
  }
  void load_changed(Server& server) override { shares_.load_changed(server); }
  void set_aside(Server& server) override { count(server, 0); }
  void bring_back(Server& server) override { count(server, nodes_[server.position()].weight); }

 private:
  struct Node {
    Server* server = nullptr;
    std::uint32_t weight = 0;
    std::uint32_t counted = 0;  // weight, or 0 while set aside
  };
  void count(Server& server, std::uint32_t weight) {
    Node& node = nodes_[server.position()];
    sums_.add(server.position(), static_cast<std::int64_t>(weight) - node.counted);
    node.counted = weight;
  }
  static std::uint64_t load(const Node& node) {
    return (std::uint64_t{node.server->state().served.load(std::memory_order_relaxed)} << 20) / node.weight;
  }
  // splitmix64: as many numbers as needed from the one of the request.
  static std::uint64_t draw(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  static constexpr unsigned most_redraws = 32;
  const unsigned draws_;
  std::vector<Node> nodes_;
  Sums sums_;
  LoadShares shares_;
};

std::optional<unsigned> draws_of(std::string_view argument) {
  if (argument.empty()) return 2;
  const auto number = parse_uint(argument);
  return number && *number >= 1 && *number <= 1'000'000 ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

const catalog::Add entry{Algorithm{
    .name = "random",
    .args = "[(<draws>)]",
    .verify = [](std::string_view argument, std::span<const std::string> words) -> std::string {
      if (!draws_of(argument)) return fmt::format("'{}' is not a number of draws of 1 or more", argument);
      return no_arguments({}, words);
    },
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> {
      return std::make_unique<Random>(farm.servers.size(), *draws_of(farm.argument), farm.hash.balance_factor);
    },
    .shares = Algorithm::Shares::both,
    .doc = "The least loaded of <draws> (2) servers that are drawn at random by weight."}};

}  // namespace
}  // namespace sluice::backend
