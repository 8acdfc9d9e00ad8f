// mode tcp: the whole session is one exchange without messages.
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

Task<> Exchange::serve_tcp(Session& session) {
  reset(session);
  facts.first_byte = session.accepted;
  facts.request_at = session.accepted_at;
  const auto done = co_await attempt(converse_tcp());
  if (!done) co_await attempt(reply_to(done.error()));
  finish();
  session.close_after = true;
}

Task<> Exchange::converse_tcp() {
  phase_ = Phase::request;
  Next next = co_await inspect(frontend().policy);
  if (next == Next::go_on || next == Next::stop) {
    choose_destination();
    if (destination_ && destination_->policy.section != frontend().policy.section) next = co_await inspect(destination_->policy);
  }
  if (next == Next::close || next == Next::answer) {
    closed_by_rule();
    co_return;
  }
  if (!destination_) co_await fail(Kind::no_server, Side::us);
  co_await connect_tcp();
  if (frontend().log && frontend().log->as_soon_as_possible()) log_early();
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
  for (;;) {
    seen_request_ = {{input.bytes().data(), input.size()}, rules.last_chance};
    const Next next = run(list, rules, from);
    if (next == Next::later) {
      const Next then = co_await list.rules[from].action->later(rules);
      ++from;
      if (then == Next::go_on) continue;
      co_return then;
    }
    if (next != Next::wait) co_return next;
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
  }
}

Task<> Exchange::connect_tcp() {
  for (;;) {
    const auto connected = co_await attempt(try_connect());
    if (connected) co_return;
    const Error error = connected.error().side == Side::us && connected.error().kind == Kind::end
                            ? connected.error().on(Side::client)
                            : connected.error();
    count_failure(error);
    if (!may_retry(error)) co_await fail(error);
    co_await turn_around(error);
  }
}

Task<> Exchange::try_connect() {
  co_await get_server();
  co_await get_connection();
  remember_server();
}

}  // namespace sluice::proxy
