// What the runtime API looks at and acts on. Owned by main, outlives every worker; `proxies` is replaced as a whole by
// a reload (main thread), commands hold the shared_ptr they took for as long as they run.
#pragma once
#include <unistd.h>

#include <memory>

#include "backend/notice.hpp"
#include "base/time.hpp"
#include "proxy/build.hpp"

namespace sluice::admin {

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
};

// The one of this process, for what is reached through a configuration (the statistics page). Set by main before the
// first worker runs, until after the last one has stopped.
inline World* world_of_process = nullptr;

}  // namespace sluice::admin
