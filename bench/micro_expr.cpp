// What it costs to look something up: maps, networks, substrings and regular expressions, few and many of them.
#include <benchmark/benchmark.h>

#include <random>

#include "expr/pattern_store.hpp"

namespace {

using namespace sluice;
using namespace sluice::expr;

class FixedAmbient : public Ambient {
 public:
  Instant now() const override { return {}; }
  WallTime wall() const override { return {}; }
  std::uint64_t random() override { return 4; }
};

struct World {
  Arena arena;
  FixedAmbient ambient;
  Scope scope;
  World() {
    scope.arena = &arena;
    scope.ambient = &ambient;
  }
};

// `count` patterns made by `make(i)`; probes are made by `probe(i)` of random ones.
template <class Make, class Probe>
void look_up(benchmark::State& state, const char* how, Make make, Probe probe) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> keys;
  std::vector<PatternRow> rows;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(make(i));
  for (const std::string& key : keys) rows.push_back({key, "value"});
  const auto store = std::make_shared<PatternStore>("bench", "bench", PatternStore::Columns::two);
  if (!store->add(rows)) return state.SkipWithError("the patterns cannot be added");
  const auto use = PatternUse::make(store, *catalog::entries<Match>().find(how), {});
  if (!use) return state.SkipWithError("the patterns cannot be indexed");
  std::mt19937 random(1);
  std::vector<std::string> probes;
  for (int i = 0; i < 1024; ++i) probes.push_back(probe(random() % count));
  World world;
  std::size_t at = 0;
  for (auto _ : state) {
    const ReadSection section;
    const auto hit = use->find(Sample::text(probes[at++ % probes.size()]), world.scope);
    benchmark::DoNotOptimize(hit.entry);
  }
}

std::string route(std::size_t i) { return "/route" + std::to_string(i) + "/"; }
std::string below_route(std::size_t i) { return route(i) + "some/file.html"; }
std::string network(std::size_t i) { return std::to_string(10 + i / 65536 % 100) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + ".0/24"; }
std::string host(std::size_t i) { return std::to_string(10 + i / 65536 % 100) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + ".7"; }
std::string word(std::size_t i) { return "word" + std::to_string(i * 7919) + "x"; }
std::string with_word(std::size_t i) { return "/a/path/that/is/usual/" + word(i) + "/index.html"; }
std::string domain(std::size_t i) { return "host" + std::to_string(i) + ".example.com"; }
std::string below_domain(std::size_t i) { return "www." + domain(i); }
std::string regex(std::size_t i) { return "^/route" + std::to_string(i) + "/[a-z]+/[a-z]+\\.html$"; }

void exact(benchmark::State& state) { look_up(state, "str", route, route); }
void beginning(benchmark::State& state) { look_up(state, "beg", route, below_route); }
void ending(benchmark::State& state) { look_up(state, "end", domain, below_domain); }
void domains(benchmark::State& state) { look_up(state, "dom", domain, below_domain); }
void substring(benchmark::State& state) { look_up(state, "sub", word, with_word); }
void regexes(benchmark::State& state) { look_up(state, "reg", regex, below_route); }
void networks(benchmark::State& state) { look_up(state, "ip", network, host); }
BENCHMARK(exact)->Arg(5)->Arg(1000)->Arg(100000);
BENCHMARK(beginning)->Arg(5)->Arg(1000)->Arg(100000);
BENCHMARK(ending)->Arg(1000)->Arg(100000);
BENCHMARK(domains)->Arg(1000)->Arg(100000);
BENCHMARK(substring)->Arg(4)->Arg(1000);
BENCHMARK(regexes)->Arg(10)->Arg(200)->Arg(1000);
BENCHMARK(networks)->Arg(100)->Arg(100000);

// One more entry for a map that has many already.
void adding(benchmark::State& state) {
  std::vector<std::string> keys;
  std::vector<PatternRow> rows;
  for (std::size_t i = 0; i < 100000; ++i) keys.push_back(route(i));
  for (const std::string& key : keys) rows.push_back({key, "value"});
  const auto store = std::make_shared<PatternStore>("bench", "bench", PatternStore::Columns::two);
  if (!store->add(rows)) return state.SkipWithError("the patterns cannot be added");
  const auto use = PatternUse::make(store, *catalog::entries<Match>().find("beg"), {});
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(store->add("/new" + std::to_string(i++), "value"));
}
BENCHMARK(adding)->Iterations(2000);

}  // namespace
