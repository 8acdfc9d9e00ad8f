// The examples in the entries of this layer and of those below that need a real exchange: each is evaluated for one
// request through this configuration, behind a PROXY header. tests/unit/expr runs those that need a message only.
#include "expr/entries.hpp"
#include "unit/proxy/proxy_testing.hpp"

namespace sluice::proxy {
namespace {

using testing::Peer;
using testing::Proxy;

constexpr std::string_view world = R"(defaults
 mode http
 timeout client 30s
 timeout server 20s
 timeout connect 5s
 timeout queue 4s
 timeout tarpit 3s
 timeout tunnel 1m
 retries 2
frontend other
 bind 127.0.0.1:0
frontend web
 bind 127.0.0.1:0 accept-proxy
 acl yes always_true
 declare capture request len 10
 declare capture response len 10
 http-request set-priority-class int(7)
 http-request set-priority-offset int(-50)
 default_backend farm
 @front@
backend farm
 http-request set-timeout server 15s
 stick-table type string size 10 expire 1h
 stick store-request str(known)
 http-response allow
 server one 127.0.0.1:@port@ weight 10 maxconn 8 maxqueue 4
 server two 127.0.0.1:1 weight 30 maxconn 8 disabled
backend spare
 server three 127.0.0.1:1 disabled
userlist users
 user plain insecure-password open
)";
constexpr std::string_view request = "GET /index.html HTTP/1.1\r\nhost: www.example.com\r\n\r\n";
constexpr std::string_view answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

// 192.0.2.7:40000 to 192.0.2.1:80, with an authority and a unique id.
std::string proxy_header() {
  using namespace std::string_view_literals;
  std::string rest("\xc0\0\x02\x07\xc0\0\x02\x01\x9c\x40\0\x50"sv);
  rest += "\x02\0\x0fwww.example.com\x05\0\x04id-7"sv;
  std::string header("\r\n\r\n\0\r\nQUIT\n\x21\x11\0"sv);
  header += static_cast<char>(rest.size());
  return header + rest;
}

void serve(Peer& peer) {
  while (peer.message().ends_with("\r\n\r\n")) peer.send(answer);
}

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
  const auto at = text.find(mark);
  return at == text.npos ? text : text.replace(at, mark.size(), by);
}

// A log server that takes one line.
class LogSink {
 public:
  LogSink() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~LogSink() { ::close(fd_); }
  std::string line() {
    pollfd wait{fd_, POLLIN, 0};
    char bytes[65536];
    const ssize_t n = ::poll(&wait, 1, 5000) > 0 ? ::recv(fd_, bytes, sizeof bytes, 0) : 0;
    return {bytes, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  std::uint16_t port = 0;

 private:
  int fd_;
};

std::string between(std::string_view text) {
  const auto first = text.find("value=["), last = text.rfind(']');
  return first == text.npos || last == text.npos ? "<nothing: " + std::string(text) + ">" : std::string(text.substr(first + 7, last - first - 7));
}

// In a field of the answer, or in the log: what is known at the end only, or may not be asked for before.
std::string value_of(std::string_view expression) {
  const bool at_the_end = expression.starts_with("bytes_out") || expression.starts_with("res.timer.data");
  testing::Origin origin(serve);
  LogSink log;
  const std::string text = replaced(std::string(world), "@port@", std::to_string(origin.port));
  if (!at_the_end) {
    Proxy proxy(replaced(text, "@front@", fmt::format("http-after-response set-header x-value 'value=[%[{}]]'", expression)));
    if (proxy.works) {
      Peer client(proxy.ports.at(1));
      client.send(proxy_header());
      client.send(request);
      return between(client.until("\r\n\r\n"));
    }
  }
  Proxy early(replaced(text, "@front@", fmt::format("http-request set-var(txn.value) {}\n http-after-response set-header x-value "
                                                    "'value=[%[var(txn.value)]]'", expression)));
  if (!at_the_end && early.works) {  // needs the request
    Peer client(early.ports.at(1));
    client.send(proxy_header());
    client.send(request);
    return between(client.until("\r\n\r\n"));
  }
  Proxy proxy(replaced(text, "@front@", fmt::format("log 127.0.0.1:{} local0\n log-format 'value=[%[{}]]'", log.port, expression)));
  if (!proxy.works) return "<error: " + proxy.messages + ">";
  Peer client(proxy.ports.at(1));
  client.send(proxy_header());
  client.send(request);
  client.message();
  client.close();
  std::string got = between(log.line());
  return got == "-" ? "" : got;
}

template <class Entry>
void run_examples() {
  std::size_t ran = 0;
  for (const auto* node = catalog::Add<Entry>::first(); node; node = node->next()) {
    EXPECT_FALSE(node->entry().examples.empty()) << node->entry().name << " has no example: no test has seen it";
    if (std::string_view(node->where().file_name()).find("/expr/") != std::string_view::npos) continue;
    for (const catalog::Example& example : node->entry().examples) {
      std::string value = value_of(example.input);
      // Rates are those of the last second, which may have passed on a busy machine.
      for (int again = 0; again < 3 && value != example.output && example.input.find("rate") != std::string_view::npos; ++again)
        value = value_of(example.input);
      EXPECT_EQ(value, example.output) << node->entry().name << ": " << example.input;
      ++ran;
    }
  }
  EXPECT_GT(ran, 5u);
}

TEST(g_examples, of_fetches_are_true) { run_examples<expr::Fetch>(); }
TEST(g_examples, of_converters_are_true) { run_examples<expr::Converter>(); }

}  // namespace
}  // namespace sluice::proxy
