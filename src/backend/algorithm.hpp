// What a balancing algorithm is. An entry of kind Algorithm (one file in balance/) makes a Balancer for each Backend
// that names it; the Balancer chooses servers and is told when one changes.
//
// All Balancer functions run under BackendState::mutex: no waiting, no allocation in pick(). They must cost the same
// with 2 and with 10,000 servers (O(1) or O(log n)).
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/add.hpp"

namespace sluice::expr {
class Scope;
}

namespace sluice::backend {

class Server;

// What a choice may depend on.
struct PickRequest {
  const expr::Scope* scope = nullptr;  // the request, for algorithms that look at it
  std::uint64_t random = 0;            // from the worker, so that simulations repeat
  const Server* avoid = nullptr;       // redispatch: another one if there is another
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  // A usable server with room, or null: then all usable ones are full (or there are none).
  virtual Server* pick(const PickRequest& request) = 0;
  // The server became usable or unusable in this farm, or its weight changed: `weight` is what it counts for now, 0 =
  // do not choose it. Called for every usable server once after construction.
  virtual void set_weight(Server& server, std::uint32_t weight) = 0;
  // After served or queued of this server changed. Only called if wants_load.
  virtual void load_changed(Server&) {}
  // The server got room again after pick() found it full. Only called then.
  virtual void has_room(Server&) {}
  bool wants_load = false;
};

// kind Algorithm: `balance <name>[(argument)] [words]`.
struct Algorithm {
  std::string_view name;
  // Makes the balancer of a backend of `servers` servers, or says what is wrong with the arguments.
  using Make = std::expected<std::unique_ptr<Balancer>, std::string> (*)(std::string_view argument,
                                                                          std::span<const std::string> words,
                                                                          std::size_t servers);
  Make make = nullptr;
  // Weights may be changed at run time (dynamic) or only 0 and 100% (static), as the manual tells for each.
  bool dynamic = true;
  std::string_view doc;
};

}  // namespace sluice::backend
