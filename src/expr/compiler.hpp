// Compiler: what the words inside expressions, conditions and formats can refer to while a configuration is turned
// into run-time objects. Filled by whoever builds a configuration (the proxy layer gives the lookups), one thread, gone
// after start; what was compiled keeps only what outlives it: variable slots, pattern sets, backends, servers.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "config/line.hpp"
#include "expr/variables.hpp"

namespace sluice::backend {
class Backend;
class Server;
}
namespace sluice::net {
class LogRing;
}
namespace sluice::table {
class Table;
}
namespace sluice::config {
struct Userlist;
}
namespace sluice::expr {

class AclSet;
class PatternFiles;

// Where a rule or format is evaluated: the columns of HAProxy's validity matrix (-dKsmp), in its order.
enum class Checkpoint : std::uint8_t {
  frontend_connection, frontend_session, frontend_content, frontend_request, frontend_request_body, use_backend,
  backend_content, backend_request, backend_request_body, use_server, server_source, backend_response_content,
  backend_response, backend_response_body, store_response, frontend_response_content, frontend_response,
  frontend_response_body, log, check, parser, cli,
};
inline constexpr std::size_t checkpoint_count = 22;
// Several of them, a bit each: a rule of a listen section is both a frontend's and a backend's.
using Checkpoints = std::uint32_t;
constexpr Checkpoints bit(Checkpoint where) { return Checkpoints{1} << static_cast<unsigned>(where); }

// A slot for captured values that a rule names by its number.
struct NamedSlot {
  config::Place place;
  std::string rules;                    // "http-request"
  std::size_t slot = 0;
  bool of_answers = false;
};

struct Compiler {
  VariableNames* variables = nullptr;   // always set
  PatternFiles* files = nullptr;        // always set: acl and map files, each read once
  const AclSet* acls = nullptr;         // of the proxy being compiled
  std::string_view proxy;               // its name
  const config::Line* line = nullptr;   // being compiled: says where relative file names start
  Checkpoints here = 0;                 // what is compiled is evaluated there: other fetches are errors. 0: not looked at
  std::vector<NamedSlot> named_slots{};  // to be looked up when all rules of a frontend are there
  std::function<const backend::Backend*(std::string_view name)> find_backend;
  std::function<const backend::Server*(std::string_view backend, std::string_view server)> find_server;
  std::function<const table::Table*(std::string_view name)> find_table;
  std::function<const config::Userlist*(std::string_view name)> find_userlist;
  std::function<std::shared_ptr<net::LogRing>(std::string_view name)> find_ring;
  bool* counts_listeners = nullptr;     // raised by what asks how many connections a listening socket has
  bool* profiles = nullptr;             // raised by what asks what a request costs its worker

  std::string path(std::string_view file) const { return line ? line->path(file) : std::string(file); }
};

// Tells a Compiler which line is being compiled, for as long as it lives.
class AtLine {
 public:
  AtLine(Compiler& compiler, const config::Line& line) : compiler_(compiler), before_(compiler.line) { compiler.line = &line; }
  AtLine(const AtLine&) = delete;
  ~AtLine() { compiler_.line = before_; }

 private:
  Compiler& compiler_;
  const config::Line* before_;
};

// Tells a Compiler where what is compiled is evaluated, for as long as it lives.
class EvaluatedAt {
 public:
  EvaluatedAt(Compiler& compiler, Checkpoints here) : compiler_(compiler), before_(compiler.here) { compiler.here = here; }
  EvaluatedAt(const EvaluatedAt&) = delete;
  ~EvaluatedAt() { compiler_.here = before_; }

 private:
  Compiler& compiler_;
  Checkpoints before_;
};

// Words to parse outside of a configuration line: tests, the runtime API. The place of the words is "nowhere".
config::Line line_of(std::string_view text, config::Diagnostics& diagnostics);      // split at blanks
config::Line line_of_word(const config::Word& word, config::Diagnostics& diagnostics);  // one word as it is

}  // namespace sluice::expr
