// What a balancing algorithm is. An entry of kind Algorithm (one file in balance/) makes a Balancer for each Backend
// that names it; the Balancer chooses among the servers it was told to count and is told when one changes.
//
// All Balancer functions run under BackendState::mutex: no waiting, no allocation except in set_weight. They must cost
// the same with 2 and with 10,000 servers (O(1) or O(log n)). Servers are known by Server::position().
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/hash_plan.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "catalog/add.hpp"

namespace sluice::config {
class Line;
}
namespace sluice::expr {
struct Scope;
struct Compiler;
}

namespace sluice::backend {

class Server;

// What a choice may depend on.
struct PickRequest {
  const expr::Scope* scope = nullptr;  // the request, for algorithms that look at it
  std::uint64_t random = 0;            // from the worker, so that simulations repeat
  const Server* avoid = nullptr;       // redispatch: another one if there is another
  Instant now{};                       // for slowstart; zero: servers stay as warm as they are
  std::optional<std::uint32_t> key{};  // see Balancer::take_key
  std::string_view line{};             // mode log: what is to be logged
};

class Balancer {
 public:
  virtual ~Balancer() = default;

  // For those that hash: puts request.key in. Called once per request, without the mutex, by any worker.
  virtual void take_key(PickRequest&) const {}
  // Reads the sample expression of the `balance` line, for those that have one; before traffic. False: diagnosed.
  virtual bool compile(config::Line&, expr::Compiler&) { return true; }

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
  bool takes_keys = false;
  // What becomes of a full candidate. Hashes wait in its own queue, because its clients belong to it; and if that is full?
  enum class WhenFull : std::uint8_t { pass_over, wait_if_room, wait } when_full = WhenFull::pass_over;
};

// kind Algorithm: `balance <name>[(<argument>)] [<words>]`.
struct Algorithm {
  // What a balancer is made for.
  struct Farm {
    std::span<const std::unique_ptr<Server>> servers;
    std::string_view argument;             // what stood in parentheses
    std::span<const std::string> words;    // what stood behind
    const HashPlan& hash;
    std::uint32_t weight_scale = 1;        // weights the balancer is told are so many times the configured ones
  };
  std::string_view name{};
  std::string_view args{};                 // for the manual
  // Says what is wrong with the arguments, empty if nothing; before there are servers.
  std::string (*verify)(std::string_view argument, std::span<const std::string> words) = nullptr;
  std::unique_ptr<Balancer> (*make)(const Farm& farm) = nullptr;
  // May weights be changed at run time (dynamic), or only to 0 and back to 100%?
  enum class Weights : std::uint8_t { dynamic, fixed, by_hash_type } weights = Weights::dynamic;
  // What it shares out: connections and requests, the lines of a backend of mode log, or either.
  enum class Shares : std::uint8_t { sessions, lines, both } shares = Shares::sessions;
  bool needs_http = false;                 // looks at requests: without mode http everybody takes turns
  bool needs_compiling = false;            // see Balancer::compile
  std::string_view doc{};
};

// For algorithms without arguments.
std::string no_arguments(std::string_view argument, std::span<const std::string> words);

}  // namespace sluice::backend
