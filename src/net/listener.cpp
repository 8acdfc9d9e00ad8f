#include "net/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/md5_signature.hpp"
#include "net/network_namespace.hpp"

namespace sluice::net {

namespace {

using Failure = std::unexpected<std::string>;

std::string problem(const char* what) { return fmt::format("{} ({})", what, std::strerror(errno)); }

template <class T>
bool set(int fd, int level, int name, const T& value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}
bool set_text(int fd, int level, int name, const std::string& value) {
  return ::setsockopt(fd, level, name, value.data(), static_cast<socklen_t>(value.size())) == 0;
}

// Null, or what could not be done (errno says why).
enum class Port : std::uint8_t { ours_alone, shared };
const char* prepare_ip(int fd, const Address& address, const ListenOptions& options, Port port) {
  if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return "cannot set SO_REUSEADDR";
  if (port == Port::shared && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return "cannot set SO_REUSEPORT";
  if (address.family() == Family::ipv6 && options.v6 != V6::system &&
      !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6 == V6::only ? 1 : 0))
    return "cannot set IPV6_V6ONLY";
  if (options.transparent && !(address.family() == Family::ipv6 ? set(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
                                                                : set(fd, IPPROTO_IP, IP_TRANSPARENT, 1)))
    return "cannot make the listening socket transparent";
  if (!options.interface.empty() && !set_text(fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface))
    return "cannot bind the listener to its interface";
  // Inherited by every accepted socket, so none of them needs a system call of its own.
  if (!set(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return "cannot set TCP_NODELAY";
  if (options.keepalive.on) {
    const Keepalive& k = options.keepalive;
    if (!set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) || (k.count && !set(fd, IPPROTO_TCP, TCP_KEEPCNT, k.count)) ||
        (k.idle_seconds && !set(fd, IPPROTO_TCP, TCP_KEEPIDLE, k.idle_seconds)) ||
        (k.interval_seconds && !set(fd, IPPROTO_TCP, TCP_KEEPINTVL, k.interval_seconds)))
      return "cannot set keep-alive parameters";
  }
  if (options.user_timeout.us > 0 &&
      !set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(options.user_timeout.ms())))
    return "cannot set TCP_USER_TIMEOUT";
  if (options.max_segment && !set(fd, IPPROTO_TCP, TCP_MAXSEG, options.max_segment)) return "cannot set TCP_MAXSEG";
  if (options.receive_buffer && !set(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer)) return "cannot set SO_RCVBUF";
  if (options.send_buffer && !set(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer)) return "cannot set SO_SNDBUF";
  if (options.most_unsent && !set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.most_unsent)) return "cannot set TCP_NOTSENT_LOWAT";
  if (!options.congestion.empty() && !set_text(fd, IPPROTO_TCP, TCP_CONGESTION, options.congestion))
    return "cannot set the congestion control algorithm";
  if (options.reset_on_close && !set(fd, SOL_SOCKET, SO_LINGER, linger{1, 0})) return "cannot set SO_LINGER";
  if (options.save_syn && !set(fd, IPPROTO_TCP, TCP_SAVE_SYN, options.save_syn)) return "cannot set TCP_SAVE_SYN";
  if (!options.md5_password.empty()) {
    const tcp_md5sig signature = md5_signature(address.family() == Family::ipv6 ? AF_INET6 : AF_INET, options.md5_password);
    if (!set(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, signature)) return "cannot set TCP_MD5SIG";
  }
  if (options.defer_accept && !set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1)) return "cannot enable defer-accept";
  return nullptr;
}

int backlog_of(const ListenOptions& options) { return options.backlog > 0 ? options.backlog : SOMAXCONN; }

const char* bind_unix(int fd, const Address& address, const ListenOptions& options) {
  const Address::Raw raw = address.raw();
  if (address.family() != Family::unix_path) return ::bind(fd, raw.get(), raw.size) == 0 ? nullptr : "cannot bind UNIX socket";
  // Bind under another name and rename, so that the path never lacks a socket and never has wrong rights.
  const std::string path(address.path());
  const std::string fresh = fmt::format("{}.{}.tmp", path, ::getpid());
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (fresh.size() >= sizeof un.sun_path) {
    errno = ENAMETOOLONG;
    return "UNIX socket path too long";
  }
  std::ranges::copy(fresh, un.sun_path);
  ::unlink(fresh.c_str());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&un), sizeof un) != 0) return "cannot bind UNIX socket";
  const char* failed = nullptr;
  if (options.mode && ::chmod(fresh.c_str(), options.mode) != 0) failed = "cannot set the UNIX socket's mode";
  if (!failed && (options.user != static_cast<uid_t>(-1) || options.group != static_cast<gid_t>(-1)) &&
      ::chown(fresh.c_str(), options.user, options.group) != 0)
    failed = "cannot change the UNIX socket's ownership";
  if (!failed && ::listen(fd, backlog_of(options)) != 0) failed = "cannot listen on UNIX socket";
  if (!failed && ::rename(fresh.c_str(), path.c_str()) != 0) failed = "cannot put the UNIX socket in its place";
  if (failed) {
    const int saved = errno;
    ::unlink(fresh.c_str());
    errno = saved;
  }
  return failed;
}

std::expected<int, std::string> open_one(const Address& address, const ListenOptions& options, Port port) {
  int fd = -1;
  {
    const VisitNamespace visit(options.network_namespace);
    if (!visit.entered()) return Failure(problem("cannot enter the network namespace"));
    fd = ::socket(address.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, options.multipath ? IPPROTO_MPTCP : 0);
  }
  if (fd < 0) return Failure(problem("cannot create listening socket"));
  const char* failed = nullptr;
  if (address.is_unix()) {
    failed = bind_unix(fd, address, options);
  } else {
    failed = prepare_ip(fd, address, options, port);
    const Address::Raw raw = address.raw();
    if (!failed && ::bind(fd, raw.get(), raw.size) != 0) failed = "cannot bind socket";
  }
  if (!failed && options.fast_open && address.is_ip() &&
      !set(fd, IPPROTO_TCP, TCP_FASTOPEN, options.fast_open_queue ? options.fast_open_queue : backlog_of(options)))
    failed = "cannot enable TCP fast open";
  if (!failed && ::listen(fd, backlog_of(options)) != 0) failed = "cannot listen to socket";
  // A hint, inherited by accepted sockets; listen() would undo it.
  if (!failed && options.late_acknowledgement && address.is_ip()) set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  if (!failed) return fd;
  const std::string message = problem(failed);
  ::close(fd);
  return Failure(message);
}

Address name_of(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return {};
  return Address::from(reinterpret_cast<const sockaddr*>(&name), size);
}

template <class T>
T get(int fd, int level, int name, T otherwise) {
  socklen_t size = sizeof otherwise;
  ::getsockopt(fd, level, name, &otherwise, &size);
  return otherwise;
}

// A path is bound under another name first (bind_unix, and HAProxy likewise), which is what the kernel goes on calling it.
std::string_view lasting_path(std::string_view bound) {
  if (!bound.ends_with(".tmp")) return bound;
  const std::string_view path = bound.substr(0, bound.size() - 4);
  const std::size_t dot = path.rfind('.');
  const bool numbered = dot != path.npos && dot + 1 < path.size() && path.find_first_not_of("0123456789", dot + 1) == path.npos;
  return numbered ? path.substr(0, dot) : bound;
}

bool is_bound_to(int fd, const Address& address) {
  if (!address.is_unix()) return name_of(fd) == address;
  sockaddr_un name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 || name.sun_family != AF_UNIX) return false;
  if (address.family() == Family::unix_path) return lasting_path({name.sun_path, ::strnlen(name.sun_path, sizeof name.sun_path)}) == address.path();
  const Address::Raw raw = address.raw();
  return size == raw.size && std::memcmp(&name, raw.get(), size) == 0;
}

// What cannot be changed any more is as the options want it.
bool is_bound_alike(int fd, const Address& address, const ListenOptions& options) {
  if (!address.is_ip()) return true;
  if (!options.md5_password.empty()) return false;
  if ((get(fd, SOL_SOCKET, SO_PROTOCOL, int{IPPROTO_TCP}) == IPPROTO_MPTCP) != options.multipath) return false;
  const bool six = address.family() == Family::ipv6;
  const bool transparent = six ? get(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 0) : get(fd, IPPROTO_IP, IP_TRANSPARENT, 0);
  if (transparent != options.transparent) return false;
  if (!six) return true;
  bool only = options.v6 == V6::only;
  if (options.v6 == V6::system) {
    const int fresh = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    only = get(fresh, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    ::close(fresh);
  }
  return get(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) == only;
}

// Null, or what could not be done: the options of the process before go, ours come.
const char* retune(int fd, const Address& address, const ListenOptions& options, Port port) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return "cannot make the listening socket non-blocking";
  if (address.family() == Family::unix_path) {
    const std::string path(address.path());
    if (options.mode && ::chmod(path.c_str(), options.mode) != 0) return "cannot set the UNIX socket's mode";
    const bool owned = options.user != static_cast<uid_t>(-1) || options.group != static_cast<gid_t>(-1);
    if (owned && ::chown(path.c_str(), options.user, options.group) != 0) return "cannot change the UNIX socket's ownership";
  }
  if (address.is_ip()) {
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    set(fd, SOL_SOCKET, SO_LINGER, linger{0, 0});
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
    set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
    set(fd, IPPROTO_TCP, TCP_SAVE_SYN, 0);
    ListenOptions changeable = options;
    changeable.v6 = V6::system;
    changeable.transparent = false;
    changeable.interface.clear();
    if (const char* const failed = prepare_ip(fd, address, changeable, port)) return failed;
    if (options.fast_open && !set(fd, IPPROTO_TCP, TCP_FASTOPEN, options.fast_open_queue ? options.fast_open_queue : backlog_of(options)))
      return "cannot enable TCP fast open";
  }
  if (::listen(fd, backlog_of(options)) != 0) return "cannot listen to socket";
  if (options.late_acknowledgement && address.is_ip()) set(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  return nullptr;
}

}  // namespace

ListenerSet::~ListenerSet() {
  begin();
  close_unwanted();
  decline_rest();
}

void ListenerSet::decline_rest() {
  for (const Offered& one : offered_) ::close(one.descriptor);
  offered_.clear();
}

// -1: there is none.
int ListenerSet::take_offered(const Address& address, const ListenOptions& options) {
  const auto found = std::ranges::find_if(offered_, [&](const Offered& one) {
    return is_bound_to(one.descriptor, address) && one.interface == options.interface &&
           one.network_namespace == network_namespace_name(options.network_namespace) && is_bound_alike(one.descriptor, address, options);
  });
  if (found == offered_.end()) return -1;
  const int fd = found->descriptor;
  offered_.erase(found);
  return fd;
}

std::vector<Offered> ListenerSet::on_offer() const {
  std::vector<Offered> all;
  for (const auto& entry : entries_) {
    if (entry->pair) continue;
    for (const int fd : entry->descriptors)
      all.push_back({fd, network_namespace_name(entry->options.network_namespace), entry->options.interface});
  }
  return all;
}

std::expected<ListenerSet::Entry*, std::string> ListenerSet::open(const Address& address, const ListenOptions& options,
                                                                  unsigned shards) {
  for (const auto& entry : entries_) {
    if (entry->address != address || entry->options != options || entry->wanted) continue;
    ++entry->wanted;
    return entry.get();
  }
  auto entry = std::make_unique<Entry>();
  entry->address = address;
  entry->options = options;
  entry->wanted = 1;
  const Port port = shards == 0 ? Port::ours_alone : Port::shared;
  if (!address.is_ip()) shards = 1;
  Address next = address;
  for (unsigned i = 0; i < shards || i == 0; ++i) {
    std::expected<int, std::string> fd = take_offered(next, options);
    if (*fd < 0) {
      fd = open_one(next, options, port);
    } else if (const char* const failed = retune(*fd, next, options, port)) {
      const std::string why = problem(failed);
      ::close(*fd);
      fd = Failure(why);
    }
    if (!fd) {
      for (const int opened : entry->descriptors) ::close(opened);
      return Failure(fd.error());
    }
    entry->descriptors.push_back(*fd);
    if (i == 0) entry->bound = next = address.is_ip() ? name_of(*fd) : address;  // port 0: the others take the same
  }
  entries_.push_back(std::move(entry));
  return entries_.back().get();
}

std::expected<ListenerSet::Entry*, std::string> ListenerSet::adopt(int descriptor, const ListenOptions& options) {
  for (const auto& entry : entries_) {
    if (!entry->inherited || entry->descriptors.front() != descriptor) continue;
    ++entry->wanted;
    return entry.get();
  }
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0)
    return Failure(problem("inherited descriptor is no socket"));
  if (!listening && ::listen(descriptor, backlog_of(options)) != 0)
    return Failure(problem("cannot listen to inherited socket"));
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
    return Failure(problem("cannot make inherited socket non-blocking"));
  auto entry = std::make_unique<Entry>();
  entry->address = entry->bound = name_of(descriptor);
  entry->options = options;
  entry->descriptors.push_back(descriptor);
  entry->inherited = true;
  entry->wanted = 1;
  if (entry->address.is_ip()) set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  entries_.push_back(std::move(entry));
  return entries_.back().get();
}

std::expected<ListenerSet::Entry*, std::string> ListenerSet::adopt_pair(int descriptor) {
  for (const auto& entry : entries_) {
    if (!entry->pair || entry->descriptors.front() != descriptor) continue;
    ++entry->wanted;
    return entry.get();
  }
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return Failure(problem("inherited descriptor is no socket"));
  auto entry = std::make_unique<Entry>();
  entry->address = entry->bound = Address::unix_path({});
  entry->descriptors.push_back(descriptor);
  entry->inherited = entry->pair = true;
  entry->wanted = 1;
  entries_.push_back(std::move(entry));
  return entries_.back().get();
}

void ListenerSet::begin() {
  for (const auto& entry : entries_) entry->wanted = 0;
}

// The sockets of a port are numbered in the order they began to listen, so those of a later process follow ours. A number
// beyond the last one means: choose as usual. The choice belongs to the port, not to a socket: it has to go before ours do.
void ListenerSet::others_first() {
  for (const auto& entry : entries_) {
    if (!entry->bound.is_ip()) continue;
    std::uint32_t ours = 0;
    for (const auto& one : entries_)
      if (one->bound == entry->bound) ours += static_cast<std::uint32_t>(one->descriptors.size());
    sock_filter first_of_theirs = BPF_STMT(BPF_RET | BPF_K, ours);
    const sock_fprog program{.len = 1, .filter = &first_of_theirs};
    entry->others_first = set(entry->descriptors.front(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program);
  }
}

void ListenerSet::close_unwanted() {
  std::erase_if(entries_, [](const std::unique_ptr<Entry>& entry) {
    if (entry->wanted) return false;
    if (entry->others_first) set(entry->descriptors.front(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
    for (const int fd : entry->descriptors) ::close(fd);
    return true;
  });
}

namespace {
// A descriptor somebody sent through a socket pair, or -errno.
int receive_descriptor(int pair) {
  char byte;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(pair, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0) return -errno;
  if (n == 0) return -ENOTCONN;  // the other side is gone
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
    return -EPROTO;  // nothing usable came: ignored
  int fd;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    ::close(fd);
    return -EPROTO;
  }
  return fd;
}
}  // namespace

Listener::Listener(async::Worker& worker, int descriptor, OnAccept on_accept, unsigned burst, Source source)
    : worker_(worker), fd_(descriptor), on_accept_(std::move(on_accept)), burst_(burst), source_(source) {
  work_.listener = retry_.listener = this;
  work_.step = [](async::Waiter& w) -> async::PromiseBase* {
    static_cast<Node&>(w).listener->accept_some();
    return nullptr;
  };
  retry_.step = [](async::Waiter& w) -> async::PromiseBase* {
    Listener& self = *static_cast<Node&>(w).listener;
    if (!self.paused_) self.watch();
    return nullptr;
  };
  watch();
}

Listener::~Listener() { unwatch(); }

// A listening TCP socket that is shut down for reading leaves the listening state and keeps its port.
void Listener::refuse() {
  if (refusing_ || source_ != Source::accept) return;
  int family = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(fd_, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 || (family != AF_INET && family != AF_INET6)) return;
  refusing_ = ::shutdown(fd_, SHUT_RD) == 0;
}

void Listener::listen_again() {
  if (!refusing_) return;
  refusing_ = false;
  ::listen(fd_, SOMAXCONN);
}

void Listener::pause() {
  paused_ = true;
  retry_.unlink();
  unwatch();
}

void Listener::resume() {
  paused_ = false;
  watch();
}

void Listener::watch() {
  if (watched_) return;
  retry_.unlink();
  watched_ = worker_.io().watch(fd_, async::event::in, *this) == 0;
  if (!watched_) worker_.loop.start(retry_, worker_.loop.after(milliseconds(100)));
}

void Listener::unwatch() {
  work_.unlink();
  if (watched_) worker_.io().unwatch(fd_);
  watched_ = false;
}

void Listener::on_events(std::uint32_t) { worker_.loop.push(work_); }

int Listener::next(sockaddr_storage& from, socklen_t& size) {
  if (source_ == Source::accept) return worker_.io().accept(fd_, from, size);
  const int fd = receive_descriptor(fd_);
  if (fd < 0) return fd;
  if (worker_.io().remote_name(fd, from, size) < 0) from.ss_family = AF_UNIX;
  return fd;
}

// Level-triggered: what is left is told again by the next poll. An accept() that finds nothing is dear (the kernel
// builds the new descriptor first), so the number per event starts at one and grows only while connections keep coming.
void Listener::accept_some() {
  const std::uint64_t turn = worker_.loop.turns();
  quota_ = turn - last_turn_ <= 1 && last_full_ ? std::min(quota_ * 2, burst_) : 1;
  last_turn_ = turn;
  last_full_ = false;
  for (unsigned i = 0; i < quota_; ++i)
    if (!accept_one() || !watched_) return;  // nothing left, or the callback paused us
  last_full_ = true;
}

void Listener::drain() {
  while (accept_one()) {}
}

// False when there is no use in trying again now.
bool Listener::accept_one() {
  if (admission_.ask && !admission_.ask()) return false;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd = next(from, size);
  if (fd >= 0) {
    ++accepted_;
    on_accept_(worker_, fd, Address::from(reinterpret_cast<const sockaddr*>(&from), size));
    return true;
  }
  if (admission_.cancel) admission_.cancel();
  if (fd == -EAGAIN) return false;
  if (fd == -ECONNABORTED || fd == -EINTR || fd == -EPROTO) return true;  // that one died before we got it
  last_error_ = error_of(-fd);
  unwatch();
  // Out of descriptors, most likely: later. A pair whose other end is closed has no more to give.
  retry_.unlink();
  if (fd != -ENOTCONN) worker_.loop.start(retry_, worker_.loop.after(milliseconds(100)));
  return false;
}

}  // namespace sluice::net
