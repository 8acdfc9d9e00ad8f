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
  explicit WeightMap(std::size_t servers) : all_(servers), aside_(servers) {}
  void set_weight(Server& server, std::uint32_t weight);  // it is not set aside then
  std::span<Server* const> servers();                     // the round
  // Not to be offered for now; and again.
  void set_aside(const Server& server);
  void bring_back(const Server& server);
  // The server at this place of the round (modulo its length), or the first behind it that is not set aside. `found` is
  // where it stands. Null if there is none.
  Server* at(std::size_t place, std::size_t* found = nullptr);

 private:
  struct Entry {
    Server* server = nullptr;
    std::uint32_t weight = 0;
  };
  void build();
  std::vector<Entry> all_;  // by position
  std::vector<Server*> map_;
  std::vector<std::uint8_t> aside_;  // by position
  std::size_t weighted_ = 0, set_aside_ = 0;
  bool stale_ = true;
};

}  // namespace sluice::backend
