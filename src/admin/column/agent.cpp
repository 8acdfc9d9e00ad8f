// What agents beside the servers say (management 9.1), and whom a server tracks.
#include "admin/column.hpp"
#include "catalog/add.hpp"

namespace sluice::admin {
namespace {

using catalog::Add;
using number = std::uint64_t;

const backend::ServerState& state(const Row& r) { return r.server->state(); }
// A cell for servers that have an agent, else an empty one.
template <class Make>
Cell with_agent(const Row& r, Make make) {
  const backend::CheckStatus& agent = state(r).agent;
  return agent.enabled.load() && !agent.paused.load() ? Cell(make(agent)) : Cell{};
}

const Add tracked{Column{.name = "tracked", .position = 31, .tags = "CNS",
                         .server = [](const Row& r) -> Cell { return state(r).tracked.empty() ? Cell{} : Cell(state(r).tracked); },
                         .doc = "The server whose state it follows."}};
const Add last_agt{Column{.name = "last_agt", .position = 57, .tags = "MOP",
                          .server = [](const Row& r) { return with_agent(r, [](const auto& agent) { return agent.info(); }); },
                          .doc = "What the agent said last."}};
const Add agent_status{Column{.name = "agent_status", .position = 62, .tags = "MOP",
                              .server = [](const Row& r) {
                                return with_agent(r, [](const auto& agent) {
                                  return fmt::format("{}{}", agent.running.load() ? "* " : "", backend::name_of(agent.code.load()));
                                });
                              },
                              .doc = "Result of the last question to the agent; '* ' while one is asked."}};
const Add agent_code{Column{.name = "agent_code", .position = 63, .tags = "MOP", .bits = 32,
                            .server = [](const Row& r) -> Cell {
                              const backend::CheckStatus& agent = state(r).agent;
                              const std::int32_t code = agent.status.load();
                              const bool has = agent.enabled.load() && backend::has_status(agent.code.load()) && code >= 0;
                              return has ? Cell(static_cast<number>(code)) : Cell{};
                            },
                            .doc = "Number of the agent's last result."}};
const Add agent_duration{Column{.name = "agent_duration", .position = 64, .tags = "MDP",
                                .server = [](const Row& r) -> Cell {
                                  const bool ran = state(r).agent.code.load() != backend::CheckCode::INI;
                                  return ran ? with_agent(r, [](const auto& agent) { return number{agent.duration_ms.load()}; }) : Cell{};
                                },
                                .doc = "Milliseconds the last question took."}};
const Add agent_desc{Column{.name = "agent_desc", .position = 66, .tags = "MOP",
                            .server = [](const Row& r) {
                              return with_agent(r, [](const auto& agent) { return std::string(backend::description_of(agent.code.load())); });
                            },
                            .doc = "The agent's last result in words."}};
const Add agent_rise{Column{.name = "agent_rise", .position = 70, .tags = "CGS", .bits = 32,
                            .server = [](const Row& r) { return with_agent(r, [](const auto& agent) { return number{agent.rise.load()}; }); },
                            .doc = "Answers in a row that bring it up."}};
const Add agent_fall{Column{.name = "agent_fall", .position = 71, .tags = "CGS", .bits = 32,
                            .server = [](const Row& r) { return with_agent(r, [](const auto& agent) { return number{agent.fall.load()}; }); },
                            .doc = "Answers in a row that take it down."}};
const Add agent_health{Column{.name = "agent_health", .position = 72, .tags = "CGS", .bits = 32,
                              .server = [](const Row& r) { return with_agent(r, [](const auto& agent) { return number{agent.health.load()}; }); },
                              .doc = "1 while the agent thinks that it is well, else 0."}};

}  // namespace
}  // namespace sluice::admin
