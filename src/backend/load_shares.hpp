// Bounded loads (manual "hash-balance-factor"): who has no more than a given part of the mean load, weights considered. All
// load there would be, times that part and rounded up, is dealt out by weight in the order of the servers, at least one to
// each: that is how Debian haproxy's choices come about, observed.
// Servers are known by position. Under BackendState::mutex.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "backend/server.hpp"

namespace sluice::backend {

class LoadShares {
 public:
  // `percent` of the mean; 0: no bound, nothing is counted.
  LoadShares(std::size_t servers, unsigned percent) : percent_(percent), entries_(percent ? servers : 0) {}
  bool bounded() const { return percent_ != 0; }

  void set_weight(const Server& server, std::uint32_t weight) {
    if (!bounded()) return;
    Entry& entry = entries_[server.position()];
    total_weight_ = total_weight_ - entry.weight + weight;
    entry.weight = weight;
    stale_ = true;
    load_changed(server);
  }
  void load_changed(const Server& server) {
    Entry& entry = entries_[server.position()];
    const ServerState& state = server.state();
    const std::uint32_t now =
        entry.weight == 0 ? 0 : state.served.load(std::memory_order_relaxed) + state.queued.load(std::memory_order_relaxed);
    total_load_ = total_load_ - entry.load + now;
    entry.load = now;
  }
  // May it have one more?
  bool has_room(std::size_t position) {
    if (!bounded()) return true;
    if (stale_) add_up();
    const Entry& entry = entries_[position];
    const std::uint64_t all = ((total_load_ + 1) * percent_ + 99) / 100;
    const std::uint64_t share = (entry.before + entry.weight) * all / total_weight_ - entry.before * all / total_weight_;
    return entry.load < std::max<std::uint64_t>(share, 1);
  }

 private:
  struct Entry {
    std::uint32_t weight = 0, load = 0;
    std::uint64_t before = 0;  // the weights of the servers before it
  };
  void add_up() {
    std::uint64_t sum = 0;
    for (Entry& entry : entries_) {
      entry.before = sum;
      sum += entry.weight;
    }
    stale_ = false;
  }
  const unsigned percent_;
  std::vector<Entry> entries_;
  std::uint64_t total_weight_ = 0, total_load_ = 0;
  bool stale_ = true;  // `before` of the entries
};

}  // namespace sluice::backend
