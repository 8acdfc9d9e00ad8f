// One whole round of a farm as a table in which each server stands as often as its weight says (all divided by their
// greatest common divisor): what static-rr walks through and what map-based hashes index. Rebuilt when it is next used
// after a change. Under BackendState::mutex.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::backend {

class Server;

class WeightMap {
 public:
  explicit WeightMap(std::size_t servers) : all_(servers) {}
  void set_weight(Server& server, std::uint32_t weight);
  std::uint32_t weight(const Server& server) const;
  std::span<Server* const> servers();

 private:
  struct Entry {
    Server* server = nullptr;
    std::uint32_t weight = 0;
  };
  void build();
  std::vector<Entry> all_;  // by position
  std::vector<Server*> map_;
  bool stale_ = true;
};

}  // namespace sluice::backend
