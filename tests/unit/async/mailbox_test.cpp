// Threads: messages from several to several, and workers that start and stop. Built with TSan as well.
#include "async/mailbox.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "async/kernel_io.hpp"
#include "async/worker.hpp"

namespace sluice::async {
namespace {

std::unique_ptr<Worker> make_worker(unsigned id) { return std::make_unique<Worker>(id, std::make_unique<KernelIo>(), WorkerOptions{}); }

TEST(Mailbox, everyMessageArrivesOnceAndInOrderPerSender) {
  constexpr int senders = 3, each = 20'000;
  auto worker = make_worker(0);
  std::vector<int> last(senders, -1);  // touched by the worker only
  int received = 0;
  bool ordered = true;
  worker->start_thread();
  std::vector<std::thread> threads;
  for (std::size_t s = 0; s < senders; ++s)
    threads.emplace_back([&, s] {
      for (int i = 0; i < each; ++i)
        worker->mailbox.post([&, s, i] {
          ordered = ordered && last[s] == i - 1;
          last[s] = i;
          if (++received == senders * each) worker->stop();
        });
    });
  for (std::thread& thread : threads) thread.join();
  worker->join();
  EXPECT_EQ(received, senders * each);
  EXPECT_TRUE(ordered);
}

// A message that travels between two workers until it has made its rounds.
struct Ball final : Mailbox::Message {
  std::vector<std::unique_ptr<Worker>>& workers;
  int left;
  Ball(std::vector<std::unique_ptr<Worker>>& w, int rounds) : workers(w), left(rounds) {}
  void deliver() override {
    if (--left > 0) return workers[static_cast<std::size_t>(left) % workers.size()]->mailbox.post(*this);
    for (const auto& worker : workers) worker->stop();
  }
};
TEST(Mailbox, aMessageMayBePostedAgainFromItsDelivery) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned id = 0; id < 2; ++id) workers.push_back(make_worker(id));
  Ball ball(workers, 5000);
  for (const auto& worker : workers) worker->start_thread();
  workers[0]->mailbox.post(ball);
  for (const auto& worker : workers) worker->join();
  EXPECT_EQ(ball.left, 0);
}

Task<> works(Worker& worker, int& done) {
  for (int i = 0; i < 100; ++i) co_await yield(worker.loop);
  co_await sleep_for(worker.loop, milliseconds(1));
  if (++done == 10) worker.stop();
}
TEST(Worker, runsTasksThatWerePostedToIt) {
  auto worker = make_worker(0);
  int done = 0;
  worker->start_thread();
  for (int i = 0; i < 10; ++i)
    worker->mailbox.post([&] { worker->tasks.start(works(*worker, done)); });
  worker->join();
  EXPECT_EQ(done, 10);
}

TEST(Mailbox, whatIsNotDeliveredIsFreed) {
  auto count = std::make_shared<int>(0);
  {
    auto worker = make_worker(0);
    worker->mailbox.post([count] { ++*count; });
    EXPECT_EQ(count.use_count(), 2);
  }
  EXPECT_EQ(count.use_count(), 1);
  EXPECT_EQ(*count, 0);
}

}  // namespace
}  // namespace sluice::async
