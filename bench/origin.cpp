// The origin server behind every proxy under test. GET or POST /anything/SIZE is answered with SIZE bytes of the
// pattern and a Content-Length; uploads are read and dropped. It keeps connections alive unless the request says
// "Connection: close", or silently closes after the answer if the path begins with /close/ (for a relay, which can
// not ask). Listens on every loopback address, so one origin can play a thousand servers.
#include <sys/uio.h>

#include "common.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t piece = 1 << 20;
constexpr std::size_t max_head = 8192;

// One connection of a proxy. A request head that arrives in one read (all do) is parsed where it was read; `rest_`
// keeps the start of one that does not.
class Client {
 public:
  explicit Client(int fd) : fd_(fd) {}
  ~Client() { close(fd_); }
  // False: the connection is over.
  bool serve(std::uint32_t events);

 private:
  enum class Step { again, wait, over };
  Step read_head();
  Step read_upload();
  Step write_answer();
  Step parse(std::string_view head);
  void start_answer();

  int fd_;
  bool hung_up_ = false;   // more may have to be read although a read came back short
  bool drained_ = false;   // the last read came back short
  bool close_after_ = false;
  bool answering_ = false;
  std::uint64_t upload_left_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t sent_ = 0;  // of head and body together
  std::string answer_head_;
  std::string rest_;
};

const std::string body = pattern_text(piece);
char scratch[256 << 10];

bool Client::serve(std::uint32_t events) {
  hung_up_ = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (events & EPOLLIN) drained_ = false;
  for (;;) {
    Step step = answering_ ? write_answer() : upload_left_ > 0 ? read_upload() : read_head();
    if (step != Step::again) return step == Step::wait;
  }
}

Client::Step Client::read_head() {
  if (drained_ && !hung_up_) return Step::wait;
  ssize_t n = recv(fd_, scratch, max_head, 0);
  if (n <= 0) return n < 0 && errno == EAGAIN ? Step::wait : Step::over;
  drained_ = static_cast<std::size_t>(n) < max_head;
  std::string_view head{scratch, static_cast<std::size_t>(n)};
  if (!rest_.empty()) head = rest_.append(head);
  if (head.find("\r\n\r\n") == head.npos) {
    if (rest_.empty()) rest_ = head;
    return rest_.size() > max_head ? Step::over : Step::again;
  }
  Step step = parse(head);
  rest_.clear();
  return step;
}

Client::Step Client::parse(std::string_view head) {
  std::size_t end = head.find("\r\n\r\n") + 4;
  std::size_t extra = head.size() - end;
  std::string_view line = take_until(head, '\n');
  take_until(line, ' ');
  std::string_view path = take_until(line, ' ');
  close_after_ = path.starts_with("/close/") || line.starts_with("HTTP/1.0");
  bool say_close = false;
  upload_left_ = 0;
  while (!head.empty() && head.front() != '\r') {
    std::string_view field = take_until(head, '\n');
    std::string_view name = take_until(field, ':');
    if (equal_nocase(name, "content-length")) {
      upload_left_ = parse_uint(trim(field.substr(0, field.size() - 1))).value_or(0);
    } else if (equal_nocase(name, "connection")) {
      if (starts_nocase(trim(field), "close")) close_after_ = say_close = true;
    } else if (equal_nocase(name, "transfer-encoding")) {
      return Step::over;  // no proxy has a reason to do this to our load: let it show as an error
    }
  }
  std::size_t slash = path.rfind('/');
  auto size = parse_uint(path.substr(slash + 1));
  if (!size || extra > upload_left_) return Step::over;
  upload_left_ -= extra;
  size_ = *size;
  answer_head_ = "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\nContent-Length: ";
  answer_head_ += std::to_string(size_);
  answer_head_ += say_close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
  if (upload_left_ == 0) start_answer();
  return Step::again;
}

Client::Step Client::read_upload() {
  if (drained_ && !hung_up_) return Step::wait;
  std::size_t want = upload_left_ < sizeof scratch ? upload_left_ : sizeof scratch;
  ssize_t n = recv(fd_, scratch, want, MSG_TRUNC);  // dropped by the kernel, not copied
  if (n <= 0) return n < 0 && errno == EAGAIN ? Step::wait : Step::over;
  drained_ = static_cast<std::size_t>(n) < want;
  upload_left_ -= static_cast<std::uint64_t>(n);
  if (upload_left_ == 0) start_answer();
  return Step::again;
}

void Client::start_answer() {
  answering_ = true;
  sent_ = 0;
}

Client::Step Client::write_answer() {
  std::size_t head_size = answer_head_.size();
  while (sent_ < head_size + size_) {
    iovec parts[2];
    int count = 0;
    std::uint64_t at = 0;
    if (sent_ < head_size) {
      parts[count++] = {answer_head_.data() + sent_, head_size - sent_};
    } else {
      at = sent_ - head_size;
    }
    std::size_t length = size_ - at < piece ? size_ - at : piece;
    if (length > 0) parts[count++] = {const_cast<char*>(body.data()) + at % pattern_period, length};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    ssize_t n = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN ? Step::wait : Step::over;
    sent_ += static_cast<std::uint64_t>(n);
  }
  answering_ = false;
  return close_after_ ? Step::over : Step::again;
}

int run(int argc, char** argv) {
  Options options(argc, argv, "usage: origin --port PORT");
  prepare_process();
  int listener = listen_on_loopback(options.number("port", 0));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, nullptr, EPOLLIN);
  std::vector<epoll_event> events(512);
  for (;;) {
    int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      epoll_event& event = events[static_cast<std::size_t>(i)];
      if (auto* client = static_cast<Client*>(event.data.ptr)) {
        if (!client->serve(event.events)) delete client;
        continue;
      }
      for (;;) {
        int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) break;
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        watch(epoll, fd, new Client(fd), edge_triggered);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(argc, argv); }
