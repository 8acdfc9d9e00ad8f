// What one worker says of itself, gathered on its thread.
#pragma once
#include <vector>

#include "admin/gather.hpp"
#include "proxy/exchange.hpp"

namespace sluice::admin {

struct WorkerReport {
  std::uint64_t turns = 0, idle_percent = 0;
  std::uint64_t tasks = 0, ready = 0;             // background tasks, waiters that are about to run
  std::uint64_t exchanges = 0, exchanges_kept = 0;
  std::uint64_t buffer_size = 0, buffers_used = 0, buffers_kept = 0;
  std::uint64_t pipes_used = 0, pipes_kept = 0;
  WorkerReport& operator+=(const WorkerReport& other);
};
using WorkerReports = std::vector<WorkerReport>;

async::Task<std::shared_ptr<WorkerReports>> report_workers(World& world, async::Worker& here);

}  // namespace sluice::admin
