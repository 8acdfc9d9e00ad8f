#include "net/handover.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace sluice::net {
namespace {

constexpr std::size_t most_at_once = 252;
constexpr std::uint32_t most_sockets = 1 << 20;

using Failure = std::unexpected<std::string>;

std::string problem(const char* what) { return fmt::format("{} ({})", what, std::strerror(errno)); }

void add_name(std::string& to, std::string_view name) {
  const std::string_view shown = name.substr(0, 255);
  to += static_cast<char>(shown.size());
  to += shown;
}

std::string described(std::span<const Offered> sockets) {
  std::string bytes;
  for (const Offered& one : sockets) {
    add_name(bytes, one.network_namespace);
    add_name(bytes, one.interface);
    bytes.append(4, '\0');
  }
  return bytes;
}

// False: errno says why. The bytes of a message are few and the socket is empty, so it is taken whole.
bool send_message(int to, std::string bytes, std::span<const Offered> sockets) {
  iovec piece{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(most_at_once * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!sockets.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sockets.size() * sizeof(int));
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sockets.size() * sizeof(int));
    for (std::size_t i = 0; i < sockets.size(); ++i)
      std::memcpy(CMSG_DATA(head) + i * sizeof(int), &sockets[i].descriptor, sizeof(int));
  }
  return ::sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// What came so far, on the receiving side. Closes what nobody took.
class Arriving {
 public:
  explicit Arriving(int fd) : fd_(fd) {}
  ~Arriving() {
    for (const int descriptor : descriptors_) ::close(descriptor);
    ::close(fd_);
  }
  Arriving(const Arriving&) = delete;
  Arriving& operator=(const Arriving&) = delete;

  std::expected<std::vector<Offered>, std::string> all() {
    for (;;) {
      if (const auto wanted = count(); wanted && *wanted > most_sockets) return Failure("it does not expose its listeners");
      if (auto offered = parsed()) return std::move(*offered);
      if (!receive()) return Failure(ended_ ? "it does not expose its listeners" : problem("cannot receive its listeners"));
    }
  }

 private:
  std::optional<std::uint32_t> count() const {
    std::uint32_t number = 0;
    if (bytes_.size() < sizeof number) return std::nullopt;
    std::memcpy(&number, bytes_.data(), sizeof number);
    return number;
  }
  // Nothing: there is more to come.
  std::optional<std::vector<Offered>> parsed() {
    const auto wanted = count();
    if (!wanted || descriptors_.size() < *wanted) return std::nullopt;
    std::string_view rest = std::string_view(bytes_).substr(sizeof(std::uint32_t));
    const auto name = [&rest]() -> std::optional<std::string> {
      const std::size_t size = rest.empty() ? 0 : static_cast<unsigned char>(rest.front());
      if (rest.size() < size + 1) return std::nullopt;
      std::string text(rest.substr(1, size));
      rest.remove_prefix(size + 1);
      return text;
    };
    std::vector<Offered> offered;
    for (std::uint32_t i = 0; i < *wanted; ++i) {
      auto its_namespace = name();
      auto interface = its_namespace ? name() : std::nullopt;
      if (!interface || rest.size() < 4) return std::nullopt;
      rest.remove_prefix(4);
      offered.push_back({descriptors_[i], std::move(*its_namespace), std::move(*interface)});
    }
    descriptors_.erase(descriptors_.begin(), descriptors_.begin() + *wanted);
    return offered;
  }
  bool receive() {
    char bytes[65536];
    iovec piece{bytes, sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(1024 * sizeof(int))];
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(fd_, &message, MSG_CMSG_CLOEXEC);
    ended_ = n == 0;
    if (n <= 0) return false;
    bytes_.append(bytes, static_cast<std::size_t>(n));
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
      if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t came = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < came; ++i) {
        int descriptor;
        std::memcpy(&descriptor, CMSG_DATA(head) + i * sizeof(int), sizeof descriptor);
        descriptors_.push_back(descriptor);
      }
      ::send(fd_, "", 1, MSG_NOSIGNAL);  // the next, please; nobody reads the last one of these
    }
    return true;
  }

  const int fd_;
  std::string bytes_;
  std::vector<int> descriptors_;
  bool ended_ = false;
};

}  // namespace

std::expected<std::vector<Offered>, std::string> receive_listeners(const Address& from) {
  const int fd = ::socket(from.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failure(problem("cannot create a socket"));
  Arriving arriving(fd);
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const Address::Raw raw = from.raw();
  if (::connect(fd, raw.get(), raw.size) != 0) return Failure(problem("cannot connect to it"));
  constexpr std::string_view question = "_getsocks\n";
  if (::send(fd, question.data(), question.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(question.size()))
    return Failure(problem("cannot ask it"));
  return arriving.all();
}

async::Task<> send_listeners(Stream& stream, std::vector<Offered> sockets, Duration patience) {
  const auto count = static_cast<std::uint32_t>(sockets.size());
  if (!send_message(stream.socket().fd(), std::string(reinterpret_cast<const char*>(&count), sizeof count), {}))
    co_await fail(Kind::end, Side::client);
  std::span<const Offered> rest = sockets;
  for (;;) {
    const std::span<const Offered> some = rest.first(std::min(rest.size(), most_at_once));
    rest = rest.subspan(some.size());
    if (!send_message(stream.socket().fd(), described(some), some)) co_await fail(Kind::end, Side::client);
    if (rest.empty()) co_return;
    char acknowledgement[16];
    const std::size_t got = co_await stream.read(acknowledgement, stream.loop().after(patience));
    if (got == 0) co_await fail(Kind::end, Side::client);
  }
}

}  // namespace sluice::net
