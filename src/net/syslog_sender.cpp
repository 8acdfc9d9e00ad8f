#include "net/syslog_sender.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "net/syslog_ring.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t longest_name = 255;         // of hosts
constexpr std::size_t longest_tag = 100;
constexpr std::size_t most_segments = 60;         // the kernel takes 64
constexpr std::size_t longest_datagram = 60000;   // of segments together
constexpr std::size_t atomic_write = 4096;        // PIPE_BUF: all or nothing

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}
template <std::size_t n>
char* put(char* to, const std::array<char, n>& text) {
  std::memcpy(to, text.data(), n);
  return to + n;
}
char* put_number(char* to, unsigned value) { return std::to_chars(to, to + 10, value).ptr; }
char* put_micros(char* to, WallTime when) {
  auto rest = static_cast<unsigned>(when.us % 1'000'000);
  for (int i = 5; i >= 0; --i, rest /= 10) to[i] = static_cast<char>('0' + rest % 10);
  return to + 6;
}
bool states_date(LogDress dress) {
  return dress != LogDress::priority && dress != LogDress::short_ && dress != LogDress::raw;
}

}  // namespace

LogSender::LogSender(async::Loop& loop) : loop_(&loop) {
  turn_.sender = retry_.sender = this;
  turn_.step = [](async::Waiter& waiter) -> async::PromiseBase* {
    static_cast<Turn&>(waiter).sender->flush();
    return nullptr;
  };
  retry_.step = [](async::Waiter& waiter) -> async::PromiseBase* {
    static_cast<Retry&>(waiter).sender->flush();
    return nullptr;
  };
}

LogSender::~LogSender() {
  for (const auto& outlet : outlets_) {
    wait_and_flush(*outlet);
    if (outlet->address && outlet->descriptor >= 0) ::close(outlet->descriptor);
  }
}

std::span<char> LogSender::scratch(std::size_t size) {
  if (scratch_size_ < size) {
    scratch_ = std::make_unique<char[]>(size);
    scratch_size_ = size;
  }
  return {scratch_.get(), size};
}

bool LogSender::Outlet::is(const LogTarget& target) const {
  return target.ring ? ring == target.ring : target.address ? address == target.address : !address && descriptor == target.descriptor;
}

LogSender::Outlet& LogSender::outlet_for(const LogTarget& target) {
  for (const auto& outlet : outlets_)
    if (outlet->is(target)) return *outlet;
  auto made = std::make_unique<Outlet>();
  made->text = std::make_unique<char[]>(capacity);
  made->address = target.address;
  made->ring = target.ring;
  if (target.ring) {
    made->kind = Outlet::Kind::ring;
  } else if (target.address) {
    made->segments = target.address.is_ip();
    made->send_buffer = target.send_buffer;
  } else {
    made->descriptor = target.descriptor;
    int type = 0;
    socklen_t size = sizeof type;
    const bool is_socket = ::getsockopt(target.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    if (!is_socket || type == SOCK_STREAM) made->kind = Outlet::Kind::bytes;
    struct stat what {};
    const int flags = ::fcntl(target.descriptor, F_GETFL);
    if (flags >= 0 && ::fstat(target.descriptor, &what) == 0 && !S_ISREG(what.st_mode))
      ::fcntl(target.descriptor, F_SETFL, flags | O_NONBLOCK);
  }
  outlets_.push_back(std::move(made));
  return *outlets_.back();
}

Instant LogSender::monotonic_now() const {
  if (loop_) return loop_->now();
  return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

void LogSender::send(const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now, std::string_view text,
                     std::string_view data) {
  if (severity > target.least) return;
  if (target.sample.size && !target.sample.takes(target.seen->fetch_add(1, std::memory_order_relaxed))) return;
  const LogTarget* const to = target.farm ? target.farm->choose(text, monotonic_now()) : &target;
  if (!to) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Outlet& outlet = outlet_for(*to);
  data = data.substr(0, target.longest);
  const std::size_t most = std::min<std::size_t>(1024 + data.size() + text.size(), std::size_t{target.longest} + 1024);
  if (outlet.count == outlet.ends.size() || outlet.used + most > capacity) {
    flush(outlet);
    if (outlet.count == outlet.ends.size() || outlet.used + most > capacity) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  char* const begin = outlet.text.get() + outlet.used;
  char* at = write_head(begin, target, severity, who, now, data);
  const auto head = static_cast<std::size_t>(at - begin);
  if (head >= target.longest) at = begin + target.longest;
  else at = put(at, text.substr(0, target.longest - head));
  *at++ = '\n';
  outlet.used += static_cast<std::uint32_t>(at - begin);
  outlet.ends[outlet.count++] = outlet.used;
  if (!loop_) {
    flush(outlet);
    if (outlet.count) drop_rest(outlet);
  } else if (!turn_.linked()) {
    loop_->push(turn_);
  }
}

// What stands before the text. Everything in it is short but for `data`, which the caller has seen to.
char* LogSender::write_head(char* to, const LogTarget& target, Severity severity, const LogIdentity& who, WallTime now,
                            std::string_view data) {
  LogDress dress = target.dress;
  if (dress == LogDress::unspecified) dress = who.hostname.empty() ? LogDress::local : LogDress::rfc3164;
  const unsigned level = static_cast<unsigned>(std::max(severity, target.cap));
  if (states_date(dress)) tell_time(now);
  if (dress != LogDress::iso && dress != LogDress::raw) {
    *to++ = '<';
    to = put_number(to, dress == LogDress::short_ || dress == LogDress::timed ? level : target.facility * 8u + level);
    *to++ = '>';
  }
  if (dress == LogDress::rfc5424) to = put(to, "1 ");
  if (dress == LogDress::rfc5424 || dress == LogDress::timed || dress == LogDress::iso) {
    to = put(to, iso_date_);
    to = put_micros(to, now);
    to = put(to, iso_zone_);
  }
  const std::string_view host = std::string_view(who.hostname).substr(0, longest_name);
  const std::string_view tag = std::string_view(who.tag).substr(0, longest_tag);
  const std::string_view pid = who.pid.empty() ? std::string_view(pid_.data(), pid_size_) : std::string_view(who.pid).substr(0, 20);
  if (dress == LogDress::rfc5424) {
    to = put(to, host.empty() ? std::string_view("-") : host);
    *to++ = ' ';
    to = put(to, tag);
    *to++ = ' ';
    to = put(to, pid);
    to = put(to, " - ");
    to = put(to, data.empty() ? std::string_view("-") : data);
    *to++ = ' ';
  } else if (dress == LogDress::local || dress == LogDress::rfc3164) {
    to = put(to, syslog_time_);
    if (dress == LogDress::rfc3164) {
      to = put(to, host.empty() ? std::string_view("localhost") : host);
      *to++ = ' ';
    }
    to = put(to, tag);
    *to++ = '[';
    to = put(to, pid);
    to = put(to, "]: ");
  }
  return to;
}

void LogSender::flush() {
  for (const auto& outlet : outlets_)
    if (outlet->count) flush(*outlet);
}

void LogSender::flush(Outlet& outlet) {
  std::size_t gone = 0;
  switch (outlet.kind) {
    case Outlet::Kind::datagrams: gone = send_datagrams(outlet); break;
    case Outlet::Kind::bytes: gone = write_bytes(outlet); break;
    case Outlet::Kind::ring: gone = give_to_ring(outlet); break;
  }
  forget(outlet, gone);
  if (outlet.count) come_back();
}

// The socket or pipe is full: again in a moment.
void LogSender::come_back() {
  if (loop_ && !retry_.linked()) loop_->start(retry_, loop_->after(milliseconds(5)));
}

void LogSender::forget(Outlet& outlet, std::size_t lines) {
  if (lines == 0) return;
  const std::uint32_t gone = outlet.ends[lines - 1];
  if (lines == outlet.count) {
    outlet.used = outlet.count = 0;
    return;
  }
  std::memmove(outlet.text.get(), outlet.text.get() + gone, outlet.used - gone);
  outlet.used -= gone;
  outlet.count -= static_cast<std::uint32_t>(lines);
  for (std::size_t i = 0; i < outlet.count; ++i) outlet.ends[i] = outlet.ends[i + lines] - gone;
}

// The end of a line that was written in part must follow, or the next one would be glued to it.
void LogSender::drop_rest(Outlet& outlet) {
  const std::uint32_t kept = outlet.written ? 1 : 0;
  dropped_.fetch_add(outlet.count - kept, std::memory_order_relaxed);
  outlet.count = kept;
  outlet.used = kept ? outlet.ends[0] : 0;
}

// Connected sockets: the kernel looks the route up once. The price: what another datagram met (nobody listens) is
// reported by the next call, and a UNIX socket keeps pointing to a daemon that was restarted; both end with another try.
bool LogSender::connect(Outlet& outlet) {
  if (outlet.descriptor >= 0) return true;
  const int fd = ::socket(outlet.address.domain(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  if (outlet.send_buffer) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &outlet.send_buffer, sizeof outlet.send_buffer);
  const Address::Raw raw = outlet.address.raw();
  if (::connect(fd, raw.get(), raw.size) < 0) {
    ::close(fd);
    return false;
  }
  ::shutdown(fd, SHUT_RD);  // nothing is ever read
  outlet.descriptor = fd;
  return true;
}

namespace {

struct Batch {
  static constexpr std::size_t most = 128;
  std::array<mmsghdr, most> messages;
  std::array<iovec, most> pieces;
  std::array<std::uint8_t, most> lines;  // in each message
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(std::uint16_t))];
  };
  std::array<Control, most> controls;
  std::size_t count = 0;

  void add(std::string_view text, std::size_t line_count, std::size_t segment) {
    iovec& piece = pieces[count];
    piece = {const_cast<char*>(text.data()), text.size()};
    msghdr& message = messages[count].msg_hdr;
    message = msghdr{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (line_count > 1) {
      message.msg_control = controls[count].bytes;
      message.msg_controllen = sizeof(controls[count].bytes);
      cmsghdr* const control = CMSG_FIRSTHDR(&message);
      control->cmsg_level = SOL_UDP;
      control->cmsg_type = UDP_SEGMENT;
      control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto size = static_cast<std::uint16_t>(segment);
      std::memcpy(CMSG_DATA(control), &size, sizeof size);
    }
    lines[count++] = static_cast<std::uint8_t>(line_count);
  }
};

}  // namespace

// Returns how many lines have gone, those included that nobody wants.
std::size_t LogSender::send_datagrams(Outlet& outlet) {
  std::size_t gone = 0, sent = 0;
  bool tried_again = false;
  while (gone < outlet.count) {
    if (outlet.address && !connect(outlet)) {
      gone = outlet.count;
      break;
    }
    Batch batch;
    for (std::size_t i = gone; i < outlet.count;) {
      const std::string_view first = outlet.line(i);
      std::size_t n = 1, size = first.size();
      // A run of equal lines, and one shorter line at its end.
      while (outlet.segments && i + n < outlet.count && n < most_segments) {
        const std::size_t next = outlet.line(i + n).size();
        if (next > first.size() || size + next > longest_datagram) break;
        size += next;
        ++n;
        if (next < first.size()) break;
      }
      batch.add({first.data(), size}, n, first.size());
      i += n;
    }
    const int done = ::sendmmsg(outlet.descriptor, batch.messages.data(), static_cast<unsigned>(batch.count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done > 0) {
      for (int i = 0; i < done; ++i) {
        gone += batch.lines[static_cast<std::size_t>(i)];
        sent += batch.lines[static_cast<std::size_t>(i)];
      }
      tried_again = false;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) break;
    if (errno == EINTR) continue;
    if (batch.lines[0] > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == EOPNOTSUPP)) {
      outlet.segments = false;  // no such thing on this route
      continue;
    }
    if (outlet.address.is_unix() && errno != EMSGSIZE) {
      ::close(outlet.descriptor);
      outlet.descriptor = -1;
    }
    if (std::exchange(tried_again, !tried_again)) gone += batch.lines[0];
  }
  sent_.fetch_add(sent, std::memory_order_relaxed);
  if (gone > sent) dropped_.fetch_add(gone - sent, std::memory_order_relaxed);
  return gone;
}

// Whole lines, as many at once as a pipe takes all or nothing.
std::size_t LogSender::write_bytes(Outlet& outlet) {
  std::size_t gone = 0;
  std::uint32_t at = outlet.written;  // bytes of the buffer that are through
  while (gone < outlet.count) {
    std::size_t last = gone;
    while (last + 1 < outlet.count && outlet.ends[last + 1] - at <= atomic_write) ++last;
    const ssize_t written = ::write(outlet.descriptor, outlet.text.get() + at, outlet.ends[last] - at);
    if (written < 0 && errno == EINTR) continue;
    if (written == 0 || (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) break;
    if (written < 0) {
      dropped_.fetch_add(outlet.count - gone, std::memory_order_relaxed);
      outlet.written = 0;
      return outlet.count;
    }
    at += static_cast<std::uint32_t>(written);
    for (; gone < outlet.count && outlet.ends[gone] <= at; ++gone) sent_.fetch_add(1, std::memory_order_relaxed);
  }
  outlet.written = at - (gone ? outlet.ends[gone - 1] : 0);
  return gone;
}

std::size_t LogSender::give_to_ring(Outlet& outlet) {
  outlet.ring->append({outlet.text.get(), outlet.used}, {outlet.ends.data(), outlet.count});
  sent_.fetch_add(outlet.count, std::memory_order_relaxed);
  return outlet.count;
}

// At the end: whoever reads may need a moment.
void LogSender::wait_and_flush(Outlet& outlet) {
  for (int patience = 20; outlet.count && patience > 0; --patience) {
    flush(outlet);
    if (!outlet.count) return;
    pollfd wait{outlet.descriptor, POLLOUT, 0};
    ::poll(&wait, 1, 10);
  }
  dropped_.fetch_add(outlet.count, std::memory_order_relaxed);
  outlet.count = 0;
}

// Printed times change once a second; asking the time zone for every line is what slows loggers down.
void LogSender::tell_time(WallTime now) {
  const std::int64_t second = now.us / 1'000'000;
  if (second == second_) return;
  second_ = second;
  pid_size_ = static_cast<std::size_t>(std::to_chars(pid_.data(), pid_.data() + pid_.size(), ::getpid()).ptr - pid_.data());
  const time_t clock = second;
  tm local{};
  ::localtime_r(&clock, &local);
  char text[64];
  ::strftime(text, sizeof(text), "%b %e %H:%M:%S ", &local);
  std::memcpy(syslog_time_.data(), text, syslog_time_.size());
  ::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &local);
  std::memcpy(iso_date_.data(), text, iso_date_.size());
  const long offset = local.tm_gmtoff / 60;
  const long minutes = offset < 0 ? -offset : offset;
  const auto digit = [](long value) { return static_cast<char>('0' + value % 10); };
  iso_zone_ = {offset < 0 ? '-' : '+', digit(minutes / 600), digit(minutes / 60), ':', digit(minutes % 60 / 10), digit(minutes % 60), ' '};
}

}  // namespace sluice::net
