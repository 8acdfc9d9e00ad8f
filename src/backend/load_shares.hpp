// Bounded loads (manual "hash-balance-factor"): who has no more than a given part of the mean load, weights considered.
// Servers are known by position. Under BackendState::mutex.
#pragma once
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
  bool has_room(std::size_t position) const {
    if (!bounded()) return true;
    const Entry& entry = entries_[position];
    const std::uint64_t whole = (total_load_ + 1) * percent_ * entry.weight, mean = 100 * total_weight_;
    return entry.load < (whole + mean - 1) / mean;
  }

 private:
  struct Entry {
    std::uint32_t weight = 0, load = 0;
  };
  const unsigned percent_;
  std::vector<Entry> entries_;
  std::uint64_t total_weight_ = 0, total_load_ = 0;
};

}  // namespace sluice::backend
