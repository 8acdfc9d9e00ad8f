// The load generator: one thread, N connections, each sends a request, checks the whole answer, sends the next one.
// Every answer is checked for its status and its length, the first of each connection byte by byte, so that errors
// cannot look fast. At the beginning and the end of the measured window it reads the CPU time of the processes
// under test (--watch), so that both are taken at the same moment as the request counter. Prints one JSON object.
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

#include "common.hpp"

namespace sluice::bench {
namespace {

constexpr std::string_view help =
    "usage: load --port PORT [--connections N] [--path /x/SIZE | --routes N --size SIZE] [--upload BYTES] [--close 1] [--browser 1]\n"
    "  [--milliseconds N] [--warmup MILLISECONDS] [--requests N] [--watch PID,PID] [--helpers PID,PID]\n"
    "  [--sink UDP_PORT] [--idle 1]";

// ---- what is measured -----------------------------------------------------------------------------------------

// Log-linear: 64 steps per power of two, so a percentile is right to 1.6 %.
class Histogram {
 public:
  void add(std::int64_t ns) { ++counts_[index(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)))]; }
  double percentile_us(double share) const {
    std::uint64_t total = 0;
    for (std::uint64_t count : counts_) total += count;
    auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (rank < counts_[i]) return static_cast<double>(value(i)) / 1000;
      rank -= counts_[i];
    }
    return 0;
  }
  void clear() { counts_.fill(0); }

 private:
  static std::size_t index(std::uint64_t n) {
    if (n < 64) return n;
    auto shift = static_cast<std::size_t>(std::bit_width(n)) - 7;
    return (shift + 1) * 64 + (n >> shift) - 64;
  }
  static std::uint64_t value(std::size_t i) { return i < 64 ? i : (i % 64 + 64) << (i / 64 - 1); }
  std::array<std::uint64_t, 64 * 60> counts_{};
};

std::string slurp(const std::string& path) {
  std::string text(4096, '\0');
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  ssize_t n = read(fd, text.data(), text.size());
  close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

// CPU time of processes, all their threads: the sum from the scheduler in ns, and the kernel's user and system
// ticks, which give the split.
struct Cpu {
  std::uint64_t ns = 0, user_ticks = 0, system_ticks = 0;
};
Cpu cpu_of(const std::vector<std::string>& pids) {
  Cpu sum;
  for (const std::string& pid : pids) {
    std::string stat = slurp("/proc/" + pid + "/stat");
    std::string_view rest = stat;
    rest.remove_prefix(std::min(rest.size(), rest.rfind(')') + 2));
    for (int i = 0; i < 11; ++i) take_until(rest, ' ');
    sum.user_ticks += parse_uint(take_until(rest, ' ')).value_or(0);
    sum.system_ticks += parse_uint(take_until(rest, ' ')).value_or(0);
    for (int i = 0; i < 4; ++i) take_until(rest, ' ');
    std::uint64_t threads = parse_uint(take_until(rest, ' ')).value_or(1);
    if (threads == 1) {
      std::string schedstat = slurp("/proc/" + pid + "/schedstat");
      rest = schedstat;
      sum.ns += parse_uint(take_until(rest, ' ')).value_or(0);
      continue;
    }
    timespec t{};
    clockid_t clock{};
    if (clock_getcpuclockid(static_cast<pid_t>(parse_uint(pid).value_or(0)), &clock) == 0 && clock_gettime(clock, &t) == 0)
      sum.ns += static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
  }
  return sum;
}

struct Memory {
  std::uint64_t rss_kb = 0, private_kb = 0;
};
Memory memory_of(const std::vector<std::string>& pids) {
  Memory sum;
  for (const std::string& pid : pids) {
    std::string text = slurp("/proc/" + pid + "/smaps_rollup");
    std::string_view rest = text;
    while (!rest.empty()) {
      std::string_view line = take_until(rest, '\n');
      std::string_view name = take_until(line, ':');
      line = trim(line);
      std::uint64_t kb = parse_uint(take_until(line, ' ')).value_or(0);
      if (name == "Rss") sum.rss_kb += kb;
      if (name == "Private_Dirty") sum.private_kb += kb;
    }
  }
  return sum;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) words.emplace_back(take_until(list, ','));
  return words;
}

// ---- the load ---------------------------------------------------------------------------------------------------

struct Plan {
  std::uint64_t port = 0, connections = 0, routes = 0, size = 64, upload = 0, requests = 0;
  bool close_each = false;
  bool browser = false;  // the fields a browser sends instead of three
  std::string path;
};

class Run;

// One connection and the request on it.
class Connection {
 public:
  explicit Connection(Run& run) : run_(run) {}
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }
  void begin();  // the next request, on a new connection if there is none
  void on_event(std::uint32_t events);
  bool idle() const { return !busy_; }

 private:
  void open();
  bool write_request();
  void read_answer();
  bool take_head();
  bool take_body(std::string_view bytes);
  void finish();
  void failed(std::string_view why);

  Run& run_;
  int fd_ = -1;
  bool busy_ = false, connected_ = false, verified_ = false, hung_up_ = false;
  std::int64_t begun_ = 0;
  std::string head_;             // of the request
  std::uint64_t sent_ = 0;       // of request head and upload together
  std::string answer_;           // the answer's head, as far as it came
  bool in_body_ = false;
  std::uint64_t got_ = 0;        // of the body
};

class Run {
 public:
  explicit Run(const Options& options);
  int timed(const Options& options);
  int idle(const Options& options);

 private:
  friend class Connection;
  void turn(int timeout_ms);
  void drain_sink();
  void request_head(std::string& into);
  bool may_begin() const { return !stopping_ && (plan_.requests == 0 || started_ < plan_.requests); }
  void drive(std::size_t first, std::size_t count);

  Plan plan_;
  int epoll_ = -1, sink_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<epoll_event> events_;
  std::vector<std::string> watched_, helpers_;
  std::uint64_t random_ = 0x9e3779b97f4a7c15;
  bool stopping_ = false, again_ = true;  // again: a connection begins its next request by itself
  std::uint64_t started_ = 0, done_ = 0, bytes_ = 0, errors_ = 0, datagrams_ = 0;
  std::uint64_t finished_ = 0;  // answers and errors
  std::string first_error_;
  Histogram latency_;
};

char scratch[64 << 10];
const std::string body = pattern_text(sizeof scratch);
const std::string upload_body = pattern_text(1 << 20);

Run::Run(const Options& options) {
  plan_.port = options.number("port", 0);
  plan_.connections = options.number("connections", 64);
  plan_.routes = options.number("routes", 0);
  plan_.upload = options.number("upload", 0);
  plan_.requests = options.number("requests", 0);
  plan_.close_each = options.number("close", 0) != 0;
  plan_.browser = options.number("browser", 0) != 0;
  plan_.path = options.text("path", "/b/64");
  plan_.size = options.number("size", parse_uint(plan_.path.substr(plan_.path.rfind('/') + 1)).value_or(64));
  watched_ = split(options.text("watch", ""));
  helpers_ = split(options.text("helpers", ""));
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  events_.resize(512);
  if (std::uint64_t port = options.number("sink", 0)) {
    sink_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    set_option(sink_, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    sockaddr_in address = ipv4(loopback, port);
    if (bind(sink_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind the sink");
    watch(epoll_, sink_, nullptr, EPOLLIN);
  }
}

// What a browser of our days sends with a page's picture.
constexpr const char* browser_fields =
    " HTTP/1.1\r\nHost: bench.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://bench.example/articles/2026/11/21/how-to-measure?page=2\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=necessary%2Canalytics; _ga=GA1.2.1234567890.1234567890\r\n"
    "Sec-Fetch-Dest: image\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\nPriority: u=5, i\r\n"
    "If-Modified-Since: Sat, 21 Nov 2026 08:00:00 GMT\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n";

void Run::request_head(std::string& into) {
  into = plan_.upload > 0 ? "POST " : "GET ";
  if (plan_.routes > 0) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    into += "/route" + std::to_string(random_ % plan_.routes) + "/" + std::to_string(plan_.size);
  } else {
    into += plan_.path;
  }
  into += plan_.browser ? browser_fields : " HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: load/1\r\nAccept: */*\r\n";
  if (plan_.upload > 0) into += "Content-Length: " + std::to_string(plan_.upload) + "\r\n";
  if (plan_.close_each) into += "Connection: close\r\n";
  into += "\r\n";
}

void Run::drain_sink() {
  std::array<std::array<char, 2048>, 64> buffers;
  std::array<iovec, 64> parts;
  std::array<mmsghdr, 64> messages{};
  for (std::size_t i = 0; i < 64; ++i) {
    parts[i] = {buffers[i].data(), buffers[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int n;
  while ((n = recvmmsg(sink_, messages.data(), 64, 0, nullptr)) > 0) datagrams_ += static_cast<std::uint64_t>(n);
}

void Run::turn(int timeout_ms) {
  int n = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  for (int i = 0; i < n; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      drain_sink();
    } else {
      static_cast<Connection*>(event.data.ptr)->on_event(event.events);
    }
  }
}

void Connection::begin() {
  busy_ = true;
  ++run_.started_;
  begun_ = now_ns();
  if (head_.empty() || run_.plan_.routes > 0) run_.request_head(head_);
  sent_ = 0;
  answer_.clear();
  in_body_ = false;
  got_ = 0;
  if (fd_ < 0) {
    open();
  } else {
    write_request();
  }
}

void Connection::open() {
  verified_ = connected_ = hung_up_ = false;
  fd_ = connect_to(run_.plan_.port);
  if (fd_ < 0) return failed(std::string("connect: ") + std::strerror(errno));
  watch(run_.epoll_, fd_, this, edge_triggered);
}

void Connection::on_event(std::uint32_t events) {
  if (fd_ < 0) return;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (!busy_) {
    if (hung_up_) {
      if (!run_.again_) {  // the proxy was to keep it
        ++run_.errors_;
        run_.first_error_ = "closed while idle";
      }
      close(fd_);
      fd_ = -1;
    }
    return;
  }
  if (events & EPOLLOUT) {
    connected_ = true;
    if (!write_request()) return;
  }
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read_answer();
}

bool Connection::write_request() {
  std::uint64_t total = head_.size() + run_.plan_.upload;
  while (sent_ < total) {
    iovec parts[2];
    std::size_t count = 0;
    std::uint64_t at = 0;
    if (sent_ < head_.size()) {
      parts[count++] = {head_.data() + sent_, head_.size() - sent_};
    } else {
      at = sent_ - head_.size();
    }
    std::uint64_t left = run_.plan_.upload - at;
    if (left > 0) parts[count++] = {const_cast<char*>(upload_body.data()) + at % pattern_period, std::min<std::uint64_t>(left, 1 << 20)};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    ssize_t n = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) return true;
      failed(std::string("send: ") + std::strerror(errno));
      return false;
    }
    sent_ += static_cast<std::uint64_t>(n);
  }
  return true;
}

void Connection::read_answer() {
  while (busy_ && fd_ >= 0) {
    bool all = in_body_ && got_ == run_.plan_.size;
    bool drop = in_body_ && verified_ && !all;
    std::size_t want = sizeof scratch;
    if (drop) want = std::min<std::uint64_t>(run_.plan_.size - got_, 4 << 20);
    // A body that needs no look is dropped by the kernel; MSG_TRUNC writes nothing to the buffer.
    ssize_t n = recv(fd_, drop ? nullptr : scratch, want, drop ? MSG_TRUNC : 0);
    if (n < 0) {
      if (errno == EAGAIN) return;
      return failed(std::string("recv: ") + std::strerror(errno));
    }
    if (n == 0) {
      if (all && run_.plan_.close_each) return finish();
      return failed(in_body_ ? "closed in the body" : answer_.empty() ? "closed without an answer" : "closed in the head");
    }
    auto length = static_cast<std::size_t>(n);
    if (drop) {
      got_ += length;
      run_.bytes_ += length;
    } else if (in_body_) {
      if (!take_body({scratch, length})) return;
    } else {
      answer_.append(scratch, length);
      if (!take_head()) return;
    }
    if (in_body_ && got_ == run_.plan_.size && !run_.plan_.close_each) return finish();
    if (length < want && !hung_up_) return;
  }
}

// False: failed.
bool Connection::take_head() {
  std::size_t end = answer_.find("\r\n\r\n");
  if (end == answer_.npos) {
    if (answer_.size() < 16384) return true;
    failed("answer head too large");
    return false;
  }
  std::string_view head = std::string_view(answer_).substr(0, end + 2);
  std::string_view line = take_until(head, '\n');
  if (!line.starts_with("HTTP/1.") || line.substr(8, 5) != " 200 ") {
    failed("status line: " + std::string(line.substr(0, line.size() - 1)));
    return false;
  }
  std::uint64_t length = ~std::uint64_t{0};
  while (!head.empty()) {
    std::string_view field = take_until(head, '\n');
    std::string_view name = take_until(field, ':');
    if (equal_nocase(name, "content-length")) length = parse_uint(trim(field.substr(0, field.size() - 1))).value_or(length);
    if (equal_nocase(name, "connection") && !run_.plan_.close_each && equal_nocase(trim(field.substr(0, field.size() - 1)), "close")) {
      failed("the proxy does not keep the connection alive");
      return false;
    }
  }
  if (length != run_.plan_.size) {
    failed("content-length is not the size asked for");
    return false;
  }
  in_body_ = true;
  return take_body(std::string_view(answer_).substr(end + 4));
}

bool Connection::take_body(std::string_view bytes) {
  if (got_ + bytes.size() > run_.plan_.size) {
    failed("more bytes than announced");
    return false;
  }
  if (!verified_ && bytes != std::string_view(body).substr(got_ % pattern_period, bytes.size())) {
    failed("wrong bytes in the body");
    return false;
  }
  got_ += bytes.size();
  run_.bytes_ += bytes.size();
  return true;
}

void Connection::finish() {
  if (sent_ < head_.size() + run_.plan_.upload) return failed("answered before the upload was complete");
  run_.latency_.add(now_ns() - begun_);
  ++run_.done_;
  ++run_.finished_;
  busy_ = false;
  verified_ = !run_.plan_.close_each;
  if (run_.plan_.close_each) {
    close(fd_);
    fd_ = -1;
  }
  if (run_.again_ && run_.may_begin()) begin();
}

void Connection::failed(std::string_view why) {
  ++run_.errors_;
  ++run_.finished_;
  if (run_.first_error_.empty()) run_.first_error_ = why;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  busy_ = false;  // this connection stays down: a few errors end the run
  if (run_.errors_ > 20) run_.stopping_ = true;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' ? c : ' ';
  }
  return out + '"';
}

// A warm-up, then a window of so many milliseconds (or requests).
int Run::timed(const Options& options) {
  std::int64_t warmup = static_cast<std::int64_t>(options.number("warmup", 200)) * 1'000'000;
  std::int64_t window = static_cast<std::int64_t>(options.number("milliseconds", 1000)) * 1'000'000;
  for (std::uint64_t i = 0; i < plan_.connections; ++i) connections_.push_back(std::make_unique<Connection>(*this));
  for (auto& connection : connections_)
    if (may_begin()) connection->begin();
  auto over = [this] { return stopping_ || (plan_.requests > 0 && finished_ >= plan_.requests); };
  for (std::int64_t until = now_ns() + warmup; now_ns() < until && !over();) turn(20);

  std::uint64_t done0 = done_, bytes0 = bytes_, datagrams0 = datagrams_;
  latency_.clear();
  Cpu cpu0 = cpu_of(watched_), helpers0 = cpu_of(helpers_), own0 = cpu_of({"self"});
  std::int64_t begin = now_ns();
  while (now_ns() < begin + window && !over()) turn(20);
  std::int64_t end = now_ns();
  Cpu cpu1 = cpu_of(watched_), helpers1 = cpu_of(helpers_), own1 = cpu_of({"self"});
  std::uint64_t done = done_ - done0, bytes = bytes_ - bytes0, datagrams = datagrams_ - datagrams0;
  Memory memory = memory_of(watched_);
  // A request that never ends is an error too: each connection must still be served within ten seconds.
  stopping_ = true;
  for (std::int64_t until = now_ns() + 10'000'000'000; now_ns() < until; turn(20)) {
    if (std::ranges::all_of(connections_, [](auto& c) { return c->idle(); })) break;
  }
  for (auto& connection : connections_) {
    if (connection->idle()) continue;
    ++errors_;
    if (first_error_.empty()) first_error_ = "a request was not answered";
  }

  double seconds = static_cast<double>(end - begin) / 1e9;
  std::printf(
      "{\"requests\": %llu, \"errors\": %llu, \"first_error\": %s, \"seconds\": %.6f, \"bytes\": %llu, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f, \"cpu_ns\": %llu, \"user_ticks\": %llu, \"system_ticks\": %llu, "
      "\"helpers_ns\": %llu, \"rss_kb\": %llu, \"private_kb\": %llu, \"datagrams\": %llu}\n",
      static_cast<unsigned long long>(done), static_cast<unsigned long long>(errors_), json_text(first_error_).c_str(),
      seconds, static_cast<unsigned long long>(bytes), latency_.percentile_us(0.5), latency_.percentile_us(0.99),
      static_cast<unsigned long long>(cpu1.ns - cpu0.ns), static_cast<unsigned long long>(cpu1.user_ticks - cpu0.user_ticks),
      static_cast<unsigned long long>(cpu1.system_ticks - cpu0.system_ticks),
      static_cast<unsigned long long>(helpers1.ns - helpers0.ns + own1.ns - own0.ns),
      static_cast<unsigned long long>(memory.rss_kb), static_cast<unsigned long long>(memory.private_kb),
      static_cast<unsigned long long>(datagrams));
  return 0;
}

// One request on each connection of [first, first + count), at most 32 at a time; the connections stay open.
void Run::drive(std::size_t first, std::size_t count) {
  std::uint64_t goal = finished_ + count;
  std::size_t next = first;
  std::int64_t until = now_ns() + 20'000'000'000;
  while (finished_ < goal && !stopping_ && now_ns() < until) {
    std::uint64_t running = started_ - finished_;
    while (next < first + count && running < 32) {
      if (next >= connections_.size()) connections_.push_back(std::make_unique<Connection>(*this));
      connections_[next++]->begin();
      ++running;
    }
    turn(20);
  }
  if (finished_ < goal && first_error_.empty()) {
    first_error_ = "not all connections were answered";
    ++errors_;
  }
}

// Memory per idle connection: 256 connections first, so that what a process takes once is not counted, then as many
// as asked for. At the end each connection must still answer.
int Run::idle(const Options&) {
  constexpr std::size_t before = 256;
  again_ = false;
  drive(0, before);
  usleep(300'000);
  Memory memory0 = memory_of(watched_);
  drive(before, plan_.connections);
  usleep(300'000);
  Memory memory1 = memory_of(watched_);
  drive(0, connections_.size());
  auto per_connection = [this](std::uint64_t kb0, std::uint64_t kb1) {
    return (static_cast<double>(kb1) - static_cast<double>(kb0)) * 1024 / static_cast<double>(plan_.connections);
  };
  std::printf(
      "{\"requests\": %llu, \"errors\": %llu, \"first_error\": %s, \"rss_kb\": %llu, \"private_kb\": %llu, "
      "\"rss_per_connection\": %.1f, \"private_per_connection\": %.1f}\n",
      static_cast<unsigned long long>(done_), static_cast<unsigned long long>(errors_), json_text(first_error_).c_str(),
      static_cast<unsigned long long>(memory1.rss_kb), static_cast<unsigned long long>(memory1.private_kb),
      per_connection(memory0.rss_kb, memory1.rss_kb), per_connection(memory0.private_kb, memory1.private_kb));
  return 0;
}

int run(int argc, char** argv) {
  Options options(argc, argv, help);
  if (options.number("port", 0) == 0) usage(help);
  prepare_process();
  Run run(options);
  return options.number("idle", 0) != 0 ? run.idle(options) : run.timed(options);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(argc, argv); }
