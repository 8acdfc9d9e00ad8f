// What configurations say about logs. Read by log/frontend_log.cpp and by whoever reports on servers and the process.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/setting.hpp"
#include "net/syslog.hpp"

namespace sluice::proxy::setting {

// One `log` line: a target of its own, or "global".
struct LogLine {
  bool as_global = false;
  net::LogTarget target;
};

// The last one of option httplog, option tcplog and log-format holds.
struct LogFormatChoice {
  enum class Kind : std::uint8_t { basic, tcp, http, clf, custom };
  Kind kind = Kind::basic;
  std::optional<config::Line> custom;  // as written until everything it may refer to is there
};

// log-send-hostname: said or not, and the name if one is given.
struct SentHostname {
  bool sent = false;
  std::string name;
};

extern const config::Setting<std::vector<LogLine>> log_lines;  // global too
extern const config::Setting<std::string> log_tag;             // global too
extern const config::Setting<SentHostname> log_send_hostname;  // global only
extern const config::Setting<LogFormatChoice> log_format;
extern const config::Setting<std::optional<config::Line>> error_log_format;
extern const config::Setting<bool> dont_log_null, dont_log_normal, log_separate_errors, log_asap;

// The targets of a section, those of `global` in the place of "log global".
std::vector<net::LogTarget> log_targets(const config::Section& section, const config::Config& config);
net::LogIdentity log_identity(const config::Section& section, const config::Config& config);

}  // namespace sluice::proxy::setting
