// Asking every worker: what one worker owns only that worker may look at, so commands that want it have it done there.
#pragma once
#include <functional>

#include "admin/world.hpp"
#include "async/task.hpp"

namespace sluice::admin {

// Runs `job(id)` on the thread of each worker; ends when all have. The caller may be destroyed meanwhile: what the job
// refers to must be its own (a shared_ptr in its captures).
async::Task<> on_every_worker(World& world, async::Worker& here, std::function<void(unsigned id)> job);

}  // namespace sluice::admin
