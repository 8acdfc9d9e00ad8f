// What the runtime API looks at and acts on. Owned by main, outlives every worker; `proxies` is replaced as a whole by
// a reload (main thread), commands hold the shared_ptr they took for as long as they run.
#pragma once
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/notice.hpp"
#include "base/time.hpp"
#include "net/handover.hpp"
#include "proxy/build.hpp"

namespace sluice::async {
class Worker;
}
namespace sluice::proxy {
class Exchange;
}

namespace sluice::admin {

// What one worker has in progress.
struct Occupation {
  std::size_t sessions = 0, exchanges = 0, exchanges_kept = 0, checks = 0;
};

// Connections to the stats sockets. They are no frontend's and no limit counts them; `show info` does.
struct CliCounts {
  std::uint64_t connections = 0, bytes_out = 0;
  std::uint32_t now = 0;
};

struct World {
  std::shared_ptr<const proxy::Proxies> proxies;
  proxy::States& states;
  backend::NoticeSink notice;     // "Server b/s is going DOWN ..." to console and logs
  Instant started;
  WallTime started_at;
  unsigned workers = 1;
  std::size_t descriptor_limit = 0;
  std::size_t memory_limit_megabytes = 0;
  std::size_t boot_milliseconds = 0;
  std::size_t warnings = 0;       // said about the configuration
  std::string node, description;
  std::string startup_messages;   // what was said while starting
  std::size_t most_pipes = 0;     // of each worker
  std::uint32_t hard_maxconn = 0; // the most `set maxconn global` may set

  // Made by the program before any worker runs. All workers; what is asked with a worker's number runs on its thread.
  std::vector<async::Worker*> crew{};
  std::function<void(unsigned worker, const std::function<void(proxy::Exchange&)>& visit)> visit_exchanges{};
  std::function<Occupation(unsigned worker)> occupation{};
  // Limits, or whether a frontend accepts, have changed: every worker looks at them soon. Any thread.
  std::function<void()> look_at_limits{};
  std::function<void(const proxy::Frontend& frontend, const backend::FrontendNotice& notice)> say{};  // "Paused frontend f."

  std::function<std::vector<net::Offered>()> listeners{};  // all the process listens on; the first worker only

  CliCounts cli{};  // the first worker only

  // proc.* variables the runtime API set and no configuration mentions: type and value. The first worker only.
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> cli_variables{};
};

// The one of this process, for what is reached through a configuration (the statistics page). Set by main before the
// first worker runs, until after the last one has stopped.
inline World* world_of_process = nullptr;

}  // namespace sluice::admin
