// A connection to the runtime API from accept to close (management 9.3): one line and then end, or interactive after
// `prompt`. Every answer ends with an empty line, so that scripts can tell where it ends.
#pragma once
#include "admin/command.hpp"
#include "async/task.hpp"

namespace sluice::admin {

// `descriptor` is an accepted connection; closed at the end.
async::Task<> serve_cli(async::Worker& worker, int descriptor, World& world, CliSession session);

}  // namespace sluice::admin
