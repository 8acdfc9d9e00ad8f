// mode tcp: the whole session is one exchange without messages.
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

Task<> Exchange::serve_tcp(Session& session) {
  const ExchangeLease exchange(session.local);
  exchange->reset(session);
  exchange->count_cost();
  exchange->facts.first_byte = session.idle_since;  // handshakes are told apart (Th)
  exchange->facts.request_at = session.accepted_at;
  const auto done = co_await attempt(exchange->converse_tcp());
  if (session.http) co_return;  // the exchanges of its requests say what there is to say
  if (!done) co_await attempt(exchange->reply_to(done.error()));
  exchange->finish();
  session.close_after = true;
}

Task<> Exchange::converse_tcp() {
  phase_ = Phase::request;
  log_step(LogStep::accept);
  Next next = co_await inspect(frontend().policy);
  if (next == Next::go_on || next == Next::stop) {
    choose_destination();
    // A backend in mode http takes HTTP from anybody (manual section 4, "HTTP upgrade").
    if (destination_ && destination_->policy.http) next = Next::upgrade;
    else if (destination_ && destination_->policy.section != frontend().policy.section) next = co_await inspect(*destination_->rules);
  }
  if (next == Next::upgrade) {
    session_->speak_http();
    co_return;
  }
  if (next == Next::close || next == Next::answer) {
    closed_by_rule(RuleSet::tcp_content);
    co_return;
  }
  if (!destination_) co_await fail(Kind::no_server, Side::us);
  if (destination_->has_affinity) find_affinity();
  facts.queued_at = facts.idle_since;  // there is no request: what the rules took counts as waiting for a server (Tw)
  log_step(LogStep::request);
  co_await connect_tcp();
  log_step(LogStep::connect);
  if (frontend().log && frontend().log->as_soon_as_possible()) log_early(LogStep::connect);
  co_await tunnel();
}

// tcp-request content: runs the rules again with every byte that comes until they decide or the delay is over.
Task<Next> Exchange::inspect(const Policy& policy) {
  const RuleList& list = policy[RuleSet::tcp_content];
  if (list.empty()) co_return Next::go_on;
  Input& input = session_->input;
  const Instant until = worker_.loop.now() + policy.inspect_delay;
  RuleRun rules{RuleSet::tcp_content, *session_, this, scope, seen_client_, policy.inspect_delay.us == 0};
  std::size_t from = 0;
  scope.request_bytes = &seen_request_;
  // What a client sends right behind its handshake is there by now: rules without conditions do not wait for it.
  if (input.empty() && session_->client->may_read()) {
    if (!input.open(worker_.buffers)) co_await fail(Kind::no_resource);
    const Result<std::size_t> got = session_->client->try_read(input.room());
    if (got && *got == 0) rules.last_chance = true;
    if (got) input.added(*got);
    else if (got.error().kind != Kind::would_block) co_await fail(got.error().on(Side::client));
    input.settle();
  }
  for (;;) {
    seen_request_ = {{input.bytes().data(), input.size()}, rules.last_chance};
    const Next next = run(list, rules, from);
    if (next == Next::later) {
      waiting_rule = &list.rules[from].place;
      const Next then = co_await list.rules[from].action->later(rules);
      waiting_rule = nullptr;
      ++from;
      if (then == Next::go_on) continue;
      co_return then;
    }
    if (next != Next::wait) co_return next;
    waiting_rule = &list.rules[from].place;
    if (!input.open(worker_.buffers)) co_await fail(Kind::no_resource);
    if (input.room().empty()) {
      rules.last_chance = true;
      continue;
    }
    const auto got = co_await attempt(session_->client->read(input.room(), until));
    if (!got && got.error().kind != Kind::timeout) co_await fail(got.error().on(Side::client));
    if (!got || *got == 0) {
      rules.last_chance = true;
    } else {
      input.added(*got);
    }
    waiting_rule = nullptr;
  }
}

// tcp-response content in mode tcp: what the server says first is held back until the rules have decided. True: the
// connection to the server is to be closed behind it ("close").
Task<> Exchange::inspect_answer(net::RelayEnd from, net::RelayEnd to) {
  const Policy& policy = *destination_->rules;
  const RuleList& list = policy[RuleSet::tcp_response];
  async::Buffer buffer(worker_.buffers);
  if (!buffer) co_await fail(Kind::no_resource);
  std::size_t size = 0;
  const Instant until = worker_.loop.now() + policy.response_inspect_delay;
  RuleRun rules{RuleSet::tcp_response, *session_, this, scope, seen_client_, policy.response_inspect_delay.us == 0};
  std::size_t at = 0;
  scope.response_bytes = &seen_response_;
  scope.direction = expr::Direction::response;
  Next next = Next::wait;
  for (;;) {
    seen_response_ = {{buffer.begin(), size}, rules.last_chance};
    next = run(list, rules, at);
    if (next != Next::wait) break;
    const auto got = co_await attempt(from.stream.read(buffer.span().subspan(size), std::min(until, from.activity.deadline())));
    if (!got && got.error().kind != Kind::timeout) co_await fail(got.error().on(from.side));
    if (got) size += *got;
    rules.last_chance = !got || *got == 0 || size == buffer.size();
  }
  scope.response_bytes = nullptr;
  scope.direction = expr::Direction::request;
  if (next == Next::close) {
    facts.termination = {'P', 'D', '-', '-'};
    count_denied_answer();
    co_await fail(Kind::denied, Side::us);
  }
  facts.bytes_to_client += size;
  facts.bytes_from_server += size;
  const std::string_view held{buffer.begin(), size};
  const auto sent = co_await attempt(to.stream.write_all(held, to.activity.timeout));
  if (!sent) co_await fail(sent.error().on(to.side));
  if (server_close_) co_await fail(Kind::end, Side::us);
}

Task<> Exchange::connect_tcp() {
  for (;;) {
    const auto connected = co_await attempt(try_connect());
    if (connected) co_return;
    const Error error = connected.error();
    observe_failure(error);
    if (!may_retry(error)) co_await fail(error);
    co_await turn_around(error);
  }
}

Task<> Exchange::try_connect() {
  const bool connected = co_await connection_at_once();
  if (!connected) co_await get_connection();
  remember_server();
}

}  // namespace sluice::proxy
