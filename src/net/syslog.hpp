// Syslog's words and what one `log` line says (manual 3.1 and 4.2 `log`): where to, in which dress, which lines.
// LogTarget is immutable and shared by all workers; only the sample counter moves. Sending is syslog_sender.hpp's.
#pragma once
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "net/address.hpp"

namespace sluice::net {

class LogRing;
struct LogTarget;

// Several servers that share the lines of one target (log backend@<name>). Who gets a line is decided by whoever knows them
// (proxy/log_farm.hpp). Any thread, lives as long as the configuration.
class LogFarm {
 public:
  virtual ~LogFarm() = default;
  // Where this line goes: an address, or a ring that is forwarded. Null: there is no server for it.
  virtual const LogTarget* choose(std::string_view line, Instant now) = 0;
};

// syslog's numbers (RFC 5424 6.2.1).
enum class Severity : std::uint8_t { emerg, alert, crit, err, warning, notice, info, debug };
std::optional<Severity> severity_of(std::string_view name);
std::optional<unsigned> facility_of(std::string_view name);
std::vector<std::string_view> severity_names();
std::vector<std::string_view> facility_names();

// What stands before the text. unspecified: local, or rfc3164 with log-send-hostname.
enum class LogDress : std::uint8_t { unspecified, local, rfc3164, rfc5424, priority, short_, timed, iso, raw };
std::optional<LogDress> log_dress_of(std::string_view name);
std::vector<std::string_view> log_dress_names();

// sample <ranges>:<size>: which of each `size` lines are sent.
struct LogSample {
  struct Range {
    std::uint32_t first, last;
  };
  std::vector<Range> ranges;
  std::uint32_t size = 0;  // 0: all
  static std::expected<LogSample, std::string> parse(std::string_view text);
  bool takes(std::uint32_t line) const;  // counted from 0
};

struct LogTarget {
  Address address;          // of datagrams; none: `descriptor` or `ring`
  int descriptor = -1;
  int send_buffer = 0;      // of the socket to `address`, bytes; 0: the kernel's
  std::string ring_name;    // ring@<name>, until the ring is known
  std::shared_ptr<LogRing> ring;  // also of the stream forms (tcp@), which have one of their own
  std::string backend_name;       // backend@<name>, until its farm is known
  std::shared_ptr<LogFarm> farm;  // says for each line which other target's address or ring it goes to
  std::uint8_t facility = 0;
  Severity least = Severity::debug;   // less important ones are not sent
  Severity cap = Severity::emerg;     // more important ones are sent as this
  LogDress dress = LogDress::unspecified;
  std::uint32_t longest = 1024;       // bytes of a line without its newline
  bool length_said = false;
  std::string profile;                // profile <name>
  LogSample sample;
  // Lines seen, of all workers; shared by copies of the target. Null without `sample`.
  std::shared_ptr<std::atomic<std::uint32_t>> seen;

  // "127.0.0.1:514", "/dev/log", "stdout", "fd@3", "ring@x", "tcp@127.0.0.1:514", "backend@x"; others are refused with a reason.
  static std::expected<LogTarget, std::string> parse_address(std::string_view text);
};

// Who speaks.
struct LogIdentity {
  std::string tag = "haproxy";       // log-tag
  std::string hostname;              // log-send-hostname; empty: not said
  std::string pid;                   // empty: of the process that sends
};

}  // namespace sluice::net
