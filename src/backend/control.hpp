// Changes of a server's state at run time, by an administrator (runtime API) or by checks: effective at once on every
// worker, told to the sink in HAProxy's words. Any worker; `here` is the one this runs on (null: none, as in tests).
#pragma once
#include <expected>
#include <optional>
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
// set maxconn server: holds until the process ends, also over reloads.
void set_maxconn(const Scene& scene, Server& server, std::uint32_t most);

// Ends every session and request that uses the server.
void shutdown_sessions(const Server& server, Killed why = Killed::by_administrator);

// One more check result: counts it, moves health, and takes the server down, up or out of balancing accordingly.
void record_check(const Scene& scene, Server& server, const CheckResult& result);

// What the agent of a server said (manual "agent-check"), word by word.
struct AgentReport {
  enum class State : std::uint8_t { unsaid, up, down } state = State::unsaid;
  std::optional<Admin> admin;
  std::string weight, maxconn;        // "75%", "30"; empty: unsaid
  std::string said, description;      // the word of the state as it came, and the text behind '#'
  std::string error;                  // a word nobody knows
  static AgentReport parse(std::string_view line);
};
void record_agent(const Scene& scene, Server& server, const AgentReport& report, Duration duration);
// The agent could not be asked: that tells nothing about the server.
void record_agent_failure(const Scene& scene, Server& server, const CheckResult& result);

// observe: one more connection (layer 4) or answer (layer 7) of the server's traffic. `why`: the failure in the words of
// the log, empty: it was good. Call it only for servers that are observed.
void observe(const Scene& scene, Server& server, std::string_view why);

// Puts checks of a server off and on again (disable / enable health, agent). Nothing happens if it has none.
enum class CheckOf : std::uint8_t { health, agent };
enum class Checking : std::uint8_t { off, on };
void set_checking(Server& server, CheckOf which, Checking wanted);
// set server <b>/<s> agent { up | down }: as if its agent had said that.
void force_agent(const Scene& scene, Server& server, Operational wanted);
// Its next check comes within fastinter at the latest.
void hurry_checks(Server& server);

}  // namespace sluice::backend
