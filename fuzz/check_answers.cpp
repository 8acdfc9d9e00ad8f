// What a server answers to a health check. The first character chooses the kind of check, the second the size of the pieces
// the answer comes in; the rest is the answer, before the server finishes. Each check ends with a result (the same one
// however the answer arrives, if the check asks once), and nothing of it is left.
#include <array>
#include <cstdint>

#include "fuzz/require.hpp"
#include "sim/sim_proxy.hpp"

using namespace sluice;
using fuzz::require;

namespace {

struct Kind {
  std::string_view lines;
  bool server_speaks_first = false;
  bool sends_again = false;  // forgets what came until then: it matters when that comes
};

constexpr Kind kinds[] = {
    {" option httpchk GET /\n"},
    {" option httpchk\n http-check send meth GET uri /x ver HTTP/1.1 hdr host a\n http-check expect status 200-299,404\n"},
    {" option httpchk\n http-check disable-on-404\n http-check expect rstring ^ok[0-9]+ comment \"a number\"\n"},
    {" option httpchk\n http-check expect ! string down\n http-check set-var(check.h) res.hdr(x-h)\n"
     " http-check expect hdr name -m beg x- value -m reg ^[a-z]+$ on-error %[res.hdr(x-h),lower]\n"},
    {" option smtpchk EHLO here\n", true, true},
    {" option mysql-check user u\n", true, true},
    {" option pgsql-check user u\n"},
    {" option redis-check\n"},
    {" option ldap-check\n"},
    {" option ssl-hello-chk\n"},
    {" option spop-check\n"},
    {" option tcp-check\n tcp-check send PING\\r\\n\n tcp-check expect string +PONG on-success %[res.payload(0,9)]\n"
     " tcp-check send x\n tcp-check expect rstring ^role:(master|slave) tout-status L7TOUT\n", false, true},
    {" option tcp-check\n tcp-check expect binary 4f4b\n tcp-check set-var(check.a) res.payload(0,2),hex\n"
     " tcp-check expect ! rbinary ^00ff\n tcp-check expect string-lf %[var(check.a)]\n", true},
    {" default-server agent-check agent-port 8001 agent-send hello\\n agent-inter 100s\n", true},
};

// Loaded once, for what is looked for is not there; never gone, as the statics of layers below go first.
sim::Loaded& loaded(std::size_t kind) {
  static auto& all = *new std::array<std::unique_ptr<sim::Loaded>, std::size(kinds)>;
  if (all[kind]) return *all[kind];
  std::string text = "defaults\n timeout check 20s\n timeout connect 5s\n timeout server 5s\n timeout client 5s\nbackend b\n";
  text += kinds[kind].lines;
  text += kinds[kind].lines.find("agent") == std::string_view::npos ? " server s 127.0.0.1:8001 check inter 100s\n"
                                                                    : " server s 127.0.0.1:8001 weight 100\n";
  all[kind] = std::make_unique<sim::Loaded>(std::move(text));
  return *all[kind];
}

std::string result_of(std::size_t kind, std::vector<std::string> pieces) {
  sim::SimProxy proxy(loaded(kind), 1, sim::SimProxy::Checks::on);
  require(proxy.works, "the check is built", loaded(kind).said.text());
  proxy.world.io.weather = {.fragments = 1, .short_write = 0, .spurious_again = 0};
  const backend::ServerState& state = proxy.proxies->destinations[0]->backend->servers()[0]->state();
  const bool agent = kind + 1 == std::size(kinds);
  const backend::CheckStatus& check = agent ? state.agent : state.check;
  std::string result;
  {
    const sim::Talk script{.pieces = std::move(pieces), .then = sim::Talk::Then::finish, .pause = milliseconds(1)};
    sim::SimServer server(proxy.world, net::Address::ipv4(0x7f000001, 8001), {script}, kinds[kind].server_speaks_first);
    const auto checked = [&] { return check.code.load() != backend::CheckCode::INI && check.code.load() != backend::CheckCode::none && !check.running; };
    const bool ended = proxy.world.run_until(checked, seconds(95));
    require(ended, "the check ends");
    result = fmt::format("{}/{}: {}, {} {}", backend::name_of(check.code.load()), check.status.load(), check.info(), state.status(),
                         state.user_weight.load());
    server.close();
    proxy.stop();
  }
  require(proxy.world.worker.buffers.in_use() == 0, "no buffer is left");
  require(proxy.world.io.open_count() == 0, "no socket is left");
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3 || size > 3000) return 0;
  const std::size_t kind = static_cast<std::uint8_t>(bytes[0] - 'a') % std::size(kinds);
  const std::string_view answer(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  const std::size_t piece = std::max<std::size_t>(static_cast<std::uint8_t>(bytes[1] - '0') + 1U, answer.size() / 40 + 1);
  const std::int64_t frames = async::frame_pool.live();
  const std::string whole = result_of(kind, {std::string(answer)});
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < answer.size(); at += piece) pieces.emplace_back(answer.substr(at, piece));
  const std::string apart = result_of(kind, std::move(pieces));
  require(kinds[kind].sends_again || whole == apart, "the same result whole and in pieces", whole + "\n" + apart);
  require(async::frame_pool.live() == frames, "no task is left");
  return 0;
}
