// What choosing a server costs with 2 to 10,000 of them: it must not grow with their number.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "backend/backend.hpp"

namespace sluice::backend {
namespace {

void pick(benchmark::State& state, std::string_view algorithm, std::string_view argument, HashPlan hash = {}) {
  BackendSettings settings;
  settings.hash = hash;
  settings.name = "b";
  settings.algorithm = algorithm;
  settings.algorithm_argument = argument;
  std::vector<ServerSettings> servers(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].id = static_cast<unsigned>(i + 1);
    servers[i].name = fmt::format("s{}", i + 1);
    servers[i].weight = 1;
  }
  States states{1};
  auto backend = Backend::make(std::move(settings), std::move(servers), states);
  if (!backend) return state.SkipWithError(backend.error().c_str());
  // 64 requests are under way at any time, as in the load tests; each turn one comes and the oldest one leaves.
  std::vector<Server*> held(64);
  std::size_t oldest = 0;
  PickRequest request;
  // The first one tells the balancer of all servers; that is not what a pick costs.
  if (const Result<Server*> first = (*backend)->pick(request)) held[held.size() - 1] = *first;
  for (auto _ : state) {
    request.random = request.random * 6364136223846793005 + 1442695040888963407;
    request.key = static_cast<std::uint32_t>(request.random >> 32);
    const Result<Server*> chosen = (*backend)->pick(request);
    if (!chosen) return state.SkipWithError("no server");
    Server*& slot = held[oldest++ % held.size()];
    if (slot != nullptr) {
      slot->state().served.fetch_sub(1);
      Backend::settle(*slot, nullptr);
    }
    slot = *chosen;
  }
}
void counts(benchmark::internal::Benchmark* b) { b->Arg(2)->Arg(100)->Arg(1000)->Arg(10000); }
const HashPlan ring{.method = HashPlan::Method::consistent};
const HashPlan bounded_ring{.method = HashPlan::Method::consistent, .balance_factor = 150};
BENCHMARK_CAPTURE(pick, roundrobin, "roundrobin", "")->Apply(counts);
BENCHMARK_CAPTURE(pick, static_rr, "static-rr", "")->Apply(counts);
BENCHMARK_CAPTURE(pick, leastconn, "leastconn", "")->Apply(counts);
BENCHMARK_CAPTURE(pick, random, "random", "2")->Apply(counts);
BENCHMARK_CAPTURE(pick, first, "first", "")->Apply(counts);
BENCHMARK_CAPTURE(pick, map_based, "source", "")->Apply(counts);
BENCHMARK_CAPTURE(pick, consistent, "source", "", ring)->Apply(counts);
BENCHMARK_CAPTURE(pick, consistent_bounded, "source", "", bounded_ring)->Apply(counts);

}  // namespace
}  // namespace sluice::backend
