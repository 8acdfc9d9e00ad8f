// Server options about which requests a server gets: weight, limits, role.
#include "backend/server_option.hpp"
#include "catalog/add.hpp"
#include "config/guid.hpp"

namespace sluice::backend {
namespace {

using catalog::Add;
using config::Line;

// An unsigned number within bounds into a member.
template <auto member, std::int64_t least, std::int64_t most>
bool number(Line& line, ServerSettings& server) {
  const auto value = line.take_integer("<number>", least, most);
  if (!value) return false;
  server.*member = static_cast<std::remove_reference_t<decltype(server.*member)>>(*value);
  return true;
}
template <auto member, bool value>
bool flag(Line&, ServerSettings& server) {
  server.*member = value;
  return true;
}
using S = ServerSettings;
constexpr std::int64_t most = 2147483647;

const Add weight{ServerOption{.name = "weight", .args = "<weight>", .parse = number<&S::weight, 0, 256>,
    .doc = "The share of requests it gets, relative to the others, 0 to 256; 0: none but persistent ones. Default 1."}};
const Add maxconn{ServerOption{.name = "maxconn", .args = "<maxconn>", .parse = number<&S::maxconn, 0, most>,
    .doc = "How many requests or connections it gets at a time; more wait in a queue. 0 (default): no limit."}};
const Add minconn{ServerOption{.name = "minconn", .args = "<minconn>", .parse = number<&S::minconn, 0, most>,
    .doc = "Makes maxconn grow from this value with the load of the backend; see fullconn."}};
bool slowstart(Line& line, ServerSettings& server) {
  const auto time = line.take_duration("<start_time>");
  if (time) server.slowstart = *time;
  return time.has_value();
}
const Add slowstart_entry{ServerOption{.name = "slowstart", .args = "<start_time_in_ms>", .parse = slowstart,
    .doc = "After coming up again, its weight and its maxconn grow from next to nothing to all of it over this time."}};
const Add maxqueue{ServerOption{.name = "maxqueue", .args = "<maxqueue>", .parse = number<&S::maxqueue, 0, most>,
    .doc = "How many requests may wait for this very server before they go to another. 0 (default): no limit."}};
bool take_id(Line& line, ServerSettings& server) {
  server.id_given = true;
  return number<&S::id, 1, most>(line, server);
}

bool guid(Line& line, ServerSettings& server) {
  const config::Word* const word = line.take("<string>");
  if (!word || !config::check_guid(line, *word)) return false;
  server.guid = word->text;
  return true;
}
// The word is compiled once everything is known.
bool pool_name(Line& line, ServerSettings& server) {
  server.pool_name = std::make_shared<const config::Line>(line);
  return line.take("<expr>") != nullptr;
}

const Add guid_entry{ServerOption{.name = "guid", .args = "<string>", .parse = guid, .lines = ServerOption::Lines::server_only,
    .doc = "A name that no other object of the configuration has and that does not change when it is called otherwise."}};
const Add pool_name_entry{ServerOption{.name = "pool-conn-name", .args = "<expr>", .parse = pool_name,
    .doc = "Idle connections are named after what this gave when they were made, and only requests that give the same use them."}};
const Add id{ServerOption{.name = "id", .args = "<id>", .parse = take_id,
    .lines = ServerOption::Lines::server_only, .doc = "A number for statistics and for balance first, unique in the backend."}};
const Add backup{ServerOption{.name = "backup", .parse = flag<&S::backup, true>,
    .doc = "Used only when all servers without this word are unavailable."}};
const Add non_stick{ServerOption{.name = "non-stick", .parse = flag<&S::never_stuck_to, true>,
    .doc = "Stick rules do not remember it; useful for backup servers whose clients shall return."}};
const Add stick{ServerOption{.name = "stick", .parse = flag<&S::never_stuck_to, false>,
    .doc = "Takes back a non-stick of default-server."}};
const Add no_backup{ServerOption{.name = "no-backup", .parse = flag<&S::backup, false>,
    .doc = "Takes back a backup of default-server."}};
const Add disabled{ServerOption{.name = "disabled", .parse = flag<&S::disabled, true>,
    .doc = "Starts in maintenance: no traffic, no checks, until it is enabled at run time."}};
const Add enabled{ServerOption{.name = "enabled", .parse = flag<&S::disabled, false>,
    .doc = "Takes back a disabled of default-server."}};
const Add max_reuse{ServerOption{.name = "max-reuse", .args = "<count>", .parse = number<&S::max_reuse, -1, most>,
    .doc = "How many more requests a connection may carry after its first. -1 (default): no limit."}};
const Add pool_max_conn{ServerOption{.name = "pool-max-conn", .args = "<max>", .parse = number<&S::pool_max_conn, -1, most>,
    .doc = "How many idle connections are kept, over all workers. -1 (default): no limit."}};
bool low_conn(Line& line, ServerSettings&) { return line.take_integer("<max>", 0, most).has_value(); }
const Add pool_low_conn{ServerOption{.name = "pool-low-conn", .args = "<max>", .parse = low_conn,
    .inherent = "workers never take idle connections from each other",
    .doc = "Below so many idle connections workers do not take from each other."}};

bool purge_delay(Line& line, ServerSettings& server) {
  const auto delay = line.take_duration("<delay>");
  if (delay) server.pool_purge_delay = *delay;
  return delay.has_value();
}
const Add pool_purge_delay{ServerOption{.name = "pool-purge-delay", .args = "<delay>", .parse = purge_delay,
    .doc = "Every so often half of the idle connections that were not needed are closed; 0: none is kept. Default 5s."}};

}  // namespace
}  // namespace sluice::backend
