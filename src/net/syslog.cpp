#include "net/syslog.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/text.hpp"

namespace sluice::net {
namespace {

constexpr std::string_view severities[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
constexpr std::string_view facilities[] = {"kern",   "user",   "mail",   "daemon", "auth",   "syslog", "lpr",    "news",
                                           "uucp",   "cron",   "auth2",  "ftp",    "ntp",    "audit",  "alert",  "cron2",
                                           "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};
constexpr std::string_view dresses[] = {"",         "local", "rfc3164", "rfc5424", "priority",
                                        "short",    "timed", "iso",     "raw"};

template <std::size_t n>
std::optional<std::size_t> position(const std::string_view (&names)[n], std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (name.empty() || at == std::end(names)) return std::nullopt;
  return static_cast<std::size_t>(at - names);
}

std::optional<std::uint32_t> sample_number(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value || *value == 0 || *value > 0xffffffff) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

// The pieces of one line, cut to what the target takes.
struct Pieces {
  std::array<iovec, 10> at;
  std::size_t count = 0;
  std::size_t room;

  explicit Pieces(std::size_t most) : room(most) {}
  void put(std::string_view text) {
    const std::size_t size = std::min(text.size(), room);
    if (size == 0) return;
    at[count++] = {const_cast<char*>(text.data()), size};
    room -= size;
  }
  void end_line() { at[count++] = {const_cast<char*>("\n"), 1}; }
};

bool states_date(LogDress dress) {
  return dress != LogDress::priority && dress != LogDress::short_ && dress != LogDress::raw;
}

}  // namespace

std::optional<Severity> severity_of(std::string_view name) {
  const auto at = position(severities, name);
  return at ? std::optional(static_cast<Severity>(*at)) : std::nullopt;
}
std::optional<unsigned> facility_of(std::string_view name) {
  const auto at = position(facilities, name);
  return at ? std::optional(static_cast<unsigned>(*at)) : std::nullopt;
}
std::optional<LogDress> log_dress_of(std::string_view name) {
  const auto at = position(dresses, name);
  return at ? std::optional(static_cast<LogDress>(*at)) : std::nullopt;
}
std::vector<std::string_view> severity_names() { return {std::begin(severities), std::end(severities)}; }
std::vector<std::string_view> facility_names() { return {std::begin(facilities), std::end(facilities)}; }
std::vector<std::string_view> log_dress_names() { return {std::begin(dresses) + 1, std::end(dresses)}; }

std::expected<LogSample, std::string> LogSample::parse(std::string_view text) {
  LogSample sample;
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::unexpected("expects <ranges>:<size>");
  const auto size = sample_number(text.substr(colon + 1));
  if (!size) return std::unexpected("expects a sample size of at least 1 after ':'");
  sample.size = *size;
  std::string_view ranges = text.substr(0, colon);
  for (;;) {
    const std::size_t comma = ranges.find(',');
    const std::string_view range = ranges.substr(0, comma);
    const std::size_t dash = range.find('-');
    const auto first = sample_number(range.substr(0, dash));
    const auto last = dash == range.npos ? first : sample_number(range.substr(dash + 1));
    if (!first || !last || *first > *last)
      return std::unexpected("'" + std::string(range) + "' is not a range of numbers from 1 on");
    if (*last > *size) return std::unexpected("a range ends behind the sample size");
    for (const Range& other : sample.ranges)
      if (*first <= other.last && other.first <= *last) return std::unexpected("ranges overlap");
    sample.ranges.push_back({*first, *last});
    if (comma == ranges.npos) return sample;
    ranges.remove_prefix(comma + 1);
  }
}

bool LogSample::takes(std::uint32_t line) const {
  const std::uint32_t number = line % size + 1;
  return std::ranges::any_of(ranges, [&](const Range& r) { return r.first <= number && number <= r.last; });
}

std::expected<LogTarget, std::string> LogTarget::parse_address(std::string_view text) {
  LogTarget target;
  if (text == "stdout" || text == "stderr") {
    target.descriptor = text == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    return target;
  }
  for (const std::string_view later : {"tcp@", "tcp4@", "tcp6@", "uxst@", "ring@", "backend@", "quic4@", "quic6@"})
    if (text.starts_with(later)) return std::unexpected("log targets of the form '" + std::string(later) + "' are not implemented yet");
  auto endpoint = parse_endpoint(text, {.resolve = true, .port_required = false, .port_allowed = true});
  if (!endpoint) return std::unexpected(endpoint.error());
  if (endpoint->form == Endpoint::Form::descriptor) {
    target.descriptor = endpoint->descriptor;
    return target;
  }
  if (endpoint->form != Endpoint::Form::address) return std::unexpected("not an address logs can be sent to");
  target.address = endpoint->address;
  if (target.address.is_ip() && !endpoint->port_given) target.address = target.address.with_port(514);
  return target;
}

LogSender::~LogSender() {
  for (const Socket& socket : sockets_) ::close(socket.descriptor);
}

void LogSender::send(const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now,
                     std::string_view text) {
  if (severity > target.least) return;
  if (target.sample.size && !target.sample.takes(target.seen->fetch_add(1, std::memory_order_relaxed))) return;
  LogDress dress = target.dress;
  if (dress == LogDress::unspecified) dress = who.hostname.empty() ? LogDress::local : LogDress::rfc3164;
  const unsigned level = static_cast<unsigned>(std::max(severity, target.cap));
  const unsigned priority = dress == LogDress::short_ || dress == LogDress::timed ? level : target.facility * 8u + level;

  char number[8];
  const int number_size = std::snprintf(number, sizeof(number), "<%u>", priority);
  if (states_date(dress)) tell_time(now);
  char micros[8];
  Pieces line(target.longest);
  if (dress != LogDress::iso && dress != LogDress::raw) line.put({number, static_cast<std::size_t>(number_size)});
  if (dress == LogDress::rfc5424) line.put("1 ");
  if (dress == LogDress::rfc5424 || dress == LogDress::timed || dress == LogDress::iso) {
    std::snprintf(micros, sizeof(micros), "%06u", static_cast<unsigned>(now.us % 1'000'000));
    line.put({iso_date_.data(), iso_date_.size()});
    line.put({micros, 6});
    line.put({iso_zone_.data(), iso_zone_.size()});
  }
  // Tag and process in one small piece, so that a line stays within ten.
  char process[160];
  if (dress == LogDress::rfc5424) {
    line.put(who.hostname.empty() ? std::string_view("-") : std::string_view(who.hostname));
    const int size = std::snprintf(process, sizeof(process), " %.100s %s - - ", who.tag.c_str(), who.pid.empty() ? pid_.data() : who.pid.c_str());
    line.put({process, static_cast<std::size_t>(size)});
  } else if (dress == LogDress::local || dress == LogDress::rfc3164) {
    line.put({syslog_time_.data(), syslog_time_.size()});
    if (dress == LogDress::rfc3164) {
      line.put(who.hostname.empty() ? std::string_view("localhost") : std::string_view(who.hostname));
      line.put(" ");
    }
    const int size = std::snprintf(process, sizeof(process), "%.100s[%s]: ", who.tag.c_str(), who.pid.empty() ? pid_.data() : who.pid.c_str());
    line.put({process, static_cast<std::size_t>(size)});
  }
  line.put(text);
  line.end_line();
  transmit(target, {line.at.data(), line.count});
}

void LogSender::transmit(const LogTarget& target, std::span<iovec> pieces) {
  const bool taken = target.address ? transmit_datagram(target, pieces) : transmit_to_file(target, pieces);
  (taken ? sent_ : dropped_).fetch_add(1, std::memory_order_relaxed);
}

// Connected sockets: the kernel looks the route up once. The price: what another datagram met (nobody listens) is
// reported by the next call, and a UNIX socket keeps pointing to a daemon that was restarted; both end with another try.
bool LogSender::transmit_datagram(const LogTarget& target, std::span<iovec> pieces) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const int fd = socket_for(target.address);
    if (fd < 0) return false;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    if (::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return false;
    if (target.address.is_unix()) forget(fd);
  }
  return false;
}

bool LogSender::transmit_to_file(const LogTarget& target, std::span<iovec> pieces) {
  const int fd = target.descriptor;
  if (std::ranges::find(prepared_, fd) == prepared_.end()) {
    struct stat what {};
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && ::fstat(fd, &what) == 0 && !S_ISREG(what.st_mode)) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    prepared_.push_back(fd);
  }
  ssize_t written = 0;
  do written = ::writev(fd, pieces.data(), static_cast<int>(pieces.size()));
  while (written < 0 && errno == EINTR);
  return written >= 0;
}

int LogSender::socket_for(const Address& address) {
  for (const Socket& socket : sockets_)
    if (socket.address == address) return socket.descriptor;
  const int fd = ::socket(address.domain(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const Address::Raw raw = address.raw();
  if (::connect(fd, raw.get(), raw.size) < 0) {
    ::close(fd);
    return -1;
  }
  ::shutdown(fd, SHUT_RD);  // nothing is ever read
  sockets_.push_back({address, fd});
  return fd;
}

void LogSender::forget(int descriptor) {
  std::erase_if(sockets_, [&](const Socket& socket) { return socket.descriptor == descriptor; });
  ::close(descriptor);
}

// Printed times change once a second; asking the time zone for every line is what slows loggers down.
void LogSender::tell_time(WallTime now) {
  const std::int64_t second = now.us / 1'000'000;
  if (second == second_) return;
  second_ = second;
  std::snprintf(pid_.data(), pid_.size(), "%d", static_cast<int>(::getpid()));
  const time_t clock = second;
  tm local{};
  ::localtime_r(&clock, &local);
  char text[64];
  ::strftime(text, sizeof(text), "%b %e %H:%M:%S ", &local);
  std::memcpy(syslog_time_.data(), text, syslog_time_.size());
  ::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &local);
  std::memcpy(iso_date_.data(), text, iso_date_.size());
  const long minutes = local.tm_gmtoff / 60;
  std::snprintf(text, sizeof(text), "%c%02d:%02d ", minutes < 0 ? '-' : '+', static_cast<int>(std::abs(minutes) / 60 % 100),
                static_cast<int>(std::abs(minutes) % 60));
  std::memcpy(iso_zone_.data(), text, iso_zone_.size());
}

}  // namespace sluice::net
