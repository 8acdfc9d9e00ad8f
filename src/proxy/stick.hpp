// `stick match|on|store-request|store-response`: which server a client belongs to, kept in stick tables (manual 4.2).
// Compiled from a backend's section, immutable afterwards, any worker. What one exchange takes from its request is in a
// StickKeys, made in the exchange's arena before a server is chosen and kept until an answer (a connection, in mode tcp)
// shows which server it was: only then is anything stored.
#pragma once
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "config/line.hpp"
#include "expr/scope.hpp"
#include "proxy/rules/rules.hpp"
#include "table/table.hpp"

namespace sluice::backend {
class Backend;
class Server;
}

namespace sluice::proxy {

// At most this many keys are stored for one request (manual "stick store-request").
inline constexpr std::size_t most_stick_keys = 8;

struct StickKeys {
  struct Key {
    table::Table* table = nullptr;
    std::string_view bytes;
  };
  backend::Server* server = nullptr;  // the one a table names, null: none does
  std::array<Key, most_stick_keys> keys{};
  std::size_t count = 0;
};

class StickRules {
 public:
  StickRules();
  ~StickRules();
  bool empty() const { return rules_.empty(); }

  // Before a server is chosen: searches the tables, and takes the keys to be stored later.
  StickKeys& begin(const expr::Scope& scope, Instant now) const;
  // Once the server has been reached; `scope` shows its answer.
  void store(StickKeys& keys, const expr::Scope& scope, const backend::Server& server, Instant now) const;

  struct Rule;
  void add(Rule rule, const backend::Backend& backend);

 private:
  backend::Server* server_of(const table::Table& table, const table::Affinity& affinity) const;
  static void take_key(const Rule& rule, const expr::Scope& scope, StickKeys& keys);

  std::vector<Rule> rules_;
  std::span<const std::unique_ptr<backend::Server>> servers_;
  std::unordered_map<std::uint64_t, backend::Server*> by_name_;
};

// The backend's lines; tables are found by proxy name through the compiler.
void compile_stick_rules(Destination& destination, const std::vector<config::Line>& lines, RuleCompile& with);

}  // namespace sluice::proxy
