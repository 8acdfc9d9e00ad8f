// The check engine against servers in a simulated world: what they answer, when they are asked, what becomes of them.
#include "backend/checker.hpp"

#include <gtest/gtest.h>

#include "backend/check.hpp"
#include "net/listener.hpp"
#include "sim/sim_io.hpp"
#include "unit/backend/farm.hpp"

namespace sluice::backend {
namespace {

using async::Task;

// A server that answers every connection in the way it is told to.
class Site {
 public:
  enum class Way { answer, silent, hang_up, reset };
  Site(sim::World& w, std::uint16_t port) : world_(w), address_(net::Address::ipv4(0x7f000001, port)) { open(); }
  ~Site() { close(); }

  void open() {
    fd_ = world_.io.listen(address_);
    world_.worker.tasks.start(accept(fd_));
  }
  void close() {
    if (fd_ >= 0) world_.io.close(std::exchange(fd_, -1));
  }
  void answer_with(std::string text) {
    way = Way::answer;
    answer = std::move(text);
  }

  Way way = Way::answer;
  std::string answer = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK";
  std::string asked;                 // the last request
  std::vector<std::int64_t> times;   // of connections, ms

 private:
  // Polls: the simulation has no listener for tests that close it at any time.
  Task<> accept(int fd) {
    while (fd_ == fd) {
      sockaddr_storage from;
      socklen_t size = sizeof from;
      const int got = world_.io.accept(fd, from, size);
      if (got >= 0) {
        times.push_back(world_.worker.loop.now().us / 1000);
        world_.worker.tasks.start(serve(got));
      }
      co_await async::sleep_for(world_.worker.loop, milliseconds(1));
    }
  }
  Task<> serve(int fd) {
    net::SocketStream stream(world_.worker, fd);
    if (way == Way::reset) {
      stream.close(net::Shut::reset);
      co_return;
    }
    std::string space(2000, '\0');
    asked.clear();
    while (asked.find("\r\n\r\n") == std::string::npos) {
      const std::size_t n = co_await stream.read(space, world_.worker.loop.after(seconds(5)));
      if (n == 0) co_return;
      asked.append(space, 0, n);
    }
    if (way == Way::silent) co_await async::sleep_for(world_.worker.loop, seconds(20));
    const std::string text = way == Way::answer ? answer : std::string{};
    co_await stream.write_all(text, seconds(5));
    co_await stream.try_shutdown_write();
    co_await async::sleep_for(world_.worker.loop, milliseconds(50));
  }

  sim::World& world_;
  const net::Address address_;
  int fd_ = -1;
};

class Checks : public testing::Test {
 protected:
  static ServerSettings one(std::uint16_t port) {
    ServerSettings server = Farm::weighted({1})[0];
    server.address = net::Address::ipv4(0x7f000001, port);
    server.check.enabled = true;
    server.check.inter = milliseconds(100);
    return server;
  }
  void build(const BackendSettings& settings, ServerSettings server) {
    farm = std::make_unique<Farm>(settings, std::vector{std::move(server)});
    Backend* const all[] = {farm->backend.get()};
    CheckerOptions options;
    options.node = "here";
    options.sink = [this](const Notice& notice) { told.emplace_back(notice.text); };
    checker = std::make_unique<Checker>(world.worker, all, std::move(options));
    checker->start();
  }
  void build(BackendSettings settings = {}) { build(settings, one(80)); }
  static BackendSettings http() {
    BackendSettings settings;
    settings.check.kind = "http";
    settings.timeout_check = milliseconds(50);
    settings.timeout_connect = milliseconds(50);
    return settings;
  }
  void wait(Duration time) {
    const Instant end = world.io.now() + time;
    world.run_until([&] { return world.io.now() >= end; }, time);
  }
  ServerState& state() { return farm->server(0).state(); }
  CheckCode after(Duration time) {
    wait(time);
    return state().check.code.load();
  }

  sim::World world{7};
  std::unique_ptr<Farm> farm;
  std::unique_ptr<Checker> checker;
  std::vector<std::string> told;
};

TEST_F(Checks, connectAndTakeServersDownAndUp) {
  Site site(world, 80);
  build();
  EXPECT_EQ(state().check.code.load(), CheckCode::INI);
  EXPECT_EQ(after(milliseconds(50)), CheckCode::L4OK);
  EXPECT_EQ(state().status(), "UP");
  site.close();
  wait(milliseconds(450));
  EXPECT_EQ(state().status(), "DOWN");
  EXPECT_EQ(state().check.code.load(), CheckCode::L4CON);
  EXPECT_EQ(state().check.info(), "Connection refused");
  EXPECT_EQ(farm->backend->pick({}).error().kind, Kind::no_server);
  site.open();
  wait(milliseconds(350));
  EXPECT_EQ(state().status(), "UP");
  ASSERT_EQ(told.size(), 3u);
  EXPECT_TRUE(told[0].starts_with("Server b/s1 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\""));
  EXPECT_EQ(told[1], "backend b has no server available!");
  EXPECT_TRUE(told[2].starts_with("Server b/s1 is UP, reason: Layer4 check passed, check duration: "));
  checker.reset();
}

TEST_F(Checks, areMadeAtTheIntervalOfTheState) {
  Site site(world, 80);
  ServerSettings server = one(80);
  server.check.inter = milliseconds(1000);
  server.check.fastinter = milliseconds(100);
  server.check.downinter = milliseconds(3000);
  build({}, server);
  wait(milliseconds(3500));
  ASSERT_EQ(site.times.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_NEAR(static_cast<double>(site.times[i] - site.times[i - 1]), i == 1 ? 1000 : 1000, 5);
  site.close();
  wait(milliseconds(800));  // three failures at 4000, 4100, 4200
  EXPECT_EQ(state().status(), "DOWN");
  site.open();
  site.times.clear();
  wait(milliseconds(3500));  // next at 7200, then 7300
  ASSERT_GE(site.times.size(), 2u);
  EXPECT_NEAR(static_cast<double>(site.times[1] - site.times[0]), 100, 5);
  EXPECT_EQ(state().status(), "UP");
  checker.reset();
}

TEST_F(Checks, pauseInMaintenance) {
  Site site(world, 80);
  ServerSettings server = one(80);
  server.disabled = true;
  build({}, server);
  wait(seconds(1));
  EXPECT_TRUE(site.times.empty());
  EXPECT_EQ(state().status(), "MAINT");
  state().admin = Admin::ready;
  wait(seconds(1));
  EXPECT_FALSE(site.times.empty());
  checker.reset();
}

TEST_F(Checks, mayGoElsewhere) {
  Site site(world, 90);
  ServerSettings server = one(80);
  server.check.port = 90;
  build({}, server);
  EXPECT_EQ(after(milliseconds(50)), CheckCode::L4OK);
  checker.reset();
}

TEST_F(Checks, askInHttp) {
  Site site(world, 80);
  BackendSettings settings = http();
  settings.check.http.method = "GET";
  settings.check.http.uri = "/health";
  settings.check.http.version = "HTTP/1.1";
  settings.check.http.headers = {{"host", "example.com"}};
  settings.check.http.send_state = true;
  build(settings);
  EXPECT_EQ(after(milliseconds(80)), CheckCode::L7OK);
  EXPECT_EQ(state().check.status.load(), 200);
  EXPECT_EQ(site.asked, "GET /health HTTP/1.1\r\nhost: example.com\r\nx-haproxy-server-state: UP 1/3; address=127.0.0.1; port=80; "
                        "name=b/s1; node=here; weight=1/1; scur=0/0; qcur=0\r\nconnection: close\r\n\r\n");
  checker.reset();
}

TEST_F(Checks, judgeAnswers) {
  Site site(world, 80);
  build(http());
  EXPECT_EQ(after(milliseconds(80)), CheckCode::L7OK);
  site.answer_with("HTTP/1.0 503 Nope\r\n\r\n");
  EXPECT_EQ(after(milliseconds(400)), CheckCode::L7STS);
  EXPECT_EQ(state().check.status.load(), 503);
  EXPECT_EQ(state().check.info(), "Nope");
  EXPECT_EQ(state().status(), "DOWN");
  site.answer_with("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(after(milliseconds(400)), CheckCode::L7OK);
  site.answer_with("hello world\r\n\r\n");
  EXPECT_EQ(after(milliseconds(200)), CheckCode::L7RSP);
  site.answer_with("HTTP/1.0 200 O");
  EXPECT_EQ(after(milliseconds(200)), CheckCode::L7RSP);
  site.way = Site::Way::hang_up;
  EXPECT_EQ(after(milliseconds(200)), CheckCode::L7RSP);
  site.way = Site::Way::silent;
  EXPECT_EQ(after(milliseconds(400)), CheckCode::L7TOUT);
  checker.reset();
}

TEST_F(Checks, expectStatusesAndTexts) {
  Site site(world, 80);
  const auto verdict = [&](HttpExpect expect) {
    BackendSettings settings = http();
    settings.check.http.expect = {std::move(expect)};
    build(settings);
    const CheckCode code = after(milliseconds(90));
    checker.reset();
    return std::string(name_of(code)) + " " + state().check.info();
  };
  EXPECT_EQ(verdict({.statuses = {{200, 204}, {301, 301}}}), "L7OK ");
  EXPECT_EQ(verdict({.statuses = {{201, 299}}}), "L7STS OK");
  EXPECT_EQ(verdict({.negated = true, .statuses = {{200, 200}}, .comment = "foo"}), "L7STS OK comment: foo");
  EXPECT_EQ(verdict({.what = HttpExpect::What::string, .pattern = "OK"}), "L7OK ");
  EXPECT_EQ(verdict({.what = HttpExpect::What::string, .pattern = "OKAY"}), "L7RSP HTTP content check did not match");
  EXPECT_EQ(verdict({.what = HttpExpect::What::string, .negated = true, .pattern = "OK"}), "L7RSP HTTP check matched unwanted content");
  site.answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n");
  EXPECT_EQ(verdict({.what = HttpExpect::What::string, .pattern = "OK"}), "L7OK ");
}

TEST_F(Checks, stopServersThatSay404) {
  Site site(world, 80);
  BackendSettings settings = http();
  settings.check.http.disable_on_404 = true;
  build(settings);
  wait(milliseconds(80));
  site.answer_with("HTTP/1.0 404 Gone\r\n\r\n");
  EXPECT_EQ(after(milliseconds(150)), CheckCode::L7OKC);
  EXPECT_EQ(state().status(), "NOLB");
  checker.reset();
}

// Many servers are not all checked in the same moment, and every one is checked by one worker.
TEST_F(Checks, areSpreadOverTimeAndWorkers) {
  std::vector<ServerSettings> servers(10, one(80));
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].name = fmt::format("s{}", i + 1);
    servers[i].check.inter = milliseconds(1000);
  }
  Site site(world, 80);
  Farm many(BackendSettings{.name = "many"}, servers);
  Backend* const all[] = {many.backend.get()};
  CheckerOptions options;
  options.workers = 3;
  Checker mine(world.worker, all, options);
  EXPECT_EQ(mine.size(), 4u);  // 0, 3, 6, 9
  mine.start();
  wait(milliseconds(990));
  ASSERT_EQ(site.times.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_NEAR(static_cast<double>(site.times[i] - site.times[i - 1]), 300, 10);
}

}  // namespace
}  // namespace sluice::backend
