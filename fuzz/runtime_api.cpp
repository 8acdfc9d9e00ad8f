// Lines of the runtime API, as its administrator sends them to a running proxy with traffic. Each line is answered: as many
// prompts as commands, and after every answer an empty line. Whatever was said, the proxy ends in order afterwards.
#include <algorithm>
#include <cstdint>

#include "admin/cli.hpp"
#include "admin/cli_line.hpp"
#include "backend/mail.hpp"
#include "fuzz/require.hpp"
#include "fuzz/script.hpp"
#include "proxy/exchange.hpp"
#include "sim/sim_proxy.hpp"

using namespace sluice;
using fuzz::require;

namespace {

constexpr std::string_view configuration = R"(
global
 set-var proc.x int(5)
 set-var proc.text str(abc)
defaults
 mode http
 timeout client 5s
 timeout server 6s
 timeout connect 1s
 timeout queue 2s
frontend f
 bind 127.0.0.1:80
 acl listed src -f virt@a
 http-request deny if listed
 http-request set-header x-m %[path,map_beg(virt@m,none)]
 http-request set-header x-v %[var(proc.x)]%[var(proc.text)]
 use_backend %[path,map_str(virt@b,b)]
frontend g
 bind 127.0.0.1:81 maxconn 2
 mode tcp
 default_backend c
backend b
 balance leastconn
 cookie S insert
 stick-table type ip size 100 expire 1m
 stick on src
 server s1 127.0.0.1:8001 cookie a check inter 2s weight 10 maxconn 2
 server s2 127.0.0.1:8002 cookie b track b/s1 slowstart 5s
 server s3 127.0.0.1:8003 backup disabled agent-check agent-port 9000 agent-inter 3s
backend c
 mode tcp
 balance uri
 hash-type consistent
 server s1 127.0.0.1:8001 check observe layer4
 server-template t 2 127.0.0.1:8002
)";

const net::Address api_address = net::Address::ipv4(0x7f000001, 99);

class Api {
 public:
  explicit Api(sim::SimProxy& proxy)
      : proxy_(proxy), world_{.proxies = proxy.proxies, .states = proxy.states, .notice = {}, .started = proxy.world.io.now(),
                              .started_at = proxy.world.io.wall(), .node = "here", .description = "fuzzed", .hard_maxconn = 100} {
    async::Worker& worker = proxy.world.worker;
    world_.crew = {&worker};
    world_.visit_exchanges = [&proxy](unsigned, const std::function<void(proxy::Exchange&)>& visit) { proxy.serving().for_each_exchange(visit); };
    world_.occupation = [&proxy](unsigned) { return admin::Occupation{.sessions = proxy.serving().sessions()}; };
    world_.look_at_limits = [&proxy, &worker] { worker.mailbox.post([&proxy] { proxy.serving().look_at_limits(); }); };
    world_.listeners = [] { return std::vector<net::Offered>(); };
    world_.notice = [](const backend::Notice&) {};
    world_.say = [](const proxy::Frontend&, const backend::FrontendNotice&) {};
    proxy.states.servers.notice = world_.notice;
    proxy.states.servers.shutdown_sessions = [&proxy, &worker](const backend::ServerState& server, backend::Killed why) {
      worker.mailbox.post([&proxy, &server, why] {
        proxy.serving().for_each_exchange([&](proxy::Exchange& exchange) {
          if (exchange.server() && &exchange.server()->state() == &server) exchange.shut_down(why);
        });
      });
    };
    listening_ = proxy.world.io.listen(api_address);
    listener_.emplace(worker, listening_, [this](async::Worker& on, int fd, const net::Address&) {
      const admin::CliSession session{.level = admin::Level::admin, .interactive = true, .prompt = admin::Prompt::plain,
                                      .timeout = seconds(100'000)};
      on.tasks.start(admin::serve_cli(on, fd, world_, session));
    });
    connect();
  }
  ~Api() {
    proxy_.states.servers.notice = nullptr;
    proxy_.states.servers.shutdown_sessions = nullptr;
    listener_.reset();
    proxy_.world.io.close(listening_);
  }

  void say(const std::string& line) {
    if (ended_) connect();
    heard_.clear();
    const std::string text = line + "\n";
    proxy_.world.worker.tasks.start(send(text));
    // What comes in several pieces may look whole before it is.
    std::size_t before = 1;
    while (!ended_ && (!at_prompt() || before != heard_.size())) {
      before = heard_.size();
      const std::size_t now = before;
      const bool came = proxy_.world.run_until([&] { return ended_ || heard_.size() != now; }, at_prompt() ? milliseconds(30) : seconds(200'000));
      require(came || at_prompt(), "every line is answered", line + "\n-> " + heard_);
    }
    in_payload_ = heard_.ends_with("+ ");
  }
  bool ended() const { return ended_; }
  bool in_payload() const { return in_payload_; }
  const std::string& heard() const { return heard_; }

 private:
  bool at_prompt() const { return heard_.ends_with("> ") || heard_.ends_with("+ "); }
  void connect() {
    ended_ = in_payload_ = false;
    proxy_.world.worker.tasks.start(listen());
    const bool there = proxy_.world.run_until([&] { return stream_ != nullptr; }, seconds(10));
    require(there, "the API accepts");
  }
  async::Task<> listen() {
    const net::ConnectOptions options;
    const std::unique_ptr<net::Stream> stream =
        co_await net::connect(proxy_.world.worker, api_address, options, proxy_.world.worker.loop.after(seconds(5)));
    stream_ = stream.get();
    co_await attempt(read_all());
    stream_ = nullptr;
    ended_ = true;
  }
  async::Task<> read_all() {
    std::string space(65536, '\0');
    for (;;) {
      const std::size_t n = co_await stream_->read(space, never);
      if (n == 0) break;
      heard_.append(space, 0, n);
    }
  }
  async::Task<> send(std::string text) { co_await attempt(stream_->write_all(text, seconds(100))); }

  sim::SimProxy& proxy_;
  admin::World world_;
  int listening_ = -1;
  std::optional<net::Listener> listener_;
  net::Stream* stream_ = nullptr;
  std::string heard_;
  bool ended_ = false, in_payload_ = false;
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

// Some commands are not for a fuzzer: they change how lines are answered, or wait for a time they are told.
bool is_for_us(const admin::CliCommand& command) {
  return std::ranges::none_of(command.words, [](const std::string& word) {
    return word == "prompt" || word == "wait" || word == "_getsocks" || word == "quit" || word == "events";
  });
}

void say_and_look(Api& api, const std::string& line) {
  const auto commands = admin::parse_cli_line(line);
  const bool payload = api.in_payload();
  if (!payload && !std::ranges::all_of(commands, is_for_us)) return;
  api.say(line);
  if (payload || api.in_payload()) return;
  require(!api.ended(), "the session goes on", line);
  const auto said = static_cast<std::size_t>(std::ranges::count_if(commands, [](const auto& one) { return !one.words.empty(); }));
  require(count(api.heard(), "\n> ") >= said, "a prompt for every command", line + "\n-> " + api.heard());
  if (said != 1) return;
  const std::string_view answer = std::string_view(api.heard()).substr(0, api.heard().size() - 2);
  require(answer == "\n" || answer.ends_with("\n\n"), "an empty line ends every answer", line + "\n-> " + api.heard());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (std::ranges::count(std::span(bytes, size), '\n') > 12) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static sim::Loaded& loaded = *new sim::Loaded{std::string(configuration)};  // once: what is looked for is not there
  {
    sim::SimProxy proxy(loaded, 1, sim::SimProxy::Checks::on);
    require(proxy.works, "the configuration loads", loaded.said.text());
    proxy.world.io.weather = {.fragments = 1, .short_write = 0, .spurious_again = 0};
    sim::Talk silent{.pieces = {"GET /x HTTP/1.1\r\nhost: a\r\n\r\n"}}, late{.pieces = {"GET /m HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"}};
    sim::Talk tunnel{.pieces = {"a", "b"}};
    {
      sim::SimServer one(proxy.world, net::Address::ipv4(0x7f000001, 8001), {sim::Talk{}});
      sim::SimServer two(proxy.world, net::Address::ipv4(0x7f000001, 8002),
                         {sim::Talk{.pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"}}});
      proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[0], silent));
      proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[1], tunnel));
      Api api(proxy);
      for (const std::string& line : fuzz::pieces_of(text, "\n")) say_and_look(api, line);
      proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[0], late));
      const auto over = [&] { return silent.ended && tunnel.ended && late.ended && proxy.serving().sessions() == 0; };
      const bool ended = proxy.world.run_until(over, seconds(2'000));
      require(ended, "all connections end", proxy.still_busy());
      one.close();
      two.close();
      proxy.stop();
    }
    require(proxy.world.io.open_count() == 0, "no socket is left");
  }
  return 0;
}
