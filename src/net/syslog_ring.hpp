// LogRing: log lines kept in memory, the newest ones, for `show events` and for servers that lines are forwarded to over
// TCP or UNIX streams (manual: section `ring`; `log tcp@...` has one of its own). Set up while the configuration is read,
// shared by all workers afterwards: append() and read() lock for the time of a copy. The room is taken with the first line.
//
// A reader has a Place of its own and is overtaken if it is slow: what it missed is counted. forward_log() is the reader
// of a server; what is left when the ring goes (with its configuration) is sent then, for half a second at most.
#pragma once
#include <algorithm>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/worker.hpp"
#include "net/connect.hpp"
#include "net/syslog.hpp"

namespace sluice::net {

class LogRing {
 public:
  // How lines stand on a stream: each with its newline, or behind its length (RFC 6587 3.4.1).
  enum class Framing : std::uint8_t { lines, counted };
  // The place of a line, counted in bytes since the ring began.
  struct Place {
    std::uint64_t at = 0;
  };
  struct Server {
    std::string name;
    Address address;
    Framing framing = Framing::lines;
    ConnectOptions connect{};
    std::optional<Address> socks4{};  // connections are asked for there
    std::int64_t max_reuse = -1;      // a connection that has carried more lines than these is replaced; -1: none is
    Place sent{};                     // up to here; of forward_log()
  };
  // What read() has come across.
  struct Tally {
    std::uint64_t lines = 0;  // read
    std::uint64_t lost = 0;   // how often lines were overtaken
  };

  explicit LogRing(std::string ring_name) : name(std::move(ring_name)) {}
  LogRing(const LogRing&) = delete;
  ~LogRing();

  // Until workers run.
  const std::string name;
  std::string description;
  bool implicit = false;                    // of a target like tcp@..., without a section
  LogDress dress = LogDress::unspecified;
  std::uint32_t longest = 1024;             // of a line
  std::size_t size = 16384;                 // bytes
  std::optional<Duration> timeout_connect, timeout_server;
  std::vector<Server> servers;
  // Keeps the lines in a file of `size` bytes, made now with mode 0600, from where they can be had when the process is gone. One
  // that is there gets the suffix ".bak". The error is a phrase for people.
  std::expected<void, std::string> keep_in(const std::string& path);

  // Lines one behind the other, each with its newline; ends[i] is where the i-th one ends.
  void append(std::string_view lines, std::span<const std::uint32_t> ends);
  // As many whole lines as fit, framed; moves `place` on and counts. 0: there are none.
  std::size_t read(Place& place, std::span<char> into, Framing framing, Tally& tally);
  Place newest() const;
  std::uint64_t overtaken() const;  // lines that servers missed

  // Calls `wake` (under the lock: it may only post) once there is something behind `place`, now or with the next lines.
  // `who` names the request, for forget().
  void call_back(const void* who, Place place, std::function<void()> wake);
  void forget(const void* who);

 private:
  friend class RingTest;
  void put(std::string_view line);
  void copy_out(std::uint64_t from, std::span<char> to) const;
  void last_words(Server& server);

  mutable std::mutex mutex_;
  std::size_t room_wanted() const { return std::max<std::size_t>(size, longest + std::size_t{4}); }
  std::span<char> bytes_;              // records: four bytes of length, the line
  std::vector<char> memory_;           // where they are, unless they are in a file
  bool mapped_ = false;
  std::uint64_t begin_ = 0, end_ = 0;  // places of the oldest line and behind the newest
  std::uint64_t overtaken_ = 0;
  struct Waiting {
    const void* who;
    std::function<void()> wake;
  };
  std::vector<Waiting> waiting_;
};

// Sends the lines of the ring to its server, as long as the task lives; connects again when it must.
async::Task<> forward_log(async::Worker& worker, std::shared_ptr<LogRing> ring, std::size_t server);

}  // namespace sluice::net
