#include "net/syslog_ring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "async/wait_queue.hpp"
#include "net/socks4.hpp"

namespace sluice::net {

using async::attempt;
using async::Task;

namespace {
constexpr std::size_t length_size = 4;
}

std::expected<void, std::string> LogRing::keep_in(const std::string& path) {
  const auto failed = [](std::string_view what) { return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno))); };
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && there.st_size > 0) {
    const std::string kept = path + ".bak";
    ::unlink(kept.c_str());
    ::rename(path.c_str(), kept.c_str());
  }
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot be created");
  const std::size_t room = room_wanted();
  void* const at = ::ftruncate(fd, static_cast<off_t>(room)) == 0 ? ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (at == MAP_FAILED) return failed("cannot be mapped into memory");
  bytes_ = {static_cast<char*>(at), room};
  mapped_ = true;
  return {};
}

void LogRing::append(std::string_view lines, std::span<const std::uint32_t> ends) {
  const std::lock_guard lock(mutex_);
  if (bytes_.empty()) {
    memory_.resize(room_wanted());
    bytes_ = memory_;
  }
  std::size_t begin = 0;
  for (const std::uint32_t end : ends) {
    std::string_view line = lines.substr(begin, end - begin);
    begin = end;
    if (line.ends_with('\n')) line.remove_suffix(1);
    put(line.substr(0, longest));
  }
  for (const Waiting& one : waiting_) one.wake();
  waiting_.clear();
}

// The oldest lines make room.
void LogRing::put(std::string_view line) {
  const std::size_t needed = length_size + line.size();
  while (end_ + needed - begin_ > bytes_.size()) {
    char length[length_size];
    copy_out(begin_, length);
    std::uint32_t size_of_oldest = 0;
    std::memcpy(&size_of_oldest, length, length_size);
    begin_ += length_size + size_of_oldest;
  }
  const auto size_now = static_cast<std::uint32_t>(line.size());
  char length[length_size];
  std::memcpy(length, &size_now, length_size);
  const auto write = [&](std::string_view text) {
    const std::size_t at = end_ % bytes_.size();
    const std::size_t first = std::min(text.size(), bytes_.size() - at);
    std::memcpy(bytes_.data() + at, text.data(), first);
    if (first < text.size()) std::memcpy(bytes_.data(), text.data() + first, text.size() - first);
    end_ += text.size();
  };
  write({length, length_size});
  if (!line.empty()) write(line);
}

void LogRing::copy_out(std::uint64_t from, std::span<char> to) const {
  const std::size_t at = from % bytes_.size();
  const std::size_t first = std::min(to.size(), bytes_.size() - at);
  if (to.empty()) return;
  std::memcpy(to.data(), bytes_.data() + at, first);
  if (first < to.size()) std::memcpy(to.data() + first, bytes_.data(), to.size() - first);
}

std::size_t LogRing::read(Place& place, std::span<char> into, Framing framing, Tally& tally) {
  const std::lock_guard lock(mutex_);
  if (place.at < begin_) {
    // How many they were nobody knows any more; that there were some is worth one.
    ++tally.lost;
    ++overtaken_;
    place.at = begin_;
  }
  std::size_t used = 0;
  while (place.at < end_) {
    char length[length_size];
    copy_out(place.at, length);
    std::uint32_t line_size = 0;
    std::memcpy(&line_size, length, length_size);
    if (used + line_size + 12 > into.size()) break;
    if (framing == Framing::counted) {
      used = static_cast<std::size_t>(std::to_chars(into.data() + used, into.data() + used + 10, line_size).ptr - into.data());
      into[used++] = ' ';
    }
    copy_out(place.at + length_size, into.subspan(used, line_size));
    used += line_size;
    if (framing == Framing::lines) into[used++] = '\n';
    place.at += length_size + line_size;
    ++tally.lines;
  }
  return used;
}

LogRing::Place LogRing::newest() const {
  const std::lock_guard lock(mutex_);
  return {end_};
}
std::uint64_t LogRing::overtaken() const {
  const std::lock_guard lock(mutex_);
  return overtaken_;
}

void LogRing::call_back(const void* who, Place place, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Waiting& one) { return one.who == who; });
  if (place.at < end_) wake();
  else waiting_.push_back({who, std::move(wake)});
}
void LogRing::forget(const void* who) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Waiting& one) { return one.who == who; });
}

// ---- forwarding ---------------------------------------------------------------------------------------------------

namespace {

// Wakes a task of `worker` when the ring has news. What other workers post finds the queue through `target`, which is
// emptied when the task is gone.
class Alarm {
 public:
  Alarm(async::Worker& worker, LogRing& ring)
      : worker_(worker), ring_(ring), queue_(worker.loop), target_(std::make_shared<async::WaitQueue*>(&queue_)) {}
  Alarm(const Alarm&) = delete;
  ~Alarm() {
    ring_.forget(this);
    *target_ = nullptr;
  }
  Task<> news(LogRing::Place place) {
    ring_.call_back(this, place, [&worker = worker_, target = target_] {
      worker.mailbox.post([target] {
        if (*target) (*target)->wake_all();
      });
    });
    co_await queue_.wait(never);
  }

 private:
  async::Worker& worker_;
  LogRing& ring_;
  async::WaitQueue queue_;
  std::shared_ptr<async::WaitQueue*> target_;
};

constexpr std::size_t at_once = 65536 + 64;

// Until the connection ends, or has been used enough.
Task<> feed(Stream& stream, LogRing& ring, LogRing::Server& server, Alarm& alarm) {
  std::vector<char> room(at_once);
  const Duration patience = ring.timeout_server.value_or(async::forever);
  LogRing::Tally tally;
  while (server.max_reuse < 0 || tally.lines <= static_cast<std::uint64_t>(server.max_reuse)) {
    LogRing::Place place = server.sent;
    const std::size_t size = ring.read(place, room, server.framing, tally);
    if (size == 0) {
      Task<> news = alarm.news(place);
      co_await unless_hangup(stream, Hangup::finished, std::move(news));
      continue;
    }
    const std::string_view text(room.data(), size);
    co_await stream.write_all(text, patience);
    server.sent = place;
  }
}

Task<std::unique_ptr<Stream>> connect_to(async::Worker& worker, const LogRing::Server& server, Instant until) {
  std::unique_ptr<Stream> stream = co_await connect(worker, server.socks4.value_or(server.address), server.connect, until);
  if (server.socks4) co_await ask_socks4(*stream, server.address, until);
  co_return std::move(stream);
}

}  // namespace

Task<> forward_log(async::Worker& worker, std::shared_ptr<LogRing> ring, std::size_t number) {
  LogRing::Server& server = ring->servers[number];
  Alarm alarm(worker, *ring);
  for (;;) {
    const Instant until = worker.loop.after(ring->timeout_connect.value_or(seconds(5)));
    auto stream = co_await attempt(connect_to(worker, server, until));
    if (stream) {
      const Result<void> used_up = co_await attempt(feed(**stream, *ring, server, alarm));
      stream->reset();
      if (used_up) continue;
    }
    const Duration pause = stream ? milliseconds(100) : seconds(1);
    co_await async::sleep_for(worker.loop, pause);
  }
}

LogRing::~LogRing() {
  for (Server& server : servers)
    if (server.sent.at < end_) last_words(server);
  if (mapped_) ::munmap(bytes_.data(), bytes_.size());
}

// The process ends: what the servers have not got yet goes over a connection of its own.
void LogRing::last_words(Server& server) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(500);
  const int fd = ::socket(server.address.domain(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const auto writable = [&] {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wait{fd, POLLOUT, 0};
    return left > 0 && ::poll(&wait, 1, static_cast<int>(left)) == 1;
  };
  const Address::Raw raw = server.address.raw();
  bool works = ::connect(fd, raw.get(), raw.size) == 0 || (errno == EINPROGRESS && writable());
  std::vector<char> room(at_once);
  Tally tally;
  while (works) {
    const std::size_t size = read(server.sent, room, server.framing, tally);
    if (size == 0) break;
    for (std::size_t at = 0; works && at < size;) {
      const ssize_t n = ::send(fd, room.data() + at, size - at, MSG_NOSIGNAL);
      if (n > 0) at += static_cast<std::size_t>(n);
      else works = (errno == EAGAIN || errno == EINTR) && writable();
    }
  }
  ::close(fd);
}

}  // namespace sluice::net
