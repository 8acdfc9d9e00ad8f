// Worker: everything one thread owns. Passed by reference to whoever needs it; there are no globals. Only the mailbox
// and Loop::stop may be touched from other threads. Objects of a worker (sockets, tasks, timers) are created, used and
// destroyed on its thread, or while no thread runs it.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "async/buffer.hpp"
#include "async/io.hpp"
#include "async/loop.hpp"
#include "async/mailbox.hpp"
#include "async/nursery.hpp"
#include "async/pipe_pool.hpp"

namespace sluice::async {

struct WorkerOptions {
  std::size_t buffer_size = 16384;          // tune.bufsize
  std::size_t buffers_kept = 256;
  std::size_t large_buffer_size = 0;        // tune.bufsize.large, 0: there are none
  std::size_t pipe_size = 0;                // tune.pipesize, 0: 256 KB
  std::size_t most_pipes = 1024;            // maxpipes
};

class Worker {
 public:
  Worker(unsigned id, std::unique_ptr<Io> io, const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  const unsigned id;  // 0, 1, ...: index of what exists once per worker

 private:
  std::unique_ptr<Io> io_;  // before the loop that uses it

 public:
  Loop loop;
  BufferPool buffers, large_buffers;
  PipePool pipes;
  Mailbox mailbox;
  Nursery tasks;  // background tasks that live as long as the worker

  Io& io() { return *io_; }
  // 256 KB shared by everybody on this worker: its content is gone at the next co_await.
  std::span<char> scratch() { return {scratch_.get(), scratch_size}; }
  static constexpr std::size_t scratch_size = 256 * 1024;

  // Runs the loop in a new thread (after `prepare` there, for affinity and names) until stop(), or in the calling one.
  void start_thread(std::function<void(Worker&)> prepare = {});
  void run() { loop.run(); }
  void stop() { loop.stop(); }
  void join();  // waits for the thread

 private:
  std::unique_ptr<char[]> scratch_;
  std::thread thread_;
};

}  // namespace sluice::async
