// show sess, shutdown session: what is in progress on all workers.
#include "admin/command.hpp"
#include "admin/gather.hpp"
#include "base/text.hpp"
#include "config/units.hpp"
#include "proxy/exchange.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using proxy::Exchange;

// Which of them; what is empty does not matter.
struct Selection {
  std::optional<std::uint64_t> number;
  std::string frontend, backend, server;
  Duration older{};
  bool detailed = false;

  bool matches(const Exchange& exchange, Instant now) const {
    const proxy::Session& session = exchange.session();
    if (number && session.number != *number) return false;
    if (!frontend.empty() && session.frontend.name != frontend) return false;
    if (!backend.empty() && (!exchange.destination() || exchange.destination()->backend->name() != backend)) return false;
    if (!server.empty() && (!exchange.server() || exchange.server()->name() != server)) return false;
    return now - session.accepted >= older;
  }
};

std::string_view phase_name(proxy::Phase phase) {
  constexpr std::string_view names[] = {"request", "tarpit", "queue", "connect", "headers", "data", "last"};
  return names[static_cast<std::size_t>(phase)];
}

struct Names {
  std::string_view backend = "<NONE>", server = "<none>";
  unsigned backend_id = 0, server_id = 0;
};
Names names_of(const Exchange& exchange) {
  Names names;
  if (const proxy::Destination* destination = exchange.destination()) {
    names.backend = destination->backend->name();
    names.backend_id = destination->id;
  }
  if (const std::string_view service = exchange.service_name(); !service.empty()) names.server = service;
  if (const backend::Server* server = exchange.server()) {
    names.server = server->name();
    names.server_id = server->id();
  }
  return names;
}

std::string_view protocol_of(const net::Address& address) {
  return address.family() == net::Family::ipv4 ? "tcpv4" : address.family() == net::Family::ipv6 ? "tcpv6" : "unix_stream";
}

std::string one_line(const Exchange& exchange, Instant now, unsigned worker) {
  const proxy::Session& session = exchange.session();
  const Names names = names_of(exchange);
  return fmt::format("0x{:x}: proto={} src={} fe={} be={} srv={} ts={:02x} phase={} thread={} age={}s requests={} rq[bytes={}] rp[bytes={}] rc={}\n",
                     session.number, protocol_of(session.source()), session.source().text(), session.frontend.name, names.backend, names.server,
                     static_cast<unsigned>(exchange.phase()), phase_name(exchange.phase()), worker + 1,
                     (now - session.accepted).seconds(), session.requests, exchange.facts.bytes_from_client, exchange.facts.bytes_to_client,
                     exchange.facts.retries);
}

std::string shown(const net::Address& address) { return address ? address.text() : std::string("-"); }

std::string details(const Exchange& exchange, Instant now, unsigned worker) {
  const proxy::Session& session = exchange.session();
  const Names names = names_of(exchange);
  const proxy::Facts& facts = exchange.facts;
  std::string out = fmt::format("0x{:x}: proto={} source={} thread={} phase={} age={}s\n", session.number, protocol_of(session.source()),
                                session.source().text(), worker + 1, phase_name(exchange.phase()), (now - session.accepted).seconds());
  out += fmt::format("  frontend={} (id={} mode={}), listener={} fd={}\n", session.frontend.name, session.frontend.id,
                     session.frontend.http ? "http" : "tcp", session.bind.name.empty() ? "?" : session.bind.name, session.client->socket().fd());
  out += fmt::format("  backend={} (id={})\n  server={} (id={})", names.backend, names.backend_id, names.server, names.server_id);
  if (const net::Stream* stream = exchange.server_stream()) {
    const net::Socket& socket = const_cast<net::Stream*>(stream)->socket();
    out += fmt::format(" fd={} addr={} src={}{}", socket.fd(), shown(socket.remote_address()), shown(socket.local_address()),
                       facts.server_connection_reused ? " reused" : "");
  }
  out += fmt::format("\n  request: n={} bytes={} retries={}", session.requests, facts.bytes_from_client, facts.retries);
  if (!facts.method.empty()) out += fmt::format(" line={} {} {}", facts.method, facts.target, facts.version);
  return out + fmt::format("\n  response: status={} bytes={}\n", facts.status, facts.bytes_to_client);
}

// One text per worker, filled on its thread.
using Parts = std::shared_ptr<std::vector<std::string>>;

std::function<void(unsigned)> listing(World& world, Selection selection, Parts parts) {
  return [&world, selection, parts](unsigned id) {
    if (!world.visit_exchanges) return;
    const Instant now = world.crew[id]->loop.now();
    std::string& out = (*parts)[id];
    world.visit_exchanges(id, [&](Exchange& exchange) {
      if (selection.matches(exchange, now)) out += selection.detailed ? details(exchange, now, id) : one_line(exchange, now, id);
    });
  };
}

std::optional<std::uint64_t> session_number(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && at == text.data() + text.size() && !text.empty() ? std::optional(number) : std::nullopt;
}

// [<id> | all] [older <age>] [frontend <f>] [backend <b>] [server <b>/<s>]; false: said what is wrong.
bool take_selection(Call& call, Selection& selection) {
  for (std::size_t i = 0; i < call.words.size(); ++i) {
    const std::string_view word = call.word(i), value = call.word(i + 1);
    if (word == "all") {
      selection.detailed = true;
    } else if (word == "older" || word == "frontend" || word == "backend" || word == "server") {
      if (value.empty()) return call.fail(fmt::format("'{}' expects a value.", word)), false;
      ++i;
      if (word == "frontend") selection.frontend = value;
      if (word == "backend") selection.backend = value;
      if (word == "server") {
        const backend::Server* const server = find_server(call, value);
        if (!server) return false;
        selection.backend = server->backend().name();
        selection.server = server->name();
      }
      if (word == "older") {
        const auto age = config::read_duration(value, config::Unit::s);
        if (!age) return call.fail(fmt::format("'older' expects a delay, not '{}'.", value)), false;
        selection.older = *age;
      }
    } else if (const auto number = session_number(word)) {
      selection.number = number;
      selection.detailed = true;
    } else {
      return call.fail("usage: show sess [<id> | all] [older <age>] [frontend <f>] [backend <b>] [server <b>/<s>]"), false;
    }
  }
  return true;
}

async::Task<> show_sess(Call& call) {
  Selection selection;
  if (!take_selection(call, selection)) co_return;
  const Parts parts = std::make_shared<std::vector<std::string>>(call.world.crew.size());
  std::function<void(unsigned)> job = listing(call.world, selection, parts);
  co_await on_every_worker(call.world, call.worker, std::move(job));
  for (const std::string& part : *parts) call.answer += part;
  if (selection.number && call.answer.empty()) call.say(Weight::info, "Session not found.");
}

std::function<void(unsigned)> ending(World& world, Selection selection, std::shared_ptr<std::atomic<bool>> found) {
  return [&world, selection, found](unsigned id) {
    if (!world.visit_exchanges) return;
    const Instant now = world.crew[id]->loop.now();
    world.visit_exchanges(id, [&](Exchange& exchange) {
      if (!selection.matches(exchange, now)) return;
      exchange.shut_down(backend::Killed::by_administrator);
      *found = true;
    });
  };
}

async::Task<> shutdown_session(Call& call) {
  if (call.word(0).empty()) {
    call.fail("Session pointer expected (use 'show sess').");
    co_return;
  }
  Selection selection;
  selection.number = session_number(call.word(0));
  const auto found = std::make_shared<std::atomic<bool>>(false);
  if (selection.number) {
    std::function<void(unsigned)> job = ending(call.world, selection, found);
    co_await on_every_worker(call.world, call.worker, std::move(job));
  }
  if (!found->load()) call.fail("No such session (use 'show sess').");
}

const Add show{Command{.name = "show sess", .args = "[<id> | all] [older <age>] [frontend|backend|server <name>]",
                       .level = Level::operator_, .later = show_sess, .doc = "requests and TCP sessions in progress"}};
const Add shutdown{Command{.name = "shutdown session", .args = "<id>", .level = Level::admin, .later = shutdown_session,
                           .doc = "end one session, as show sess names it"}};

}  // namespace
}  // namespace sluice::admin
