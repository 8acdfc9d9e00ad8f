// A backend of so many servers without a configuration file, for the tests of this folder.
#pragma once
#include <gtest/gtest.h>

#include "backend/backend.hpp"
#include "base/text.hpp"

namespace sluice::backend {

struct Farm {
  explicit Farm(BackendSettings settings, std::vector<ServerSettings> servers) {
    if (settings.name.empty()) settings.name = "b";
    auto made = Backend::make(std::move(settings), std::move(servers), states);
    if (!made) ADD_FAILURE() << made.error();
    else backend = std::move(*made);
  }
  // s1, s2, ... with these weights.
  Farm(std::string_view algorithm, const std::vector<unsigned>& weights, unsigned maxconn = 0)
      : Farm(balanced(algorithm), weighted(weights, maxconn)) {}

  static BackendSettings balanced(std::string_view algorithm) {
    BackendSettings settings;
    settings.algorithm = std::string(take_until(algorithm, '('));
    settings.algorithm_argument = std::string(take_until(algorithm, ')'));
    return settings;
  }
  static std::vector<ServerSettings> weighted(const std::vector<unsigned>& weights, unsigned maxconn = 0) {
    std::vector<ServerSettings> servers;
    for (const unsigned weight : weights) {
      ServerSettings& server = servers.emplace_back();
      server.id = static_cast<unsigned>(servers.size());
      server.name = fmt::format("s{}", servers.size());
      server.weight = weight;
      server.maxconn = maxconn;
    }
    return servers;
  }
  Server& server(std::size_t i) { return *backend->servers()[i]; }
  // Takes a slot by balancing, without a worker: what try_acquire does but for the counters. 0 = none.
  unsigned take(std::uint64_t random = 0) {
    PickRequest request;
    request.random = random;
    const Result<Server*> chosen = backend->pick(request);
    return chosen ? (*chosen)->id() : 0;
  }
  void give(unsigned id) {
    server(id - 1).state().served.fetch_sub(1);
    Backend::settle(server(id - 1), nullptr);
  }
  // The ids of `n` requests one after the other.
  std::vector<unsigned> sequence(std::size_t n) {
    std::vector<unsigned> ids;
    while (ids.size() < n) {
      ids.push_back(take());
      if (ids.back() == 0) break;
      give(ids.back());
    }
    return ids;
  }
  // The ids of `n` requests that all stay.
  std::vector<unsigned> held(std::size_t n) {
    std::vector<unsigned> ids;
    while (ids.size() < n) ids.push_back(take());
    return ids;
  }
  void set_operational(std::size_t i, Operational now) {
    server(i).state().operational = now;
    backend->state().version.fetch_add(1);
  }
  void set_weight(std::size_t i, unsigned weight) {
    server(i).state().user_weight = server(i).state().effective_weight = weight;
    backend->state().version.fetch_add(1);
  }

  States states{3};
  std::unique_ptr<Backend> backend;
};

}  // namespace sluice::backend
