// sticky: all lines go to one server as long as it is there. Those that come back stand behind those that stayed.
#include <algorithm>

#include "backend/algorithm.hpp"
#include "backend/server.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {
namespace {

class Sticky final : public Balancer {
 public:
  explicit Sticky(const Algorithm::Farm& farm) : aside_(farm.servers.size()) { line_.reserve(farm.servers.size()); }

  Server* candidate(const PickRequest&) override {
    const auto found = std::ranges::find_if(line_, [this](const Server* server) { return aside_[server->position()] == 0; });
    return found == line_.end() ? nullptr : *found;
  }
  void set_weight(Server& server, std::uint32_t weight) override {
    bring_back(server);
    const auto found = std::ranges::find(line_, &server);
    if (weight == 0 && found != line_.end()) line_.erase(found);
    if (weight != 0 && found == line_.end()) line_.push_back(&server);
  }
  void set_aside(Server& server) override { aside_[server.position()] = 1; }
  void bring_back(Server& server) override { aside_[server.position()] = 0; }

 private:
  std::vector<Server*> line_;        // those with a weight, who has been there longest first
  std::vector<std::uint8_t> aside_;  // by position
};

const catalog::Add entry{Algorithm{
    .name = "sticky",
    .verify = no_arguments,
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> { return std::make_unique<Sticky>(farm); },
    .shares = Algorithm::Shares::lines,
    .doc = "In mode log: the first server gets all lines until it goes down, then the next one; who comes back waits at the end."}};

}  // namespace
}  // namespace sluice::backend
