// Changes of a server's state at run time, by an administrator (runtime API) or by checks: effective at once on every
// worker, told to the sink in HAProxy's words. Any worker; `here` is the one this runs on (null: none, as in tests).
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "backend/backend.hpp"
#include "backend/health.hpp"
#include "backend/notice.hpp"
#include "base/time.hpp"

namespace sluice::backend {

struct Scene {
  async::Worker* here = nullptr;
  Instant now{};
  const NoticeSink& sink;
};

// set server <b>/<s> state ready | drain | maint; disable / enable server. Does nothing if it is so already.
void set_admin(const Scene& scene, Server& server, Admin wanted);
// set server <b>/<s> weight <n> | <p>%; the error is the CLI's answer. Percentages are of the configured weight.
std::expected<void, std::string> set_weight(const Scene& scene, Server& server, std::string_view text);

// set server <b>/<s> health up | stopping | down: as if checks had found it so, until they find otherwise. `because`
// ("changed from CLI") goes into the message.
void force_health(const Scene& scene, Server& server, Operational wanted, std::string_view because);
// Ends every session and request that uses the server.
void shutdown_sessions(const Server& server);

// One more check result: counts it, moves health, and takes the server down, up or out of balancing accordingly.
void record_check(const Scene& scene, Server& server, const CheckResult& result);

}  // namespace sluice::backend
