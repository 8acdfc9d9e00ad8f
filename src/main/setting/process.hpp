// What the `global` section says about the process.
#pragma once
#include "config/setting.hpp"

namespace sluice {

extern const config::Setting<bool> global_daemon;
extern const config::Setting<std::string> global_pidfile, global_user, global_group, global_chroot;
extern const config::Setting<std::optional<std::int64_t>> global_uid, global_gid, global_descriptors, global_threads,
    global_maxconn;
extern const config::Setting<std::optional<Duration>> global_hard_stop_after;
extern const config::Setting<std::string> global_node;
extern const config::Setting<std::vector<std::string>> global_description;
extern const config::Setting<bool> global_zero_warning, global_quiet, global_no_splice, global_no_reuseport;

extern const config::Setting<bool> global_strict_limits, global_dumpable, global_setuid_programs, global_preallocate;
extern const config::Setting<std::optional<std::int64_t>> global_most_descriptors, global_most_threads, global_most_pipes;
extern const config::Setting<std::optional<Duration>> global_grace, proxy_grace;
extern const config::Setting<bool> global_debug;
extern const config::Setting<std::uint64_t> global_capabilities;  // setcap: bit n is capability n
extern const config::Setting<std::optional<std::int64_t>> global_nice, global_nice_at_start;

// One cpu-map line, bits counted from thread 1 and processor 0. Later lines win.
struct CpuMap {
  std::uint64_t threads = 0, cpus = 0;
  bool one_by_one = false;
};
extern const config::Setting<std::vector<CpuMap>> global_cpu_map;

}  // namespace sluice
