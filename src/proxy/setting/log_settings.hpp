// What configurations say about logs. Read by log/ and by whoever reports on servers and the process.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/setting.hpp"
#include "net/syslog.hpp"
#include "net/syslog_ring.hpp"
#include "proxy/log.hpp"

namespace sluice::proxy {
class Proxies;
}

namespace sluice::proxy::setting {

// One `log` line: a target of its own, or "global".
struct LogLine {
  bool as_global = false;
  net::LogTarget target;
  config::Place place;
};

// The last one of option httplog, option tcplog and log-format holds.
struct LogFormatChoice {
  enum class Kind : std::uint8_t { basic, tcp, tcp_clf, http, clf, https, json, custom };
  Kind kind = Kind::basic;
  std::optional<config::Line> custom;  // as written until everything it may refer to is there
};

// log-send-hostname: said or not, and the name if one is given.
struct SentHostname {
  bool sent = false;
  std::string name;
};

// One `on` line of a log-profile: the formats as they were written.
struct ProfileStep {
  LogStep step = LogStep::any;
  bool drop = false;
  std::optional<config::Line> format, data;
};

extern const config::Setting<std::vector<LogLine>> log_lines;  // global too
extern const config::Setting<std::string> log_tag;             // global too
extern const config::Setting<SentHostname> log_send_hostname;  // global only
extern const config::Setting<LogFormatChoice> log_format;
extern const config::Setting<std::optional<config::Line>> error_log_format, log_format_data;
extern const config::Setting<bool> dont_log_null, dont_log_normal, log_separate_errors, log_asap;
extern const config::Setting<LogSteps> log_steps;
extern const config::Setting<std::uint16_t> log_uri_length;           // global only: of request lines, and one more
extern const config::Setting<std::string> profile_tag;                // of log-profile sections
extern const config::Setting<std::vector<ProfileStep>> profile_steps;
extern const config::Setting<std::shared_ptr<net::LogRing>> ring;     // of ring sections

// The targets of a section, those of `global` in the place of "log global", rings and farms found. What refers to nothing is
// left out: check_log_lines() says so.
std::vector<net::LogTarget> log_targets(const config::Section& section, const Proxies& proxies);
net::LogIdentity log_identity(const config::Section& section, const config::Config& config);
// Rings, backends and profiles that log lines name and that are not there, in all sections.
void check_log_lines(const Proxies& proxies, config::Diagnostics& diagnostics);
// Makes the files of rings that have one (backing-file); a configuration that is only checked leaves them alone.
void open_backing_files(const config::Config& config, config::Diagnostics& diagnostics);
// All that are forwarded or shown: those of `ring` sections, of stream targets and of log servers.
std::vector<std::shared_ptr<net::LogRing>> log_rings(const Proxies& proxies);

}  // namespace sluice::proxy::setting
