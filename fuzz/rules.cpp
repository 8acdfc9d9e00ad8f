// Lines of rules in a listen section, then what they do to some requests and answers. Wrong lines are complained about where
// they stand; right ones, whatever they do, leave streams of messages on both sides, end, and leave nothing behind.
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

constexpr std::string_view head = R"(defaults
 mode http
 timeout client 5s
 timeout server 6s
 timeout connect 1s
 timeout http-request 4s
 timeout tarpit 1s
backend other
 server s 127.0.0.1:8001
backend counted
 stick-table type ip size 10 expire 1m
listen l
 bind 127.0.0.1:80
 declare capture request len 10
 declare capture response len 10
 filter bwlim-out down default-limit 1m default-period 1s
 option http-buffer-request
 server s 127.0.0.1:8001
)";

constexpr std::array<std::string_view, 11> kinds = {"http-request ", "http-response ", "http-after-response ", "tcp-request ", "tcp-response ",
                                                    "acl ", "use_backend ", "redirect ", "stick ", "use-server ", "use_service "};

// As with HAProxy a rule may name a header as it likes, even so that it is none: those rules are not for us.
bool names_headers(std::string_view line) {
  for (const std::string_view how : {"header ", "hdr ", "early-hint "})
    for (auto at = line.find(how); at != line.npos; at = line.find(how, at + 1)) {
      const std::string_view name = line.substr(at + how.size(), line.find(' ', at + how.size()) - at - how.size());
      if (name.empty() || !std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; })) return false;
    }
  return true;
}

// Nor are those that write controls into what is sent, which is their author's business, too.
bool writes_controls(std::string_view line) {
  return line.contains("\\r") || line.contains("\\n") || line.contains("\\x") || std::ranges::any_of(line, [](char c) { return c > 0 && c < ' '; });
}

bool is_rule(std::string_view line) {
  // A rule of set-method decides about the body of an answer its client did not ask for; those of paths and URIs send what
  // they say, be it a path or not.
  constexpr std::string_view left_out[] = {"set-method", "set-path", "set-uri", "replace-path", "replace-uri"};
  return std::ranges::any_of(kinds, [&](std::string_view kind) { return line.starts_with(kind); }) && names_headers(line) && !writes_controls(line) &&
         std::ranges::none_of(left_out, [&](std::string_view word) { return line.contains(word); });
}

constexpr std::string_view requests[] = {
    "GET /a/b.png?x=1&y=%20z HTTP/1.1\r\nhost: www.example.com:80\r\ncookie: a=1; b=2\r\nx-n: 42\r\nauthorization: Basic dTpw\r\n\r\n",
    "POST /form HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n\r\na=1&b=2",
    "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
    "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
};
constexpr std::string_view answers[] = {
    "HTTP/1.1 200 OK\r\nset-cookie: s=1; path=/\r\ncontent-length: 5\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nhello",
    "HTTP/1.1 302 Found\r\nlocation: http://a/x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
};

void run(sim::Loaded& loaded) {
  const std::int64_t frames = async::frame_pool.live();
  {
    sim::SimProxy proxy(loaded, 1);
    if (!proxy.works) return;
    proxy.world.io.weather.spurious_again = 0;
    sim::Talk client{.then = sim::Talk::Then::finish, .pause = seconds(2)};
    std::string said;
    for (const std::string_view request : requests) said += client.pieces.emplace_back(request);
    sim::Talk script;
    for (const std::string_view answer : answers) script.pieces.emplace_back(answer);
    script.pause = seconds(2);
    {
      sim::SimServer server(proxy.world, net::Address::ipv4(0x7f000001, 8001), {script});
      proxy.world.worker.tasks.start(sim::call(proxy.world, proxy.addresses[0], client));
      const auto over = [&] { return client.ended && proxy.world.worker.tasks.empty() && proxy.still_busy().empty(); };
      const bool ended = proxy.world.run_until(over, seconds(100 * 86'400));
      require(ended, "it ends, and nothing is in use", proxy.still_busy());
      fuzz::expect_answers(client.heard, fuzz::requests_in(said));
      for (const sim::Talk& talk : server.talks) require(!fuzz::requests_in(talk.heard).broken, "the server hears requests only", talk.heard);
      server.close();
      proxy.stop();
    }
    require(proxy.world.io.open_count() == 0, "no socket is left");
  }
  require(async::frame_pool.live() == frames, "no task is left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 1000) return 0;
  std::string text(head);
  const auto before = std::ranges::count(text, '\n');
  for (const std::string& line : fuzz::pieces_of({reinterpret_cast<const char*>(bytes), size}, "\n"))
    if (is_rule(line)) text += " " + line + "\n";
  const auto lines = std::ranges::count(text, '\n');
  sim::Loaded loaded(std::move(text));
  if (!loaded.said.failed()) run(loaded);
  for (const config::Diagnostic& one : loaded.said.all()) {
    require(!one.text.empty() && !printed(one, 1).empty(), "a complaint says something");
    require(!one.place || (one.place.line > before && one.place.line <= lines), "a complaint is about the lines", one.text);
  }
  return 0;
}
