// What choosing a server costs with 1 to 10,000 of them: it must not grow with their number.
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
BENCHMARK_CAPTURE(pick, roundrobin, "roundrobin", "")->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK_CAPTURE(pick, static_rr, "static-rr", "")->Arg(1000);
BENCHMARK_CAPTURE(pick, leastconn, "leastconn", "")->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK_CAPTURE(pick, random, "random", "2")->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(pick, first, "first", "")->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(pick, map_based, "source", "")->Arg(2)->Arg(100)->Arg(10000);
BENCHMARK_CAPTURE(pick, consistent, "source", "", HashPlan{.method = HashPlan::Method::consistent})->Arg(2)->Arg(100)->Arg(10000);
BENCHMARK_CAPTURE(pick, consistent_bounded, "source", "",
                  HashPlan{.method = HashPlan::Method::consistent, .balance_factor = 150})->Arg(2)->Arg(100)->Arg(10000);

}  // namespace
}  // namespace sluice::backend
