// option external-check: a program of the administrator's says whether a server is well. Started with posix_spawn,
// awaited through its pidfd, killed at the deadline: nothing of it ever blocks the loop, and no child is left behind.
#pragma once
#include "async/task.hpp"
#include "backend/check_plan.hpp"
#include "backend/server.hpp"
#include "base/time.hpp"

namespace sluice::backend {

async::Task<CheckResult> run_external(async::Worker& worker, const Server& server, const ExternalCheck& check, Duration patience);

}  // namespace sluice::backend
