#include "admin/worker_report.hpp"

namespace sluice::admin {

WorkerReport& WorkerReport::operator+=(const WorkerReport& other) {
  turns += other.turns;
  idle_percent += other.idle_percent;
  tasks += other.tasks;
  ready += other.ready;
  exchanges += other.exchanges;
  exchanges_kept += other.exchanges_kept;
  buffer_size += other.buffer_size;
  buffers_used += other.buffers_used;
  buffers_kept += other.buffers_kept;
  pipes_used += other.pipes_used;
  pipes_kept += other.pipes_kept;
  return *this;
}

namespace {

WorkerReport report_of(World& world, unsigned id) {
  async::Worker& worker = *world.crew[id];
  WorkerReport out;
  out.turns = worker.loop.turns();
  out.idle_percent = worker.loop.idle_percent();
  out.ready = worker.loop.ready();
  out.buffer_size = worker.buffers.size();
  out.buffers_used = worker.buffers.in_use();
  out.buffers_kept = worker.buffers.kept();
  out.pipes_used = worker.pipes.in_use();
  out.pipes_kept = worker.pipes.kept();
  if (world.occupation) {
    const Occupation occupation = world.occupation(id);
    out.exchanges = occupation.exchanges;
    out.exchanges_kept = occupation.exchanges_kept;
    out.tasks = worker.tasks.size() + occupation.sessions + occupation.checks;
  }
  return out;
}

}  // namespace

async::Task<std::shared_ptr<WorkerReports>> report_workers(World& world, async::Worker& here) {
  const auto reports = std::make_shared<WorkerReports>(world.crew.size());
  std::function<void(unsigned)> job = [&world, reports](unsigned id) { (*reports)[id] = report_of(world, id); };
  co_await on_every_worker(world, here, std::move(job));
  co_return reports;
}

}  // namespace sluice::admin
