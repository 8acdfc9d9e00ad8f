// Sending log lines (manual 3.1 and 4.2 `log`): where to, in which dress, and the sending itself.
//
// LogTarget is what one `log` line says: immutable, shared by all workers (only the sample counter moves). LogSender is
// what one thread sends with: its sockets and the times it has already printed; one per worker and configuration.
// Sending never waits and never allocates: one system call per line, and what the kernel does not take is dropped and
// counted.
#pragma once
#include <sys/uio.h>

#include <array>
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
  Address address;          // none: `descriptor` is written to
  int descriptor = -1;
  std::uint8_t facility = 0;
  Severity least = Severity::debug;   // less important ones are not sent
  Severity cap = Severity::emerg;     // more important ones are sent as this
  LogDress dress = LogDress::unspecified;
  std::uint32_t longest = 1024;       // bytes of a line without its newline
  LogSample sample;
  // Lines seen, of all workers; shared by copies of the target. Null without `sample`.
  std::shared_ptr<std::atomic<std::uint32_t>> seen;

  // "127.0.0.1:514", "/dev/log", "stdout", "fd@3"; other forms are refused with a reason.
  static std::expected<LogTarget, std::string> parse_address(std::string_view text);
};

// Who speaks.
struct LogIdentity {
  std::string tag = "haproxy";       // log-tag
  std::string hostname;              // log-send-hostname; empty: not said
  std::string pid;                   // empty: of the process that sends
};

class LogSender {
 public:
  LogSender() = default;
  LogSender(const LogSender&) = delete;
  LogSender& operator=(const LogSender&) = delete;
  ~LogSender();

  // One line, `text` without newline; `now` is when it happened. Lines that the target does not want are passed over.
  void send(const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now, std::string_view text);

  // Lines that could not be sent, of the process (DroppedLogs of show info).
  static std::uint64_t dropped() { return dropped_.load(std::memory_order_relaxed); }
  // All lines that were sent, of the process.
  static std::uint64_t sent() { return sent_.load(std::memory_order_relaxed); }

 private:
  struct Socket {
    Address address;
    int descriptor;
  };
  void transmit(const LogTarget& target, std::span<iovec> pieces);
  bool transmit_datagram(const LogTarget& target, std::span<iovec> pieces);
  bool transmit_to_file(const LogTarget& target, std::span<iovec> pieces);
  int socket_for(const Address& address);
  void forget(int descriptor);
  void tell_time(WallTime now);

  std::vector<Socket> sockets_;       // connected, few
  std::vector<int> prepared_;         // descriptors that were made non-blocking
  std::int64_t second_ = -1;          // the texts below are of this second
  std::array<char, 12> pid_{};        // asked for once a second: a process may have gone to the background
  std::array<char, 16> syslog_time_;  // "Nov 21 06:35:09 "
  std::array<char, 20> iso_date_;     // "2026-11-21T06:35:09."
  std::array<char, 7> iso_zone_;      // "+00:00 "

  static inline std::atomic<std::uint64_t> dropped_{0};
  static inline std::atomic<std::uint64_t> sent_{0};
};

}  // namespace sluice::net
