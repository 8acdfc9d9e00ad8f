// Balancing algorithms. Orders noted as observed are those of Debian's haproxy 2.6 with the same weights.
#include <ctime>
#include <map>

#include "base/text.hpp"
#include "expr/scope.hpp"
#include "unit/backend/farm.hpp"

namespace sluice::backend {
namespace {

using Ids = std::vector<unsigned>;

std::map<unsigned, unsigned> count(const Ids& ids) {
  std::map<unsigned, unsigned> counted;
  for (const unsigned id : ids) ++counted[id];
  return counted;
}

TEST(Roundrobin, goesRound) { EXPECT_EQ(Farm("roundrobin", {1, 1, 1}).sequence(7), (Ids{1, 2, 3, 1, 2, 3, 1})); }

TEST(Roundrobin, ordersWeightsAsObserved) {
  EXPECT_EQ(Farm("roundrobin", {1, 1, 2}).sequence(8), (Ids{3, 1, 3, 2, 3, 1, 3, 2}));
  EXPECT_EQ(Farm("roundrobin", {2, 1, 1}).sequence(8), (Ids{1, 2, 1, 3, 1, 2, 1, 3}));
  EXPECT_EQ(Farm("roundrobin", {1, 2}).sequence(9), (Ids{2, 2, 1, 2, 2, 1, 2, 2, 1}));
  EXPECT_EQ(Farm("roundrobin", {3, 1}).sequence(8), (Ids{1, 1, 1, 2, 1, 1, 1, 2}));
  EXPECT_EQ(Farm("roundrobin", {1, 2, 3}).sequence(12), (Ids{3, 2, 3, 1, 3, 2, 3, 2, 3, 1, 3, 2}));
  EXPECT_EQ(Farm("roundrobin", {10, 20, 30}).sequence(12), (Ids{3, 2, 3, 1, 3, 2, 3, 2, 3, 1, 3, 2}));
  EXPECT_EQ(Farm("roundrobin", {5, 3, 2}).sequence(20),
            (Ids{1, 2, 1, 3, 1, 2, 1, 2, 1, 3, 1, 2, 1, 3, 1, 2, 1, 2, 1, 3}));
  EXPECT_EQ(Farm("roundrobin", {7, 2}).sequence(18), (Ids{1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 2}));
  EXPECT_EQ(Farm("roundrobin", {5, 5, 7, 3}).sequence(20),
            (Ids{3, 1, 3, 2, 4, 1, 3, 2, 3, 1, 4, 2, 3, 1, 3, 2, 3, 1, 4, 2}));
  EXPECT_EQ(Farm("roundrobin", {0, 1, 2}).sequence(6), (Ids{3, 3, 2, 3, 3, 2}));
  EXPECT_EQ(Farm("roundrobin", {1, 10}).sequence(11), (Ids{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1}));
}

TEST(Roundrobin, sharesAreExactForAnyWeights) {
  const std::vector<std::vector<unsigned>> farms{{184, 3, 241, 8, 3, 6, 9, 86, 2, 3}, {237, 182}, {19, 4}, {256, 255, 1}};
  for (const auto& weights : farms) {
    unsigned total = 0;
    for (const unsigned weight : weights) total += weight;
    const auto counted = count(Farm("roundrobin", weights).sequence(3 * total));
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(counted.at(static_cast<unsigned>(i + 1)), 3 * weights[i], 1);
  }
}

TEST(Roundrobin, followsChangesAtOnce) {
  Farm farm("roundrobin", {1, 1, 1});
  farm.sequence(4);
  farm.set_operational(1, Operational::stopped);
  EXPECT_EQ(count(farm.sequence(10)), (std::map<unsigned, unsigned>{{1, 5}, {3, 5}}));
  farm.set_operational(1, Operational::running);
  EXPECT_EQ(count(farm.sequence(300)).at(2), 100u);
  farm.set_weight(0, 2);
  const auto counted = count(farm.sequence(400));
  EXPECT_NEAR(counted.at(1), 200, 2);
  farm.set_weight(0, 0);
  EXPECT_FALSE(count(farm.sequence(10)).contains(1));
}

TEST(Roundrobin, passesOverFullServers) {
  Farm farm("roundrobin", {1, 1, 1}, 2);
  EXPECT_EQ(farm.held(6), (Ids{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(farm.backend->pick({}).error().kind, Kind::would_block);
  farm.give(2);
  EXPECT_EQ(farm.take(), 2u);
  EXPECT_EQ(farm.take(), 0u);
  farm.give(3), farm.give(3), farm.give(1);
  EXPECT_EQ(count(farm.held(3)), (std::map<unsigned, unsigned>{{1, 1}, {3, 2}}));
}

TEST(Roundrobin, avoidsAServerIfItCan) {
  Farm farm("roundrobin", {1, 1});
  PickRequest request;
  request.avoid = &farm.server(0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ((*farm.backend->pick(request))->id(), 2u);
  farm.set_operational(1, Operational::stopped);
  EXPECT_EQ((*farm.backend->pick(request))->id(), 1u);
}

TEST(StaticRr, ordersWeightsAsObserved) {
  EXPECT_EQ(Farm("static-rr", {1, 1, 2}).sequence(8), (Ids{1, 3, 2, 3, 1, 3, 2, 3}));
  EXPECT_EQ(Farm("static-rr", {1, 2}).sequence(6), (Ids{1, 2, 2, 1, 2, 2}));
  EXPECT_EQ(Farm("static-rr", {1, 2, 3}).sequence(6), (Ids{1, 3, 2, 3, 2, 3}));
  EXPECT_EQ(Farm("static-rr", {5, 3, 2}).sequence(10), (Ids{1, 1, 2, 1, 3, 1, 2, 1, 2, 3}));
  EXPECT_EQ(Farm("static-rr", {16, 3, 1}).sequence(20), (Ids{1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 3}));
  EXPECT_EQ(Farm("static-rr", {5, 5, 7, 3}).sequence(20), (Ids{1, 2, 3, 1, 2, 3, 4, 1, 3, 2, 3, 1, 2, 4, 3, 1, 2, 3, 3, 4}));
  EXPECT_EQ(Farm("static-rr", {10, 20, 30}).sequence(6), (Ids{1, 3, 2, 3, 2, 3}));
}

TEST(StaticRr, passesOverFullServers) {
  Farm farm("static-rr", {1, 1, 2}, 1);
  EXPECT_EQ(farm.held(4), (Ids{1, 3, 2, 0}));
  farm.give(3);
  EXPECT_EQ(farm.take(), 3u);
  EXPECT_EQ(farm.take(), 0u);
}

TEST(Leastconn, fillsByWeightAsObserved) {
  EXPECT_EQ(Farm("leastconn", {1, 1, 1}).held(6), (Ids{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(Farm("leastconn", {1, 2}).held(10), (Ids{1, 2, 2, 2, 1, 2, 2, 1, 2, 2}));
  EXPECT_EQ(Farm("leastconn", {2, 1}).held(10), (Ids{1, 2, 1, 1, 2, 1, 1, 2, 1, 1}));
  EXPECT_EQ(Farm("leastconn", {3, 1}).held(10), (Ids{1, 2, 1, 1, 1, 1, 2, 1, 1, 1}));
  EXPECT_EQ(Farm("leastconn", {1, 2, 3}).held(18), (Ids{1, 2, 3, 3, 2, 3, 3, 2, 3, 1, 2, 3, 3, 2, 3, 1, 2, 3}));
  EXPECT_EQ(Farm("leastconn", {5, 3, 2}).held(18), (Ids{1, 2, 3, 1, 1, 2, 1, 3, 2, 1, 1, 2, 1, 3, 1, 2, 1, 3}));
}

TEST(Leastconn, takesTurnsWhenIdleWhateverTheWeights) {
  EXPECT_EQ(Farm("leastconn", {1, 2, 3}).sequence(7), (Ids{1, 2, 3, 1, 2, 3, 1}));
}

TEST(Leastconn, prefersWhoHasLeast) {
  Farm farm("leastconn", {1, 1, 1});
  farm.held(6);
  farm.give(2), farm.give(2);
  EXPECT_EQ(farm.held(2), (Ids{2, 2}));
  farm.give(3);
  EXPECT_EQ(farm.take(), 3u);
}

TEST(First, fillsInOrderOfIds) {
  EXPECT_EQ(Farm("first", {1, 1, 1}, 2).held(7), (Ids{1, 1, 2, 2, 3, 3, 0}));
  std::vector<ServerSettings> servers = Farm::weighted({1, 1, 1}, 1);
  servers[0].id = 30, servers[1].id = 10, servers[2].id = 20;
  Farm farm(Farm::balanced("first"), std::move(servers));
  EXPECT_EQ(farm.held(3), (Ids{10, 20, 30}));
}

TEST(First, returnsToTheFirstThatHasRoom) {
  Farm farm("first", {1, 1, 1}, 1);
  farm.held(3);
  farm.give(2);
  EXPECT_EQ(farm.take(), 2u);
  farm.give(1), farm.give(2);
  EXPECT_EQ(farm.take(), 1u);
}

TEST(Random, keepsToTheWeights) {
  Farm farm("random(1)", {1, 3, 0});
  std::map<unsigned, unsigned> counted;
  for (std::uint64_t i = 0; i < 8000; ++i) {
    const unsigned id = farm.take(i * 0x2545F4914F6CDD1DU);
    farm.give(id);
    ++counted[id];
  }
  EXPECT_NEAR(counted[1], 2000, 200);
  EXPECT_NEAR(counted[2], 6000, 200);
  EXPECT_EQ(counted[3], 0u);
}

TEST(Random, twoDrawsAvoidTheBusiest) {
  Farm farm("random", {1, 1});
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_NE(farm.take(i * 0x2545F4914F6CDD1DU), 0u);
  EXPECT_NEAR(farm.server(0).state().served.load(), 100, 8);
}

TEST(Random, keepsBounds) {
  BackendSettings settings = Farm::balanced("random(1)");
  settings.hash.balance_factor = 110;
  Farm farm(settings, Farm::weighted({1, 1, 1, 1}));
  std::map<unsigned, unsigned> load;
  for (std::uint64_t i = 0; i < 40; ++i) ++load[farm.take(i * 0x2545F4914F6CDD1DU)];
  for (const auto& [id, n] : load) EXPECT_LE(n, 12u);  // 110 % of ten, rounded up, and one draw in a million unlucky
}

TEST(Random, checksItsArgument) {
  States states(1);
  for (const std::string_view bad : {"random(0)", "random(x)"}) EXPECT_FALSE(Backend::make(Farm::balanced(bad), {}, states));
  BackendSettings words = Farm::balanced("roundrobin");
  words.name = "w";
  words.algorithm_words = {"fast"};
  EXPECT_FALSE(Backend::make(words, {}, states));
}

// The ids that clients with these addresses get.
Ids by_source(Farm& farm, const std::vector<net::Address>& addresses) {
  Ids ids;
  for (const net::Address& address : addresses) {
    expr::Client client;
    client.source = &address;
    Arena arena;
    expr::Scope scope;
    scope.arena = &arena;
    scope.client = &client;
    PickRequest request;
    request.scope = &scope;
    ids.push_back((*farm.backend->pick(request))->id());
    farm.give(ids.back());
  }
  return ids;
}

TEST(Source, mapsAddressesAsObserved) {
  std::vector<net::Address> addresses;
  for (const std::uint32_t b : {0U, 3U})
    for (const std::uint32_t a : {1U, 2U, 3U, 7U, 100U, 201U, 254U}) addresses.push_back(net::Address::ipv4(0x7f000000U + b * 256 + a, 1));
  Farm seven("source", std::vector<unsigned>(7, 1));
  EXPECT_EQ(by_source(seven, addresses), (Ids{3, 4, 5, 2, 4, 7, 4, 1, 2, 3, 7, 2, 5, 2}));
  Farm weighted("source", {2, 1, 3});
  EXPECT_EQ(by_source(weighted, addresses), (Ids{3, 1, 3, 3, 1, 3, 1, 3, 1, 3, 3, 1, 3, 1}));
}

TEST(Source, staysWithAServerUntilItIsOut) {
  Farm farm("source", {1, 1, 1});
  const std::vector<net::Address> client(5, net::Address::ipv4(0x0a000001, 1));
  const unsigned home = by_source(farm, client).front();
  EXPECT_EQ(count(by_source(farm, client)).size(), 1u);
  farm.set_operational(home - 1, Operational::stopped);
  EXPECT_FALSE(count(by_source(farm, client)).contains(home));
  farm.set_operational(home - 1, Operational::running);
  EXPECT_EQ(by_source(farm, client).front(), home);
  EXPECT_EQ(farm.sequence(3), (Ids{1, 2, 3}));  // without an address: in turn
}

std::vector<unsigned> by_key(Farm& farm, std::size_t count) {
  Ids ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    PickRequest request;
    request.key = i * 0x9e3779b1U;
    ids.push_back((*farm.backend->pick(request))->id());
    farm.give(ids.back());
  }
  return ids;
}

BackendSettings on_a_ring(unsigned factor = 0) {
  BackendSettings settings = Farm::balanced("source");
  settings.hash.method = HashPlan::Method::consistent;
  settings.hash.balance_factor = factor;
  return settings;
}

// The numbers are those of Debian's haproxy for these keys, ids and weights.
TEST(Ring, placesServersAsObserved) {
  Farm farm(on_a_ring(), Farm::weighted({1, 2, 3}));
  EXPECT_EQ(by_key(farm, 24), (Ids{3, 3, 3, 1, 2, 3, 1, 3, 2, 2, 3, 1, 3, 3, 3, 3, 3, 2, 1, 3, 1, 2, 2, 1}));
  farm.set_operational(1, Operational::stopped);
  EXPECT_EQ(by_key(farm, 24), (Ids{3, 3, 3, 1, 3, 3, 1, 3, 3, 3, 3, 1, 3, 3, 3, 3, 3, 1, 1, 3, 1, 3, 3, 1}));
  farm.set_operational(1, Operational::running);
  EXPECT_EQ(by_key(farm, 24), (Ids{3, 3, 3, 1, 2, 3, 1, 3, 2, 2, 3, 1, 3, 3, 3, 3, 3, 2, 1, 3, 1, 2, 2, 1}));
}

TEST(Ring, movesOnlyWhatItMust) {
  Farm farm(on_a_ring(), Farm::weighted(std::vector<unsigned>(10, 4)));
  const Ids before = by_key(farm, 4000);
  farm.set_operational(3, Operational::stopped);
  const Ids after = by_key(farm, 4000);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == 4) ++moved;
    else { EXPECT_EQ(after[i], before[i]); }
    EXPECT_NE(after[i], 4u);
  }
  EXPECT_NEAR(static_cast<double>(moved), 400, 150);
}

TEST(Ring, boundsTheLoad) {
  Farm farm(on_a_ring(150), Farm::weighted({1, 1, 1, 1}));
  std::map<unsigned, unsigned> load;
  for (unsigned i = 1; i <= 40; ++i) {
    PickRequest request;
    request.key = 12345;  // all want the same one
    ++load[(*farm.backend->pick(request))->id()];
    for (const auto& [id, n] : load) EXPECT_LE(n, (150 * i + 399) / 400);
  }
  EXPECT_EQ(load.size(), 3u);  // no more than are needed
}

TEST(Ring, canBeMadeOfAddresses) {
  const auto farm_at = [](const char* first, const char* second) {
    auto servers = Farm::weighted({1, 1});
    servers[0].address = *net::Address::parse_ip(first, 80);
    servers[1].address = *net::Address::parse_ip(second, 80);
    for (ServerSettings& server : servers) server.hash_key = HashKey::addr;
    return servers;
  };
  Farm one(on_a_ring(), farm_at("10.0.0.1", "10.0.0.2")), other(on_a_ring(), farm_at("10.0.0.2", "10.0.0.1"));
  const Ids a = by_key(one, 200), b = by_key(other, 200);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i], 3 - b[i]);  // whatever their order in the file
  EXPECT_EQ(count(a).size(), 2u);
}

TEST(Ring, canBeMadeOfIdsThatAreHashesThemselves) {
  const auto farm_of = [](HashKey key, unsigned first, unsigned second) {
    auto servers = Farm::weighted({1, 1});
    servers[0].id = first;
    servers[1].id = second;
    for (ServerSettings& server : servers) server.hash_key = key;
    return servers;
  };
  // Of "id" only lower bits count, and both would have the same points.
  const auto high = 7u + (1u << 28);
  Farm by_id(on_a_ring(), farm_of(HashKey::id, 7, high)), by_id32(on_a_ring(), farm_of(HashKey::id32, 7, high));
  const auto chosen = [](Farm& farm) {
    Ids ids;
    for (std::uint32_t i = 0; i < 200; ++i) {
      PickRequest request;
      request.key = i * 2654435761u;
      ids.push_back((*farm.backend->pick(request))->id());
    }
    return ids;
  };
  EXPECT_EQ(count(chosen(by_id32)).size(), 2u);
  EXPECT_NE(chosen(by_id), chosen(by_id32));
}

TEST(Hash, waitsForItsServerOrIsRefused) {
  auto servers = Farm::weighted({1, 1}, 1);
  for (ServerSettings& server : servers) server.maxqueue = 1;
  PickRequest request;
  request.key = 0;
  for (const auto preserve : {HashPlan::Preserve::always, HashPlan::Preserve::maxconn, HashPlan::Preserve::maxqueue}) {
    BackendSettings settings = Farm::balanced("source");
    settings.hash.preserve = preserve;
    Farm farm(settings, servers);
    Server* const home = *farm.backend->pick(request);
    const auto second = farm.backend->pick(request);
    EXPECT_EQ(second.has_value(), preserve == HashPlan::Preserve::maxconn);
    if (!second) { EXPECT_EQ(second.error().kind, Kind::would_block); }
    home->state().queued = 1;
    const auto third = farm.backend->pick(request);
    EXPECT_EQ(third.has_value(), preserve == HashPlan::Preserve::maxqueue);
    if (preserve == HashPlan::Preserve::always) { EXPECT_EQ(third.error().kind, Kind::queue_full); }
    home->state().queued = 0;
  }
}

// Weight and limit grow with the time since the server came up again; nothing is held back at the start.
TEST(Slowstart, growsWithTime) {
  auto servers = Farm::weighted({10, 10}, 40);
  servers[1].slowstart = seconds(10);
  Farm farm(Farm::balanced("roundrobin"), servers);
  const Instant begin{1'000'000};
  const auto share_at = [&](Duration later) {
    std::map<unsigned, unsigned> counted;
    for (int i = 0; i < 220; ++i) {
      PickRequest request;
      request.now = begin + later;
      const unsigned id = (*farm.backend->pick(request))->id();
      ++counted[id];
      farm.give(id);
    }
    return counted[2];
  };
  EXPECT_EQ(share_at(Duration{}), 110u);
  farm.set_operational(1, Operational::stopped);
  EXPECT_EQ(share_at(Duration{}), 0u);
  farm.server(1).begin_slowstart(begin);
  farm.set_operational(1, Operational::running);
  EXPECT_NEAR(share_at(seconds(1)), 20, 2);   // a tenth as much as the other one
  EXPECT_EQ(farm.server(1).limit(), 4u);
  EXPECT_EQ(farm.server(1).state().effective_weight.load(), 1u);
  EXPECT_NEAR(share_at(seconds(5)), 73, 2);   // half as much
  EXPECT_EQ(farm.server(1).limit(), 20u);
  EXPECT_NEAR(share_at(seconds(10)), 110, 2);
  EXPECT_EQ(farm.server(1).limit(), 40u);
  EXPECT_EQ(farm.backend->state().warming.load(), 0u);
}

TEST(Backups, onlyServeWhenNoActiveServerIsLeft) {
  for (const bool all : {false, true}) {
    std::vector<ServerSettings> servers = Farm::weighted({1, 1, 1, 1});
    servers[1].backup = servers[2].backup = true;
    BackendSettings settings = Farm::balanced("roundrobin");
    settings.all_backups = all;
    Farm farm(settings, std::move(servers));
    EXPECT_EQ(farm.sequence(4), (Ids{1, 4, 1, 4}));
    EXPECT_EQ(farm.backend->usable_servers(), 2u);
    farm.set_operational(0, Operational::stopped);
    farm.set_operational(3, Operational::stopped);
    EXPECT_EQ(farm.sequence(4), all ? (Ids{2, 3, 2, 3}) : (Ids{2, 2, 2, 2}));
    farm.set_operational(1, Operational::stopped);
    EXPECT_EQ(farm.sequence(2), (Ids{3, 3}));
    farm.set_operational(2, Operational::stopped);
    EXPECT_EQ(farm.backend->pick({}).error().kind, Kind::no_server);
    farm.set_operational(0, Operational::running);
    EXPECT_EQ(farm.sequence(2), (Ids{1, 1}));
  }
}

TEST(Backend, hasNoServerWhenAllAreOut) {
  Farm farm("roundrobin", {0, 0});
  EXPECT_EQ(farm.backend->pick({}).error().kind, Kind::no_server);
  EXPECT_EQ(Farm("roundrobin", {}).backend->pick({}).error().kind, Kind::no_server);
}

TEST(Backend, findsStateAgainAfterAReload) {
  States states(1);
  auto first = Backend::make({.name = "b"}, Farm::weighted({1, 1}), states);
  ServerState& state = (*first)->servers()[1]->state();
  state.operational = Operational::stopped;
  state.user_weight = state.effective_weight = 7;
  state.weight_changed = true;
  auto second = Backend::make({.name = "b"}, Farm::weighted({1, 3, 1}), states);
  EXPECT_EQ(&(*second)->servers()[1]->state(), &state);
  EXPECT_EQ((*second)->active_servers(), 2u);
  EXPECT_EQ(state.user_weight.load(), 7u);
  EXPECT_EQ(state.incarnations.size(), 2u);
  first->reset();
  EXPECT_EQ(state.incarnations.size(), 1u);
}

TEST(Limit, followsTheBackendsLoadBetweenMinconnAndMaxconn) {
  std::vector<ServerSettings> servers = Farm::weighted({1}, 100);
  servers[0].minconn = 10;
  BackendSettings settings = Farm::balanced("roundrobin");
  settings.fullconn = 1000;
  Farm farm(settings, std::move(servers));
  const auto limit_at = [&farm](std::uint32_t sessions) {
    farm.backend->state().sessions = sessions;
    return farm.server(0).limit();
  };
  EXPECT_EQ(limit_at(0), 10u);
  EXPECT_EQ(limit_at(100), 10u);
  EXPECT_EQ(limit_at(500), 50u);
  EXPECT_EQ(limit_at(1000), 100u);
  EXPECT_EQ(limit_at(5000), 100u);
  farm.backend->state().sessions = 0;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(farm.take(), 1u);
  EXPECT_EQ(farm.take(), 0u);
  farm.backend->state().sessions = 500;  // nothing was freed, but the limit has grown
  EXPECT_EQ(farm.take(), 1u);
}

// Of the processor, for this thread alone: others may be busy.
double own_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// A choice must not cost more in a large farm. Bounds are wide: they catch a cost that grows with the number of
// servers, not noise.
TEST(Cost, isFlatUpToTenThousandServers) {
  for (const std::string_view algorithm : {"roundrobin", "static-rr", "leastconn", "first", "random", "source", "ring"}) {
    double nanoseconds[2];
    for (int large = 0; large < 2; ++large) {
      std::vector<unsigned> weights(large ? 10'000 : 2);
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 1 + static_cast<unsigned>(i % 4);
      Farm farm(algorithm == "ring" ? on_a_ring() : Farm::balanced(algorithm), Farm::weighted(weights));
      farm.sequence(1000);
      double best = 1e9;
      for (int round = 0; round < 5; ++round) {
        const double start = own_nanoseconds();
        for (std::uint64_t i = 0; i < 4000; ++i) {
          PickRequest request;
          request.random = i * 0x2545F4914F6CDD1DU;
          request.key = static_cast<std::uint32_t>(request.random >> 32);
          farm.give((*farm.backend->pick(request))->id());
        }
        best = std::min(best, (own_nanoseconds() - start) / 4000);
      }
      nanoseconds[large] = best;
    }
    RecordProperty(std::string(algorithm), fmt::format("{:.0f} ns, {:.0f} ns", nanoseconds[0], nanoseconds[1]));
    if (std::getenv("SHOW_COST")) fmt::print("{}: {:.0f} ns with 2 servers, {:.0f} ns with 10,000\n", algorithm, nanoseconds[0], nanoseconds[1]);
    EXPECT_LT(nanoseconds[1], 10 * nanoseconds[0] + 5000) << algorithm;
  }
}

}  // namespace
}  // namespace sluice::backend
