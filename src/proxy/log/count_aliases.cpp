// Log aliases: counts, sizes, status and how it ended (manual 8.2.3 and 8.5).
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/session.hpp"
#include "proxy/log/alias.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::Int;
using catalog::typed;
using expr::LogAlias;
using expr::Origin;

// As they are when the line is written (manual 8.2.3). By then the server's slot has been given back; the visit to the
// backend has not, but it does not count any more, unless the line is written early (option logasap).
Int process_connections(Session& session) { return session.local.states.connections.load(std::memory_order_relaxed); }
Int frontend_connections(Session& session) { return session.frontend.state.sessions.load(std::memory_order_relaxed); }
Int backend_sessions(const expr::Scope& scope) {
  if (!scope.exchange || !scope.exchange->destination()) return 0;
  const Int all = scope.exchange->destination()->backend->state().sessions.load(std::memory_order_relaxed);
  return scope.facts->logged_early ? all : std::max<Int>(all - 1, 0);
}
Int server_sessions(const expr::Scope& scope) {
  const backend::Server* const server = scope.exchange ? scope.exchange->server() : nullptr;
  return server ? Int{server->state().served.load(std::memory_order_relaxed)} : 0;
}
const Add ac{LogAlias{.name = "ac", .run = typed<process_connections>, .doc = "Client connections of the process."}};
const Add fc{LogAlias{.name = "fc", .run = typed<frontend_connections>, .doc = "Connections of the frontend."}};
const Add bc{LogAlias{.name = "bc", .run = typed<backend_sessions>, .doc = "Requests or connections in the backend."}};
const Add sc{LogAlias{.name = "sc", .run = typed<server_sessions>, .doc = "Requests or connections on the server."}};

Int server_queue(const Facts& facts) { return facts.server_queue; }
Int backend_queue(const Facts& facts) { return facts.backend_queue; }
Int uploaded(const Facts& facts) { return static_cast<Int>(facts.bytes_from_client); }
// -1 where a request has no answer with a status; 0 where there are no requests.
Int status(const expr::Scope& scope) {
  if (scope.facts && scope.facts->status) return scope.facts->status;
  return scope.exchange && scope.exchange->frontend().http ? -1 : 0;
}
// Of the request in HTTP mode, so that ids made of it (unique-id-format) differ on one connection, too.
Int number(Session& session, const expr::Scope& scope) {
  return scope.exchange ? Int{scope.exchange->transaction_number()} : static_cast<Int>(session.number);
}
const Add sq{LogAlias{.name = "sq", .run = typed<server_queue>, .doc = "Requests that were before this one in the server's queue."}};
const Add bq{LogAlias{.name = "bq", .run = typed<backend_queue>, .doc = "Requests that were before this one in the backend's queue."}};
const Add U{LogAlias{.name = "U", .run = typed<uploaded>, .doc = "Bytes received from the client."}};
const Add ST{LogAlias{.name = "ST", .run = typed<status>, .doc = "Status sent to the client, -1 if none was."}};
const Add rt{LogAlias{.name = "rt", .run = typed<number>, .doc = "Number of the request or TCP session, counted over the process."}};

// How many lines of this frontend there were before this one.
Int lines(Frontend& frontend) { return frontend.log ? static_cast<Int>(frontend.log->lines()) : 0; }
const Add lc{LogAlias{.name = "lc", .run = typed<lines>, .doc = "Log lines of the frontend before this one."}};

// Why the line is written.
std::string_view origin(Session& session) {
  const LogOrigin from = session.local.log_origin;
  if (from.of_failed_session) return "sess_error";
  switch (from.step) {
    case LogStep::accept: return "txn_accept";
    case LogStep::request: return "txn_request";
    case LogStep::connect: return "txn_connect";
    case LogStep::response: return "txn_response";
    case LogStep::close: return "txn_close";
    case LogStep::error:
    case LogStep::any: return "unspec";
    default: return name_of(from.step);
  }
}
const Add og{LogAlias{.name = "OG", .run = typed<origin>, .doc = "Why the line is written: txn_close, sess_error, http-req, ..."}};

// A '+' says that the server is not the one it began with. Where items have types it is a number, and has no '+'.
void retries(const expr::Scope& scope, expr::Writer& to, const expr::LogStyle& style) {
  if (style.encoding != expr::LogStyle::Encoding::text)
    return expr::write_sample(to, expr::Sample::integer(scope.facts ? scope.facts->retries : 0), style, *scope.arena);
  char digits[24];
  expr::Writer text(digits);
  if (scope.facts && scope.facts->redispatched) text.put('+');
  text.put_decimal(scope.facts ? scope.facts->retries : 0);
  write_unquoted(scope, to, style, text.text());
}
const Add rc{LogAlias{.name = "rc", .write = retries, .origin = Origin::exchange, .doc = "Retries, with '+' after a redispatch."}};

std::string_view ts(const Facts& facts, Arena& arena) {
  const char text[] = {facts.termination.cause, facts.termination.phase};
  return arena.copy({text, sizeof(text)});
}
std::string_view tsc(const Facts& facts, Arena& arena) {
  const Termination& end = facts.termination;
  const char text[] = {end.cause, end.phase, end.request_cookie, end.response_cookie};
  return arena.copy({text, sizeof(text)});
}
const Add ts_entry{LogAlias{.name = "ts", .write = of_facts<ts>, .origin = Origin::exchange, .doc = "How the session ended: cause and phase."}};
const Add tsc_entry{LogAlias{.name = "tsc", .write = of_facts<tsc>, .origin = Origin::exchange, .doc = "How the session ended: cause, phase and what happened to the cookie."}};

}  // namespace
}  // namespace sluice::proxy
