#include "admin/gather.hpp"

#include "async/wait_queue.hpp"

namespace sluice::admin {
namespace {

// Belongs to the worker that asks, which alone counts and wakes.
struct Gathering {
  Gathering(async::Loop& loop, std::size_t workers) : ended(loop), left(workers) {}
  async::WaitQueue ended;
  std::size_t left;
};

void send_out(World& world, async::Worker& here, const std::shared_ptr<Gathering>& state, const std::function<void(unsigned)>& job) {
  for (unsigned id = 0; id < world.crew.size(); ++id)
    world.crew[id]->mailbox.post([&here, state, id, job] {
      job(id);
      here.mailbox.post([state] {
        if (--state->left == 0) state->ended.wake_all();
      });
    });
}

}  // namespace

async::Task<> on_every_worker(World& world, async::Worker& here, std::function<void(unsigned id)> job) {
  const auto state = std::make_shared<Gathering>(here.loop, world.crew.size());
  send_out(world, here, state, job);
  while (state->left != 0) co_await state->ended.wait(never);
}

}  // namespace sluice::admin
