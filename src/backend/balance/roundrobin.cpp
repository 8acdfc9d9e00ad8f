// roundrobin: every server in its turn, as often as its weight says, spread as evenly as can be.
//
// Each server has the time of its next turn, counted in requests of the farm; a turn comes every total/weight
// requests. Servers of one weight keep their order for ever, so they are one list per weight, and only the heads of the
// lists compete: a choice costs O(log(number of different weights)), whatever the number of servers. Servers that join
// wait, heaviest first, until nobody is due. Compared with HAProxy: same order for small weights, else neighbours may
// be swapped (docs/differences.md); the shares are exact.
#include <map>

#include "backend/algorithm.hpp"
#include "backend/heap.hpp"
#include "backend/server.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(std::size_t servers) : nodes_(servers), joining_(servers), due_(servers) {}

  Server* candidate(const PickRequest&) override {
    const std::uint32_t id = next();
    return id == none ? nullptr : nodes_[id].server;
  }

  void chosen(Server& server) override {
    const auto id = static_cast<std::uint32_t>(server.position());
    Node& node = nodes_[id];
    Group& group = groups_[node.group];
    if (joining_.contains(id)) {
      joining_.erase(id);
      node.turn = now_;
      node.part = 0;
    } else {
      unlink(group, id);
    }
    advance(node);
    link_last(group, id);
    reorder(node.group);
    ++now_;
  }

  void set_weight(Server& server, std::uint32_t weight) override {
    const auto id = static_cast<std::uint32_t>(server.position());
    Node& node = nodes_[id];
    node.server = &server;
    leave(id);
    total_ = total_ - node.weight + weight;
    node.weight = weight;
    if (weight == 0) return;
    node.group = group_of(weight);
    join(id);
  }

  void set_aside(Server& server) override { leave(static_cast<std::uint32_t>(server.position())); }

  // It goes on where it was, but gets no more turns for the time it was full.
  void bring_back(Server& server) override {
    const auto id = static_cast<std::uint32_t>(server.position());
    Node& node = nodes_[id];
    if (node.turn < now_) {
      node.turn = now_;
      node.part = 0;
    }
    link_sorted(groups_[node.group], id);
    reorder(node.group);
  }

 private:
  static constexpr std::uint32_t none = ~0U;
  struct Node {
    Server* server = nullptr;
    std::int64_t turn = 0;        // whole part of the time of the next turn
    std::uint32_t part = 0;       // the rest, in 1/weight
    std::uint32_t weight = 0;
    std::uint32_t group = 0;
    std::uint32_t before = none, after = none;
    bool linked = false;
  };
  struct Group {  // the servers of one weight, soonest first
    std::uint32_t weight = 0;
    std::uint32_t first = none, last = none;
  };
  struct Turn {  // in quarters of a request; the heavier first within one
    std::int64_t quarters;
    std::uint32_t weight;
    bool operator<(const Turn& o) const { return quarters != o.quarters ? quarters < o.quarters : weight > o.weight; }
  };
  struct Joining {
    std::uint32_t weight;
    std::uint64_t order;
    bool operator<(const Joining& o) const { return weight != o.weight ? weight > o.weight : order < o.order; }
  };

  std::uint32_t next() const {
    const std::uint32_t due = due_.empty() ? none : groups_[due_.top()].first;
    if (!joining_.empty() && (due == none || nodes_[due].turn > now_)) return joining_.top();
    return due;
  }
  void advance(Node& node) const {
    node.turn += static_cast<std::int64_t>(total_ / node.weight);
    node.part += static_cast<std::uint32_t>(total_ % node.weight);
    if (node.part >= node.weight) {
      node.part -= node.weight;
      ++node.turn;
    }
  }
  void join(std::uint32_t id) { joining_.set(id, Joining{nodes_[id].weight, ++joined_}); }
  void leave(std::uint32_t id) {
    joining_.erase(id);
    Node& node = nodes_[id];
    if (!node.linked) return;
    unlink(groups_[node.group], id);
    reorder(node.group);
  }
  std::uint32_t group_of(std::uint32_t weight) {
    const auto [at, is_new] = group_by_weight_.try_emplace(weight, static_cast<std::uint32_t>(groups_.size()));
    if (is_new) {
      groups_.push_back(Group{.weight = weight});
      due_.grow(groups_.size());
    }
    return at->second;
  }
  void reorder(std::uint32_t group) {
    const std::uint32_t first = groups_[group].first;
    if (first == none) return due_.erase(group);
    const Node& node = nodes_[first];
    due_.set(group, Turn{node.turn * 4 + static_cast<std::int64_t>(node.part * std::uint64_t{4} / node.weight), node.weight});
  }
  void unlink(Group& group, std::uint32_t id) {
    Node& node = nodes_[id];
    (node.before == none ? group.first : nodes_[node.before].after) = node.after;
    (node.after == none ? group.last : nodes_[node.after].before) = node.before;
    node.before = node.after = none;
    node.linked = false;
  }
  void link_last(Group& group, std::uint32_t id) { link_after(group, id, group.last); }
  void link_sorted(Group& group, std::uint32_t id) {
    std::uint32_t before = none;
    for (std::uint32_t at = group.first; at != none && nodes_[at].turn <= nodes_[id].turn; at = nodes_[at].after) before = at;
    link_after(group, id, before);
  }
  void link_after(Group& group, std::uint32_t id, std::uint32_t before) {
    Node& node = nodes_[id];
    node.before = before;
    node.after = before == none ? group.first : nodes_[before].after;
    (node.before == none ? group.first : nodes_[node.before].after) = id;
    (node.after == none ? group.last : nodes_[node.after].before) = id;
    node.linked = true;
  }

  std::vector<Node> nodes_;
  std::vector<Group> groups_;
  std::map<std::uint32_t, std::uint32_t> group_by_weight_;
  Heap<Joining> joining_;
  Heap<Turn> due_;  // of groups
  std::uint64_t total_ = 0, joined_ = 0;
  std::int64_t now_ = 0;
};

const catalog::Add entry{Algorithm{
    .name = "roundrobin",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> {
      return std::make_unique<RoundRobin>(farm.servers.size());
    },
    .shares = Algorithm::Shares::both,
    .doc = "Each server in turn, as often as its weight says. Weights may change at run time."}};

}  // namespace
}  // namespace sluice::backend
