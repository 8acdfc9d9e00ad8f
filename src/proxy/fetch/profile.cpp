// What a request costs its worker (manual 7.3.2), and whether that is timed: global "profiling.tasks". Loops measure only
// where an expression asks.
#include "proxy/build.hpp"
#include "proxy/exchange.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {

namespace setting {
const config::Setting<async::Profiler::Timing> task_profiling{config::in::global, async::Profiler::Timing::automatic};
}

namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::FetchRun;
using expr::Int;

// Locks and allocations are not looked at: workers share nothing they would wait for, and forwarding allocates nothing.
void parse_profiling(config::Line& line, config::Section& section) {
  using Timing = async::Profiler::Timing;
  Timing& timing = section.change(setting::task_profiling, line);
  do {
    const auto word = line.take_one_of({"auto", "on", "off", "lock", "no-lock", "memory", "no-memory"});
    if (!word) return;
    if (*word == 0) timing = Timing::automatic;
    if (*word == 1) timing = Timing::on;
    if (*word == 2) timing = Timing::off;
  } while (!line.at_end());
}
const Add profiling_tasks{config::Keyword{
    .name = "profiling.tasks", .args = "{ auto | on | off | lock | no-lock | memory | no-memory }...", .sections = config::in::global,
    .parse = parse_profiling, .prefixes = config::Prefixes::no,
    .doc = "Whether cpu_ns_* and lat_ns_* are measured. 'auto', the default, does so while a worker's turns take a millisecond or "
           "more on average. Locks and allocations of tasks are not looked at, whatever the other words say."}};

template <auto field>
Int total(Exchange& exchange) {
  return static_cast<Int>(exchange.account().*field);
}
template <auto field>
Int average(Exchange& exchange) {
  const async::Account& spent = exchange.account();
  return spent.calls ? spent.*field / static_cast<Int>(spent.calls) : 0;
}
// Binding one says that loops have to measure.
template <const auto& run>
std::unique_ptr<expr::BoundFetch> bind_measured(std::span<const std::string> texts, expr::Compiler& compiler, catalog::ArgumentError& error) {
  if (compiler.profiles) *compiler.profiles = true;
  return FetchRun(run).bind(texts, compiler, error);
}
template <const auto& run>
constexpr FetchRun measured() {
  FetchRun bound = run;
  bound.bind = bind_measured<run>;
  return bound;
}

using async::Account;
constexpr auto exchange = expr::Origin::exchange;
const Add a1{Fetch{.name = "cpu_calls", .run = measured<typed<total<&Account::calls>>>(), .origin = exchange,
    .doc = "How often the request's coroutines were resumed.", .examples = {{"cpu_calls,bool", "1"}}}};
const Add a2{Fetch{.name = "cpu_ns_tot", .run = measured<typed<total<&Account::cpu_ns>>>(), .origin = exchange,
    .doc = "How long the request's coroutines ran, in nanoseconds; 0 while profiling.tasks does not measure.", .examples = {{"cpu_ns_tot", "0"}}}};
const Add a3{Fetch{.name = "cpu_ns_avg", .run = measured<typed<average<&Account::cpu_ns>>>(), .origin = exchange,
    .doc = "cpu_ns_tot, divided by cpu_calls.", .examples = {{"cpu_ns_avg", "0"}}}};
const Add a4{Fetch{.name = "lat_ns_tot", .run = measured<typed<total<&Account::late_ns>>>(), .origin = exchange,
    .doc = "How long the request was ready to go on while the worker was busy with others, in nanoseconds; 0 while profiling.tasks "
           "does not measure.", .examples = {{"lat_ns_tot", "0"}}}};
const Add a5{Fetch{.name = "lat_ns_avg", .run = measured<typed<average<&Account::late_ns>>>(), .origin = exchange,
    .doc = "lat_ns_tot, divided by cpu_calls.", .examples = {{"lat_ns_avg", "0"}}}};

}  // namespace
}  // namespace sluice::proxy
