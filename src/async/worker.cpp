#include "async/worker.hpp"

namespace sluice::async {

Worker::Worker(unsigned worker_id, std::unique_ptr<Io> io, const WorkerOptions& options)
    : id(worker_id),
      io_(std::move(io)),
      loop(*io_),
      buffers(options.buffer_size, options.buffers_kept),
      large_buffers(options.large_buffer_size, 4),
      pipes(loop, options.pipe_size, options.most_pipes),
      mailbox(loop),
      tasks(loop),
      scratch_(new char[scratch_size]) {}

Worker::~Worker() { join(); }

void Worker::start_thread(std::function<void(Worker&)> prepare) {
  check(!thread_.joinable(), "one thread runs a worker");
  thread_ = std::thread([this, prepare = std::move(prepare)] {
    if (prepare) prepare(*this);
    run();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace sluice::async
