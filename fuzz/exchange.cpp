// One client and the servers behind a whole proxy, all in memory. The first line has the scene (a digit), how the client and
// the servers end (0 waits, 1 finishes, 2 closes) and the weather (a character); then comes what the client says, then what
// each server connection answers (script.hpp). Whatever they say: it ends, nothing is left in use, the client hears answers
// to what it asked and nothing else, and servers hear whole requests of this client.
#include <algorithm>
#include <array>
#include <cstdint>

#include "fuzz/require.hpp"
#include "fuzz/script.hpp"
#include "fuzz/streams.hpp"
#include "sim/sim_proxy.hpp"

using namespace sluice;
using fuzz::require;

namespace {

constexpr std::string_view common = R"(
defaults
 mode http
 timeout client 5s
 timeout server 6s
 timeout connect 1s
 timeout http-request 4s
 timeout tunnel 7s
 timeout queue 2s
)";

struct Scene {
  std::string_view lines;
  bool http = true;
  bool same_targets = true;  // servers hear the targets of the client
};

constexpr Scene scenes[] = {
    {"listen l\n bind 127.0.0.1:80\n server s 127.0.0.1:8001\n"},
    {"listen l\n bind 127.0.0.1:80\n option httpclose\n server s 127.0.0.1:8001 maxconn 1\n"},
    {"listen l\n bind 127.0.0.1:80\n option http-server-close\n option http-buffer-request\n option forwardfor\n"
     " server s 127.0.0.1:8001\n"},
    {"listen l\n bind 127.0.0.1:80\n http-reuse always\n retry-on all-retryable-errors\n retries 2\n option redispatch 1\n"
     " server s 127.0.0.1:8001\n server t 127.0.0.1:8002 backup\n"},
    {"frontend f\n bind 127.0.0.1:80\n http-request wait-for-body time 1s\n http-request set-header x-b %[req.body,hex]\n"
     " http-request set-path /x%[path] if { path_beg /p }\n http-request return status 200 content-type text/plain string ok if { path /ok }\n"
     " http-request del-header cookie\n http-response replace-header location (.*) \\1/x\n http-response add-header x-a %[res.hdrs]\n"
     " http-after-response set-header x-c %[res.hdr(date)]\n default_backend b\n"
     "backend b\n http-response wait-for-body time 1s\n server s 127.0.0.1:8001\n", true, false},
    {"listen l\n mode tcp\n bind 127.0.0.1:80\n server s 127.0.0.1:8001\n", false},
    {"listen l\n bind 127.0.0.1:80 accept-proxy\n server s 127.0.0.1:8001 send-proxy-v2\n", false},
    {"listen l\n bind 127.0.0.1:80\n cookie SRV insert indirect nocache\n balance url_param u check_post\n"
     " stick-table type string len 20 size 100 expire 1m\n stick on cookie(J)\n"
     " stick store-response res.cook(J)\n"
     " server s 127.0.0.1:8001 cookie a\n server t 127.0.0.1:8002 cookie b\n"},
    {"frontend f\n mode tcp\n bind 127.0.0.1:80\n tcp-request inspect-delay 1s\n"
     " tcp-request content switch-mode http if HTTP\n tcp-request content reject if { req.len gt 0 } !HTTP\n default_backend b\n"
     "backend b\n server s 127.0.0.1:8001\n", false},
    {"listen l\n bind 127.0.0.1:80\n option abortonclose\n option http-pretend-keepalive\n"
     " filter bwlim-out o default-limit 100 default-period 1s\n filter bwlim-in i default-limit 100 default-period 1s\n"
     " http-request set-bandwidth-limit i\n http-response set-bandwidth-limit o if { status 200 }\n server s 127.0.0.1:8001 maxconn 1\n"},
};

// Loaded once, for what is looked for is not there; never gone, as the statics of layers below go first.
sim::Loaded& loaded(const Scene& scene) {
  static auto& all = *new std::array<std::unique_ptr<sim::Loaded>, std::size(scenes)>;
  auto& one = all[static_cast<std::size_t>(&scene - scenes)];
  if (!one) one = std::make_unique<sim::Loaded>(std::string(common) + std::string(scene.lines));
  return *one;
}

sim::Talk::Then ending(std::uint8_t digit) { return static_cast<sim::Talk::Then>(static_cast<std::uint8_t>(digit - '0') % 3); }

void look_at_servers(const sim::SimServer& server, const fuzz::Requests& asked, const Scene& scene) {
  for (const sim::Talk& talk : server.talks) {
    const fuzz::Requests heard = fuzz::requests_in(talk.heard);
    require(!heard.broken, "servers hear requests only", talk.heard);
    for (const fuzz::Asked& one : heard.heads) {
      if (!scene.same_targets) break;
      const bool known = std::ranges::any_of(asked.heads, [&](const fuzz::Asked& its) { return its.line == one.line; });
      require(known, "servers hear the client's requests only", talk.heard);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 6 || bytes[4] != '\n') return 0;
  const Scene& scene = scenes[static_cast<std::uint8_t>(bytes[0] - '0') % std::size(scenes)];
  auto parties = fuzz::parties_of({reinterpret_cast<const char*>(bytes) + 5, size - 5});
  sim::Talk client{.pieces = std::move(parties[0]), .then = ending(bytes[1])};
  std::vector<sim::Talk> scripts;
  for (std::size_t i = 1; i < parties.size(); ++i) scripts.push_back({.pieces = std::move(parties[i]), .then = ending(bytes[2])});
  std::string said;
  for (const std::string& piece : client.pieces) said += piece;

  const std::int64_t frames = async::frame_pool.live();
  {
    sim::SimProxy proxy(loaded(scene), bytes[3]);
    require(proxy.works, "the scene loads", loaded(scene).said.text());
    {
      sim::SimServer first(proxy.world, net::Address::ipv4(0x7f000001, 8001), scripts);
      sim::SimServer second(proxy.world, net::Address::ipv4(0x7f000001, 8002), scripts);
      proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[0], client));
      const auto over = [&] { return client.ended && proxy.world.worker.tasks.empty() && proxy.still_busy().empty(); };
      const bool ended = proxy.world.run_until(over, seconds(20'000));
      require(ended, "it ends, and nothing is in use", proxy.still_busy());
      const fuzz::Requests asked = fuzz::requests_in(said);
      if (scene.http) {
        fuzz::expect_answers(client.heard, asked);
        look_at_servers(first, asked, scene);
        look_at_servers(second, asked, scene);
      }
      first.close();
      second.close();
      proxy.stop();
    }
    require(proxy.world.io.open_count() == 0, "no socket is left");
  }
  require(async::frame_pool.live() == frames, "no task is left");
  return 0;
}
