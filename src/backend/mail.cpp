#include "backend/mail.hpp"

#include <unistd.h>

#include <cstdio>
#include <deque>

#include "base/text.hpp"
#include "net/connect.hpp"
#include "net/stream.hpp"

namespace sluice::backend {

using async::attempt;
using async::Task;

namespace {

// RFC 5322 section 3.3, as HAProxy writes it.
std::string date_of(WallTime now) {
  const std::time_t second = static_cast<std::time_t>(now.us / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&second, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000 (UTC)", &parts);
  return {text, size};
}

// A line that begins with a dot gets a second one (RFC 5321 section 4.5.2); no line breaks of its own.
std::string one_line(std::string_view text) {
  std::string line = text.starts_with('.') ? "." : "";
  for (const char c : text) line += c == '\r' || c == '\n' ? ' ' : c;
  return line;
}

std::string letter(const MailRoute& route, std::string_view text, WallTime now) {
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::string line = one_line(text);
  return fmt::format("From: {}\r\nTo: {}\r\nDate: {}\r\nSubject: [HAProxy Alert] {}\r\n\r\n{}\r\n\r\n.\r\n", route.from, route.to,
                     date_of(now), line, line);
}

constexpr std::size_t longest_reply = 4096;

// One reply, of several lines perhaps; it must begin with `code`.
Task<> expect(net::Stream& stream, std::string& unread, char code, Instant deadline) {
  for (;;) {
    const std::size_t end = unread.find('\n');
    if (end != std::string::npos) {
      const bool more = end > 3 && unread[3] == '-', good = unread.front() == code;
      unread.erase(0, end + 1);
      if (!good) co_await fail(Kind::refused, Side::server);
      if (!more) co_return;
      continue;
    }
    if (unread.size() >= longest_reply) co_await fail(Kind::too_large, Side::server);
    const std::size_t before = unread.size();
    unread.resize(longest_reply);
    const Result<std::size_t> got = co_await attempt(stream.read(std::span(unread).subspan(before), deadline));
    unread.resize(before + got.value_or(0));
    if (!got) co_await fail(got.error());
    if (*got == 0) co_await fail(Kind::end, Side::server);
  }
}

Task<> say(net::Stream& stream, std::string text, Instant deadline) {
  const Duration patience = deadline - stream.loop().now();
  co_await stream.write_all(text, patience);
}

}  // namespace

// RFC 5321: each command waits for its answer.
Task<> send_mail(async::Worker& worker, const MailRoute& route, net::Address mailer, std::string text) {
  const Instant deadline = worker.loop.after(route.timeout);
  const net::ConnectOptions options;
  const std::unique_ptr<net::Stream> stream = co_await net::connect(worker, mailer, options, deadline);
  std::string unread;
  co_await expect(*stream, unread, '2', deadline);
  co_await say(*stream, "HELO " + route.hostname + "\r\n", deadline);
  co_await expect(*stream, unread, '2', deadline);
  co_await say(*stream, "MAIL FROM:<" + route.from + ">\r\n", deadline);
  co_await expect(*stream, unread, '2', deadline);
  co_await say(*stream, "RCPT TO:<" + route.to + ">\r\n", deadline);
  co_await expect(*stream, unread, '2', deadline);
  co_await say(*stream, "DATA\r\n", deadline);
  co_await expect(*stream, unread, '3', deadline);
  co_await say(*stream, letter(route, text, worker.loop.wall()), deadline);
  co_await expect(*stream, unread, '2', deadline);
  co_await say(*stream, "QUIT\r\n", deadline);
  const Result<void> bye = co_await attempt(expect(*stream, unread, '2', deadline));  // it is sent, whatever comes now
  static_cast<void>(bye);
}

// The mails of one mailer.
struct Postman::Box {
  Box(async::Loop& loop, net::Address to) : address(to), arrived(loop) {}
  struct Mail {
    const MailRoute* route;
    std::string text;
  };
  const net::Address address;
  std::deque<Mail> mails;
  async::WaitQueue arrived;
};

Postman::Postman(async::Worker& worker) : worker_(worker), nursery_(worker.loop) {}
Postman::~Postman() = default;

void Postman::post(const MailRoute& route, std::string_view text) {
  worker_.mailbox.post([this, &route, text = std::string(text)] { take(route, text); });
}

void Postman::take(const MailRoute& route, const std::string& text) {
  constexpr std::size_t most = 100;
  for (const MailRoute::Mailer& mailer : route.mailers) {
    auto at = std::ranges::find_if(boxes_, [&](const auto& box) { return box->address == mailer.address; });
    const bool fresh = at == boxes_.end();
    if (fresh) at = boxes_.insert(at, std::make_unique<Box>(worker_.loop, mailer.address));
    Box& box = **at;
    if (box.mails.size() >= most) {
      std::fprintf(stderr, "[WARNING]  (%d) : mailer %s: %zu mails are waiting, one is thrown away\n", ::getpid(), mailer.name.c_str(), most);
      continue;
    }
    box.mails.push_back({&route, text});
    if (fresh) nursery_.start(serve(box));
    else box.arrived.wake_one();
  }
}

Task<> Postman::serve(Box& box) {
  for (;;) {
    while (box.mails.empty()) co_await box.arrived.wait(never);
    const Box::Mail mail = std::move(box.mails.front());
    box.mails.pop_front();
    const Result<void> sent = co_await attempt(send_mail(worker_, *mail.route, box.address, mail.text));
    if (sent) continue;
    const std::string where = box.address.text(), why(name_of(sent.error().kind));
    std::fprintf(stderr, "[WARNING]  (%d) : mailer %s: a mail could not be sent (%s)\n", ::getpid(), where.c_str(), why.c_str());
  }
}

}  // namespace sluice::backend
