// The proxy keywords this layer owns, as storage to be read: section[setting::retries]. Defined in setting/.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "backend/server.hpp"
#include "config/setting.hpp"

namespace sluice::backend::setting {

struct Balance {
  std::string algorithm = "roundrobin", argument;
  std::vector<std::string> words;
  std::optional<config::Line> expression;  // at its first word, for algorithms that compile one
};

extern const config::Setting<std::optional<Duration>> timeout_connect, timeout_queue, timeout_check;
extern const config::Setting<Balance> balance;
extern const config::Setting<unsigned> retries, fullconn;
extern const config::Setting<RetryOn> retry_on;
extern const config::Setting<int> redispatch;
extern const config::Setting<bool> all_backups;
extern const config::Setting<std::optional<bool>> abort_on_close;
extern const config::Setting<Reuse> http_reuse;
extern const config::Setting<Source> source;
extern const config::Setting<bool> server_keepalive;
extern const config::Setting<bool> smart_connect;
extern const config::Setting<bool> reset_on_close;  // of frontends, too
extern const config::Setting<int> server_keepalive_count;
extern const config::Setting<Duration> server_keepalive_idle, server_keepalive_interval;
extern const config::Setting<ServerSettings> default_server;
extern const config::Setting<std::vector<ServerSettings>> servers;
extern const config::Setting<std::optional<ServerSettings>> unnamed_server;  // dispatch, transparent
extern const config::Setting<bool> never_send_local;  // global, pp2-never-send-local
extern const config::Setting<unsigned> spread_checks;  // global, percent
extern const config::Setting<std::optional<Duration>> max_spread_checks;  // global
extern const config::Setting<unsigned> max_checks_per_thread;  // global
extern const config::Setting<bool> log_health_checks;
extern const config::Setting<CookiePlan> cookie;
extern const config::Setting<HashPlan> hash_type;
extern const config::Setting<unsigned> hash_balance_factor;
extern const config::Setting<HashPlan::Preserve> hash_preserve_affinity;
extern const config::Setting<std::string> dynamic_cookie_key;
extern const config::Setting<bool> persist;
extern const config::Setting<std::string> rdp_cookie;

}  // namespace sluice::backend::setting
