// What a balancing algorithm is. An entry of kind Algorithm (one file in balance/) makes a Balancer for each Backend
// that names it; the Balancer chooses among the servers it was told to count and is told when one changes.
//
// All Balancer functions run under BackendState::mutex: no waiting, no allocation except in set_weight. They must cost
// the same with 2 and with 10,000 servers (O(1) or O(log n)). Servers are known by Server::position().
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
struct Scope;
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

  // The server whose turn it is, among those with a weight and not set aside; null if there is none. Asking twice gives
  // the same answer (random ones aside).
  virtual Server* candidate(const PickRequest& request) = 0;
  // The candidate gets the request.
  virtual void chosen(Server&) {}
  // How much the server counts from now on, 0: not at all. It is not set aside then.
  virtual void set_weight(Server& server, std::uint32_t weight) = 0;
  // Do not offer a server for now (it is full) although it counts; and again.
  virtual void set_aside(Server& server) = 0;
  virtual void bring_back(Server& server) = 0;
  // The server's served or queued requests changed. Called only if `follows_load`.
  virtual void load_changed(Server&) {}

  bool follows_load = false;
  // A full candidate is waited for in its own queue (hashes: its clients belong to it), not passed over.
  bool waits_for_candidate = false;
};

// kind Algorithm: `balance <name>[(<argument>)] [<words>]`.
struct Algorithm {
  // What a balancer is made for.
  struct Farm {
    std::span<const std::unique_ptr<Server>> servers;
    std::string_view argument;             // what stood in parentheses
    std::span<const std::string> words;    // what stood behind
  };
  std::string_view name{};
  std::string_view args{};                 // for the manual
  // Says what is wrong with the arguments, empty if nothing; before there are servers.
  std::string (*verify)(std::string_view argument, std::span<const std::string> words) = nullptr;
  std::unique_ptr<Balancer> (*make)(const Farm& farm) = nullptr;
  // May weights be changed at run time (dynamic), or only to 0 and back to 100%?
  enum class Weights : std::uint8_t { dynamic, fixed } weights = Weights::dynamic;
  std::string_view doc{};
};

// For algorithms without arguments.
std::string no_arguments(std::string_view argument, std::span<const std::string> words);

}  // namespace sluice::backend
