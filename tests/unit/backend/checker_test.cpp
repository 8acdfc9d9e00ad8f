// The check engine against servers in a simulated world: what they answer, when they are asked, what becomes of them.
#include "backend/checker.hpp"

#include <gtest/gtest.h>

#include "backend/check_builder.hpp"
#include "backend/control.hpp"
#include "config/load.hpp"
#include "expr/pattern_store.hpp"
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
  // A backend with these lines about checks and one server, and its checks started.
  void build(const std::string& lines, std::vector<ServerSettings> servers, BackendSettings settings = {}) {
    config::Diagnostics diagnostics;
    config = config::load({{"t.cfg", "backend b\n" + lines}}, {}, diagnostics);
    expr::Compiler compiler;
    compiler.variables = &names;
    compiler.files = &files;
    farm = std::make_unique<Farm>(std::move(settings), std::move(servers));
    compiler.find_server = [this](std::string_view, std::string_view name) { return farm->backend->find(name); };
    complete_checks(*farm->backend, *config->backend("b"), compiler, {config->global(), 2, std::nullopt}, diagnostics);
    ASSERT_FALSE(diagnostics.failed()) << diagnostics.text();
    Backend* const all[] = {farm->backend.get()};
    CheckerOptions options;
    options.node = "here";
    options.sink = [this](const Notice& notice) { told.emplace_back(notice.text); };
    options.ambient = &ambient;
    options.names = &names;
    checker = std::make_unique<Checker>(world.worker, all, std::move(options));
    checker->start();
  }
  void build(const std::string& lines = "") { build(lines, {one(80)}); }
  void build_http(const std::string& lines = "option httpchk\n") { build(lines, {one(80)}, patient()); }
  static BackendSettings patient() {
    BackendSettings settings;
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

  struct Ambient final : expr::Ambient {
    explicit Ambient(async::Loop& l) : loop(l) {}
    Instant now() const override { return loop.now(); }
    WallTime wall() const override { return {}; }
    std::uint64_t random() override { return 4; }
    async::Loop& loop;
  };

  sim::World world{7};
  Ambient ambient{world.worker.loop};
  expr::VariableNames names;
  expr::PatternFiles files;
  std::shared_ptr<const config::Config> config;
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
  build("", {server});
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
  build("", {server});
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
  build("", {server});
  EXPECT_EQ(after(milliseconds(50)), CheckCode::L4OK);
  checker.reset();
}

TEST_F(Checks, askInHttp) {
  Site site(world, 80);
  build_http("option httpchk GET /health HTTP/1.1 example.com\n http-check send-state\n");
  EXPECT_EQ(after(milliseconds(80)), CheckCode::L7OK);
  EXPECT_EQ(state().check.status.load(), 200);
  EXPECT_EQ(site.asked, "GET /health HTTP/1.1\r\nhost: example.com\r\nx-haproxy-server-state: UP 1/3; address=127.0.0.1; port=80; "
                        "name=b/s1; node=here; weight=1/1; scur=0/0; qcur=0\r\nconnection: close\r\n\r\n");
  checker.reset();
}

TEST_F(Checks, judgeAnswers) {
  Site site(world, 80);
  build_http();
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
  const auto verdict = [&](const std::string& expect) {
    build_http("option httpchk\n http-check expect " + expect + "\n");
    const CheckCode code = after(milliseconds(90));
    checker.reset();
    return std::string(name_of(code)) + " " + state().check.info();
  };
  EXPECT_EQ(verdict("status 200-204,301"), "L7OK ");
  EXPECT_EQ(verdict("status 201-299"), "L7STS OK");
  EXPECT_EQ(verdict("comment foo ! status 200"), "L7STS OK comment: foo");
  EXPECT_EQ(verdict("string OK"), "L7OK ");
  EXPECT_EQ(verdict("string OKAY"), "L7RSP HTTP content check did not match");
  EXPECT_EQ(verdict("!string OK"), "L7RSP HTTP check matched unwanted content");
  EXPECT_EQ(verdict("hdr name content-length value 2"), "L7OK ");
  EXPECT_EQ(verdict("on-success \"is %[status]\" status 200"), "L7OK is 200");
  site.answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n");
  EXPECT_EQ(verdict("string OK"), "L7OK ");
}

TEST_F(Checks, askSeveralTimes) {
  Site site(world, 80);
  build_http("option httpchk\n http-check connect\n http-check send meth GET uri /1\n http-check expect status 200\n"
             " http-check set-var(check.x) status\n http-check connect\n http-check send meth GET uri-lf /%[var(check.x)]\n");
  EXPECT_EQ(after(milliseconds(90)), CheckCode::L7OK);
  EXPECT_EQ(site.times.size(), 2u);
  EXPECT_EQ(site.asked, "GET /200 HTTP/1.0\r\n\r\n");
  checker.reset();
}

TEST_F(Checks, stopServersThatSay404) {
  Site site(world, 80);
  build_http("option httpchk\n http-check disable-on-404\n");
  wait(milliseconds(80));
  site.answer_with("HTTP/1.0 404 Gone\r\n\r\n");
  EXPECT_EQ(after(milliseconds(150)), CheckCode::L7OKC);
  EXPECT_EQ(state().status(), "NOLB");
  site.answer_with("HTTP/1.0 500 Sick\r\n\r\n");
  wait(milliseconds(450));
  EXPECT_EQ(state().status(), "DOWN");
  site.answer_with("HTTP/1.0 404 Gone\r\n\r\n");
  EXPECT_EQ(after(milliseconds(450)), CheckCode::L7STS);  // a server that is down stays down
  EXPECT_EQ(state().status(), "DOWN");
  checker.reset();
}

// Manual "fastinter": while it goes up or down. rise 3: three successes, 50 ms apart, then inter again.
TEST_F(Checks, countRiseAndFall) {
  Site site(world, 80);
  ServerSettings server = one(80);
  server.check.inter = milliseconds(1000);
  server.check.fastinter = milliseconds(50);
  server.check.downinter = milliseconds(400);
  server.check.rise = 3;
  server.check.fall = 2;
  server.check.init_state = InitState::fully_down;
  build("", {server});
  EXPECT_EQ(state().status(), "DOWN");
  wait(milliseconds(90));  // checks at 0, 50
  EXPECT_EQ(state().status(), "DOWN 2/3");
  wait(milliseconds(30));  // and 100
  EXPECT_EQ(state().status(), "UP");
  site.close();
  wait(milliseconds(1000));  // 1100
  EXPECT_EQ(state().status(), "UP 1/2");
  wait(milliseconds(60));  // 1150
  EXPECT_EQ(state().status(), "DOWN");
  const std::uint64_t failed = state().failed_checks.load();
  EXPECT_EQ(failed, 2u);
  site.open();
  site.times.clear();
  wait(milliseconds(300));
  EXPECT_TRUE(site.times.empty());  // downinter
  wait(milliseconds(220));
  EXPECT_EQ(state().status(), "UP");
  checker.reset();
}

TEST_F(Checks, beginAsInitStateSays) {
  world.io.weather.connect_at_once = 0;  // nobody listens: the first check must not have failed before we look
  for (const auto& [wanted, status] : {std::pair{InitState::fully_up, "UP"}, {InitState::up, "UP 1/3"}, {InitState::unsaid, "UP 1/3"},
                                       {InitState::down, "DOWN 1/2"}, {InitState::fully_down, "DOWN"}}) {
    ServerSettings server = one(80);
    server.check.init_state = wanted;
    build("", {server});
    EXPECT_EQ(state().status(), status);
    checker.reset();
  }
}

// Two servers follow the first one, the second of them through the first.
TEST_F(Checks, areSharedByTrackers) {
  Site site(world, 80);
  std::vector<ServerSettings> servers{one(80), one(81), one(82)};
  for (std::size_t i = 1; i < 3; ++i) {
    servers[i].name = fmt::format("t{}", i);
    servers[i].id = static_cast<unsigned>(i + 1);
    servers[i].check.enabled = false;
    servers[i].check.track = i == 1 ? "s1" : "b/t1";
  }
  build("", servers);
  EXPECT_EQ(farm->server(2).state().status(), "UP");
  wait(milliseconds(50));
  site.close();
  wait(milliseconds(450));
  EXPECT_EQ(farm->server(1).state().status(), "DOWN");
  EXPECT_EQ(farm->server(2).state().status(), "DOWN");
  ASSERT_GE(told.size(), 3u);
  EXPECT_TRUE(told[1].starts_with("Server b/t1 is DOWN via b/s1. 1 active and 0 backup servers left.")) << told[1];
  EXPECT_TRUE(told[2].starts_with("Server b/t2 is DOWN via b/t1. 0 active")) << told[2];
  site.open();
  wait(milliseconds(450));
  EXPECT_EQ(farm->server(2).state().status(), "UP");
  const NoticeSink sink;
  set_admin({nullptr, world.worker.loop.now(), sink}, farm->server(0), Admin::maint);
  EXPECT_EQ(farm->server(2).state().status(), "MAINT (via b/t1)");
  set_admin({nullptr, world.worker.loop.now(), sink}, farm->server(2), Admin::drain);
  set_admin({nullptr, world.worker.loop.now(), sink}, farm->server(0), Admin::ready);
  EXPECT_EQ(farm->server(1).state().status(), "UP");
  EXPECT_EQ(farm->server(2).state().status(), "DRAIN");
  checker.reset();
}

TEST_F(Checks, refuseLoopsOfTrackers) {
  std::vector<ServerSettings> servers{one(80), one(81)};
  for (ServerSettings& server : servers) server.check.enabled = false;
  servers[0].check.track = "t";
  servers[1].name = "t";
  servers[1].id = 2;
  servers[1].check.track = "s1";
  Farm looped({}, servers);
  config::Diagnostics diagnostics;
  config = config::load({{"t.cfg", "backend b\n"}}, {}, diagnostics);
  expr::Compiler compiler;
  compiler.variables = &names;
  compiler.files = &files;
  compiler.find_server = [&](std::string_view, std::string_view name) { return looped.backend->find(name); };
  complete_checks(*looped.backend, *config->backend("b"), compiler, {config->global(), 2, std::nullopt}, diagnostics);
  EXPECT_EQ(diagnostics.count(config::Severity::alert), 2u) << diagnostics.text();
}

// An agent beside the server: what it says each time it is asked.
class Agent {
 public:
  Agent(sim::World& w, std::uint16_t port) : world_(w), fd_(w.io.listen(net::Address::ipv4(0x7f000001, port))) { w.worker.tasks.start(accept()); }
  ~Agent() { world_.io.close(std::exchange(fd_, -1)); }
  std::string says = "up\n";
  std::vector<std::int64_t> times;

 private:
  Task<> accept() {
    while (fd_ >= 0) {
      sockaddr_storage from;
      socklen_t size = sizeof from;
      const int got = world_.io.accept(fd_, from, size);
      if (got >= 0) {
        times.push_back(world_.worker.loop.now().us / 1000);
        world_.worker.tasks.start(tell(got));
      }
      co_await async::sleep_for(world_.worker.loop, milliseconds(1));
    }
  }
  Task<> tell(int fd) {
    net::SocketStream stream(world_.worker, fd);
    const std::string text = says;
    co_await stream.write_all(text, seconds(1));
    co_await async::sleep_for(world_.worker.loop, milliseconds(20));
    char question[16];
    for (int tries = 0; tries < 10; ++tries)  // what is left unread would make the end a reset
      if (stream.try_read(question).has_value()) break;
  }
  sim::World& world_;
  int fd_;
};

TEST_F(Checks, listenToAgents) {
  Site site(world, 80);
  Agent agent(world, 81);
  ServerSettings server = one(80);
  server.weight = 20;
  server.check.agent = {.enabled = true, .inter = milliseconds(200), .port = 81, .address = std::nullopt, .send = "hi\n"};
  build("", {server});
  wait(milliseconds(190));
  EXPECT_EQ(state().agent.code.load(), CheckCode::L7OK);
  EXPECT_EQ(state().agent.info(), "via agent : up");
  const auto says = [&](std::string text) {
    agent.says = std::move(text);
    wait(milliseconds(210));
    return state().status();
  };
  EXPECT_EQ(says("down # going home\n"), "DOWN (agent)");
  EXPECT_EQ(state().agent.info(), "via agent : down (going home)");
  EXPECT_EQ(says("50%\n"), "DOWN (agent)");  // says nothing about up or down
  EXPECT_EQ(state().effective_weight.load(), 10u);
  EXPECT_EQ(says("up,100% maxconn:7\n"), "UP");
  EXPECT_EQ(state().effective_weight.load(), 20u);
  EXPECT_EQ(farm->server(0).limit(), 7u);
  EXPECT_EQ(says("drain\n"), "DRAIN (agent)");
  EXPECT_EQ(says("maint\n"), "MAINT");
  EXPECT_EQ(says("ready\n"), "UP");
  EXPECT_EQ(says("gibberish\n"), "UP");
  EXPECT_EQ(state().agent.info(), "agent reports an error : gibberish");
  EXPECT_EQ(says("75"), "UP");
  EXPECT_EQ(state().agent.code.load(), CheckCode::CHECKED);  // a line without an end
  EXPECT_EQ(state().agent.info(), "Ignoring incomplete line from agent");
  for (std::size_t i = 1; i < agent.times.size(); ++i) EXPECT_NEAR(static_cast<double>(agent.times[i] - agent.times[i - 1]), 200, 8);
  checker.reset();
}

TEST(Agents, sayWords) {
  const AgentReport report = AgentReport::parse(" 75%,UP\tready maxconn:30 what # a, b");
  EXPECT_EQ(report.state, AgentReport::State::up);
  EXPECT_EQ(report.admin, Admin::ready);
  EXPECT_EQ(report.weight, "75%");
  EXPECT_EQ(report.maxconn, "30");
  EXPECT_EQ(report.description, "a, b");
  EXPECT_EQ(report.error, "what");
  EXPECT_EQ(AgentReport::parse("stopped#tired").said, "stopped");
  EXPECT_EQ(AgentReport::parse("").error, "");
  EXPECT_EQ(AgentReport::parse("weight:12").weight, "12");
  EXPECT_EQ(AgentReport::parse("up weight:50%").weight, "50%");
  EXPECT_EQ(AgentReport::parse("12").error, "12");
  EXPECT_EQ(AgentReport::parse("weight:x").error, "weight:x");
}

// Errors of the traffic: three in a row are a failed check, and the next one comes soon.
TEST_F(Checks, areHurriedByObservedErrors) {
  Site site(world, 80);
  ServerSettings server = one(80);
  server.check.inter = seconds(100);
  server.check.fastinter = milliseconds(50);
  server.check.observe = Observe::layer4;
  server.check.error_limit = 3;
  build("", {server});
  wait(milliseconds(10));
  EXPECT_EQ(state().status(), "UP");
  const NoticeSink sink = [this](const Notice& notice) { told.emplace_back(notice.text); };
  const auto see = [&](std::string_view why) { observe({&world.worker, world.worker.loop.now(), sink}, farm->server(0), why); };
  see("L4 unsuccessful connection");
  see("L4 unsuccessful connection");
  see("");
  see("L4 unsuccessful connection");
  see("L4 unsuccessful connection");
  EXPECT_EQ(state().status(), "UP");
  site.close();
  see("L4 unsuccessful connection");
  EXPECT_EQ(state().status(), "UP 2/3");
  EXPECT_EQ(state().check.code.load(), CheckCode::HANA);
  wait(milliseconds(120));  // two checks that fail
  EXPECT_EQ(state().status(), "DOWN");
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
  many.backend->set_check_plan(connect_plan());
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

// A thousand servers: about ten checks in each hundredth of the interval, never many at once.
TEST_F(Checks, ofAThousandServersAreSpread) {
  std::vector<ServerSettings> servers(1000, one(80));
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].name = fmt::format("s{}", i + 1);
    servers[i].id = static_cast<unsigned>(i + 1);
    servers[i].check.inter = milliseconds(2000);
  }
  Site site(world, 80);
  Farm many(BackendSettings{.name = "many"}, servers);
  many.backend->set_check_plan(connect_plan());
  Backend* const all[] = {many.backend.get()};
  Checker mine(world.worker, all, {});
  EXPECT_EQ(mine.size(), 1000u);
  const std::int64_t start = world.worker.loop.now().us / 1000;
  mine.start();
  wait(milliseconds(3999));
  ASSERT_NEAR(static_cast<double>(site.times.size()), 2000, 5);
  std::array<int, 201> counts{};
  for (const std::int64_t time : site.times) ++counts.at(static_cast<std::size_t>((time - start) / 20));
  EXPECT_LE(*std::ranges::max_element(counts), 15);
}

// Nobody asks for the server and no check comes: its weight and its limit grow all the same.
TEST_F(Checks, warmServersByTheClock) {
  ServerSettings server = one(80);
  server.check.enabled = false;
  server.weight = 100;
  server.maxconn = 50;
  server.slowstart = seconds(10);
  build("", {server});
  farm->server(0).begin_slowstart(world.worker.loop.now());
  EXPECT_EQ(state().effective_weight.load(), 1u);
  wait(seconds(5));
  EXPECT_NEAR(state().effective_weight.load(), 50, 2);
  EXPECT_NEAR(farm->server(0).limit(), 25, 1);
  wait(milliseconds(5200));
  EXPECT_EQ(state().effective_weight.load(), 100u);
  EXPECT_EQ(farm->server(0).limit(), 50u);
  EXPECT_EQ(farm->backend->state().warming.load(), 0u);
  checker.reset();
}

TEST_F(Checks, waitForTheirTurn) {
  std::vector<ServerSettings> servers(6, one(80));
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].name = fmt::format("s{}", i + 1);
    servers[i].id = static_cast<unsigned>(i + 1);
    servers[i].check.inter = milliseconds(100);
    servers[i].check.timeout = milliseconds(60);
  }
  Agent site(world, 80);
  site.says = "";  // connects, and says nothing for 20 ms
  build("option tcp-check\n tcp-check expect string x\n", servers);
  checker.reset();
  CheckerOptions options;
  options.most_at_once = 2;
  Backend* const all[] = {farm->backend.get()};
  Checker mine(world.worker, all, options);
  mine.start();
  wait(milliseconds(400));
  // Two at a time, each 20 ms until the other side closes.
  EXPECT_NEAR(static_cast<double>(site.times.size()), 24, 8);
}

}  // namespace
}  // namespace sluice::backend
