// Mails about servers: what the SMTP server hears, one mail after the other, and what is done when it says no.
#include "backend/mail.hpp"

#include <gtest/gtest.h>

#include "net/stream.hpp"
#include "sim/sim_io.hpp"

namespace sluice::backend {
namespace {

using async::Task;

// Answers each line with the next of its replies (several lines at once while a mail's text comes).
class PostOffice {
 public:
  PostOffice(sim::World& w, std::uint16_t port) : world_(w), fd_(w.io.listen(net::Address::ipv4(0x7f000001, port))) { w.worker.tasks.start(accept()); }
  ~PostOffice() { world_.io.close(std::exchange(fd_, -1)); }
  std::vector<std::string> heard;  // one text a connection
  std::string refuses;             // a line that begins so gets 550

 private:
  Task<> accept() {
    while (fd_ >= 0) {
      sockaddr_storage from;
      socklen_t size = sizeof from;
      const int got = world_.io.accept(fd_, from, size);
      if (got >= 0) world_.worker.tasks.start(serve(got));
      co_await async::sleep_for(world_.worker.loop, milliseconds(1));
    }
  }
  Task<> serve(int fd) {
    net::SocketStream stream(world_.worker, fd);
    const std::size_t at = heard.size();
    heard.emplace_back();
    std::string reply = "220-welcome\r\n220 ready\r\n", space(4000, '\0');
    for (;;) {
      co_await stream.write_all(reply, seconds(1));
      std::string line;
      const bool text = heard[at].ends_with("DATA\r\n");
      while (!line.ends_with(text ? "\r\n.\r\n" : "\r\n")) {
        const std::size_t n = co_await stream.read(space, world_.worker.loop.after(seconds(5)));
        if (n == 0) co_return;
        line.append(space, 0, n);
      }
      heard[at] += line;
      reply = line.starts_with("DATA") ? "354 go on\r\n" : "250 fine\r\n";
      if (!refuses.empty() && line.starts_with(refuses)) reply = "550 no\r\n";
    }
  }
  sim::World& world_;
  int fd_;
};

class Mails : public testing::Test {
 protected:
  Mails() {
    route.mailers = {{"one", net::Address::ipv4(0x7f000001, 25)}};
    route.from = "lb@example.com";
    route.to = "admin@example.com";
    route.hostname = "lb";
    route.timeout = seconds(1);
  }
  void wait(Duration time) {
    const Instant end = world.io.now() + time;
    world.run_until([&] { return world.io.now() >= end; }, time);
  }
  sim::World world{5};
  MailRoute route;
};

TEST_F(Mails, areHandedIn) {
  PostOffice office(world, 25);
  Postman postman(world.worker);
  postman.post(route, "Server b/s is DOWN.");
  postman.post(route, ".Server\r\nb/s is UP.");
  wait(milliseconds(300));
  ASSERT_EQ(office.heard.size(), 2u);
  EXPECT_TRUE(office.heard[0].starts_with("HELO lb\r\nMAIL FROM:<lb@example.com>\r\nRCPT TO:<admin@example.com>\r\nDATA\r\n"
                                          "From: lb@example.com\r\nTo: admin@example.com\r\nDate: ")) << office.heard[0];
  EXPECT_TRUE(office.heard[0].ends_with(" +0000 (UTC)\r\nSubject: [HAProxy Alert] Server b/s is DOWN\r\n\r\nServer b/s is DOWN\r\n\r\n.\r\nQUIT\r\n"))
      << office.heard[0];
  EXPECT_NE(office.heard[1].find("\r\n\r\n..Server  b/s is UP\r\n"), std::string::npos) << office.heard[1];  // one line, its dot doubled
}

TEST_F(Mails, thatAreRefusedHoldUpNobody) {
  PostOffice office(world, 25);
  office.refuses = "RCPT";
  Postman postman(world.worker);
  postman.post(route, "one");
  wait(milliseconds(200));
  ASSERT_EQ(office.heard.size(), 1u);
  EXPECT_TRUE(office.heard[0].ends_with("RCPT TO:<admin@example.com>\r\n"));
  office.refuses.clear();
  postman.post(route, "two");
  wait(milliseconds(300));
  ASSERT_EQ(office.heard.size(), 2u);
  EXPECT_TRUE(office.heard[1].ends_with("QUIT\r\n"));
}

TEST_F(Mails, areGivenUpInTime) {
  // Nobody listens, then somebody does.
  Postman postman(world.worker);
  postman.post(route, "lost");
  wait(milliseconds(100));
  PostOffice office(world, 25);
  postman.post(route, "found");
  wait(milliseconds(300));
  ASSERT_EQ(office.heard.size(), 1u);
  EXPECT_NE(office.heard[0].find("found"), std::string::npos);
}

}  // namespace
}  // namespace sluice::backend
