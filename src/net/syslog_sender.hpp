// LogSender: what one thread sends log lines with: its sockets, and the lines that have not gone yet. One per worker and
// configuration (proxy/local.hpp), and one for messages of the process. Never waits, allocates nothing per line.
//
// With a loop, lines are kept until the loop comes round and then leave together: one sendmmsg() per syslog server and
// turn, in which neighbours of equal length are one segmented datagram (UDP_SEGMENT). Without a loop each line leaves at
// once. What the kernel does not take yet is kept as long as it fits the buffer; then lines are dropped and counted. The
// lines of one sender stay in order; the destructor sends what is left, waiting a moment for a full socket.
#pragma once
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "async/loop.hpp"
#include "net/syslog.hpp"

namespace sluice::net {

class LogSender {
 public:
  LogSender() = default;
  explicit LogSender(async::Loop& loop);
  LogSender(const LogSender&) = delete;
  LogSender& operator=(const LogSender&) = delete;
  ~LogSender();

  // One line, `text` without newline; `now` is when it happened; `data`: RFC 5424's structured data, none: "-". Lines
  // that the target does not want are passed over.
  void send(const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now, std::string_view text,
            std::string_view data = {});
  void flush();

  // Where a text may be put together: at least `size` bytes, until the next call.
  std::span<char> scratch(std::size_t size);

  // Lines that could not be sent, of the process (DroppedLogs of show info).
  static std::uint64_t dropped() { return dropped_.load(std::memory_order_relaxed); }
  // All lines that were sent, of the process.
  static std::uint64_t sent() { return sent_.load(std::memory_order_relaxed); }

 private:
  // Where lines go and those that have not gone.
  struct Outlet {
    enum class Kind : std::uint8_t { datagrams, bytes, ring };
    Kind kind = Kind::datagrams;
    Address address;
    int descriptor = -1;                 // of `address`: -1 until it is connected
    std::shared_ptr<LogRing> ring;
    int send_buffer = 0;
    bool segments = false;               // UDP_SEGMENT works here, as far as we know
    std::uint32_t written = 0;           // bytes: of the first line
    std::uint32_t used = 0, count = 0;
    std::unique_ptr<char[]> text;        // lines one behind the other, each with its newline
    std::array<std::uint32_t, 128> ends{};
    bool is(const LogTarget& target) const;
    std::string_view line(std::size_t i) const { return {text.get() + (i ? ends[i - 1] : 0), ends[i] - (i ? ends[i - 1] : 0)}; }
  };
  static constexpr std::size_t capacity = 65536 + 4096;

  Instant monotonic_now() const;
  Outlet& outlet_for(const LogTarget& target);
  char* write_head(char* to, const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now,
                   std::string_view data);
  void flush(Outlet& outlet);
  std::size_t send_datagrams(Outlet& outlet);
  std::size_t write_bytes(Outlet& outlet);
  std::size_t give_to_ring(Outlet& outlet);
  bool connect(Outlet& outlet);
  static void forget(Outlet& outlet, std::size_t lines);
  void drop_rest(Outlet& outlet);
  void come_back();
  void tell_time(WallTime now);
  void wait_and_flush(Outlet& outlet);

  struct Turn : async::Waiter { LogSender* sender = nullptr; };
  struct Retry : async::Timer { LogSender* sender = nullptr; };
  async::Loop* loop_ = nullptr;
  Turn turn_;
  Retry retry_;
  std::vector<std::unique_ptr<Outlet>> outlets_;  // few
  std::unique_ptr<char[]> scratch_;
  std::size_t scratch_size_ = 0;

  std::int64_t second_ = -1;          // the texts below are of this second
  std::array<char, 12> pid_{};        // asked for once a second: a process may have gone to the background
  std::size_t pid_size_ = 0;
  std::array<char, 16> syslog_time_;  // "Nov 21 06:35:09 "
  std::array<char, 20> iso_date_;     // "2026-11-21T06:35:09."
  std::array<char, 7> iso_zone_;      // "+00:00 "

  static inline std::atomic<std::uint64_t> dropped_{0};
  static inline std::atomic<std::uint64_t> sent_{0};
};

}  // namespace sluice::net
