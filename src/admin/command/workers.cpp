// show threads, show activity, show pools: what each worker says of itself.
#include "admin/command.hpp"
#include "admin/gather.hpp"
#include "admin/worker_report.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;

async::Task<> show_threads(Call& call) {
  const std::shared_ptr<WorkerReports> reports = co_await report_workers(call.world, call.worker);
  for (std::size_t id = 0; id < reports->size(); ++id) {
    const WorkerReport& one = (*reports)[id];
    call.answer += fmt::format("{} Thread {} : turns={} exchanges={} idle_pct={}\n", id == call.worker.id ? '*' : ' ', id + 1, one.turns,
                               one.exchanges, one.idle_percent);
  }
}

async::Task<> show_activity(Call& call) {
  const std::shared_ptr<WorkerReports> reports = co_await report_workers(call.world, call.worker);
  const auto line = [&](std::string_view name, auto member) {
    std::uint64_t total = 0;
    std::string each;
    for (const WorkerReport& one : *reports) {
      total += one.*member;
      each += fmt::format(" {}", one.*member);
    }
    call.answer += reports->size() > 1 ? fmt::format("{}: {} [{} ]\n", name, total, each) : fmt::format("{}: {}\n", name, total);
  };
  const WallTime now = call.worker.loop.wall();
  call.answer += fmt::format("thread_id: {} (1..{})\ndate_now: {}.{:06}\n", call.worker.id + 1, reports->size(), now.us / 1'000'000, now.us % 1'000'000);
  line("loops", &WorkerReport::turns);
  line("stream_calls", &WorkerReport::exchanges);
  line("buffers_used", &WorkerReport::buffers_used);
  line("pipes_used", &WorkerReport::pipes_used);
}

async::Task<> show_pools(Call& call) {
  const std::shared_ptr<WorkerReports> reports = co_await report_workers(call.world, call.worker);
  WorkerReport sum;
  for (const WorkerReport& one : *reports) sum += one;
  const std::uint64_t size = sum.buffer_size / std::max<std::size_t>(1, reports->size());
  call.answer += "Dumping pools usage.\n";
  const auto line = [&](std::string_view name, std::uint64_t bytes, std::uint64_t used, std::uint64_t kept) {
    call.answer += fmt::format("  - Pool {} ({} bytes) : {} allocated ({} bytes), {} used\n", name, bytes, used + kept, (used + kept) * bytes, used);
  };
  line("buffer", size, sum.buffers_used, sum.buffers_kept);
  line("exchange", sizeof(proxy::Exchange), sum.exchanges, sum.exchanges_kept);
  line("pipe", 8, sum.pipes_used, sum.pipes_kept);
  call.answer += fmt::format("Total: 3 pools, {} bytes allocated, {} used.\n",
                             (sum.buffers_used + sum.buffers_kept) * size + (sum.exchanges + sum.exchanges_kept) * sizeof(proxy::Exchange),
                             sum.buffers_used * size + sum.exchanges * sizeof(proxy::Exchange));
}

const Add threads{Command{.name = "show threads", .level = Level::operator_, .later = show_threads, .doc = "what the threads are doing"}};
const Add activity{Command{.name = "show activity", .level = Level::operator_, .later = show_activity, .doc = "counters of each thread"}};
const Add pools{Command{.name = "show pools", .level = Level::operator_, .later = show_pools, .doc = "memory kept for reuse, and in use"}};

}  // namespace
}  // namespace sluice::admin
