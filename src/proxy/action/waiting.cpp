// pause, wait-for-body, wait-for-handshake: rules that take their time.
#include "config/setting/tuning.hpp"
#include "proxy/build.hpp"
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"
#include "proxy/rules/arguments.hpp"

namespace sluice::proxy {
namespace {

class Pause final : public BoundAction {
 public:
  explicit Pause(TimeOrExpression time) : time_(std::move(time)) {}
  Next run(RuleRun& run) const override {
    const auto time = time_.get(run.scope);
    return time && time->us > 0 ? Next::later : Next::go_on;
  }
  async::Task<Next> later(RuleRun& run) const override {
    const auto time = time_.get(run.scope);
    if (time) co_await run.exchange->rest(*time);
    co_return Next::go_on;
  }
  bool may_wait() const override { return true; }

 private:
  TimeOrExpression time_;
};
std::unique_ptr<BoundAction> parse_pause(ActionParse& in) {
  auto time = TimeOrExpression::parse(in, "a time or an expression that gives milliseconds");
  return time ? std::make_unique<Pause>(std::move(*time)) : nullptr;
}
const catalog::Add pause_entry{Action{.name = "pause", .args = "{ <time> | <expression> }",
    .in = rule_set::http_request | rule_set::http_response, .parse = parse_pause,
    .doc = "Lets the message wait. An expression gives milliseconds; without a value there is no pause."}};

class WaitForBody final : public BoundAction {
 public:
  WaitForBody(Duration time, std::uint64_t least, BodyRoom room) : time_(time), least_(least), room_(room) {}
  Next run(RuleRun&) const override { return Next::later; }
  async::Task<Next> later(RuleRun& run) const override {
    Exchange& exchange = *run.exchange;
    const Instant until = exchange.worker().loop.now() + time_;
    if (run.set == RuleSet::http_request) {
      co_await exchange.wait_for_body(until, least_, room_);
    } else {
      co_await exchange.wait_for_answer_body(until, least_, room_);
    }
    co_return Next::go_on;
  }
  bool may_wait() const override { return true; }

 private:
  Duration time_;
  std::uint64_t least_;
  BodyRoom room_;
};
std::unique_ptr<BoundAction> parse_body(ActionParse& in) {
  std::optional<Duration> time;
  std::uint64_t least = 0;
  BodyRoom room = BodyRoom::usual;
  while (!arguments_end(in.line)) {
    const config::Word& word = *in.line.next();
    if (word == "time") {
      time = in.line.take_duration("<time>");
      if (!time) return nullptr;
    } else if (word == "at-least") {
      const auto bytes = in.line.take_size("<bytes>");
      if (!bytes) return nullptr;
      least = *bytes;
    } else if (word == "use-large-buffer") {
      room = BodyRoom::large;
      if (in.proxies.config->global()[config::tune_bufsize_large].bytes == 0)
        in.line.warning(word, fmt::format("'{}' : 'use-large-buffer' has no effect without 'tune.bufsize.large'.", in.line.keyword()));
    } else {
      in.line.alert(word, fmt::format("'{}' : 'wait-for-body' expects 'time <time>', 'at-least <bytes>' and 'use-large-buffer', not '{}'.", in.line.keyword(), word.text));
      return nullptr;
    }
  }
  if (!time) {
    in.line.alert(in.line.end_place(), fmt::format("'{}' : 'wait-for-body' expects 'time <time>'.", in.line.keyword()));
    return nullptr;
  }
  return std::make_unique<WaitForBody>(*time, least, room);
}
const catalog::Add body_entry{Action{.name = "wait-for-body", .args = "time <time> [at-least <bytes>] [use-large-buffer]",
    .in = rule_set::http_request | rule_set::http_response, .parse = parse_body,
    .doc = "Waits until the body, or so many bytes of it, has come, the buffer is full or the time is over; later rules can look at it. "
           "With use-large-buffer a body that does not fit goes on in a buffer of tune.bufsize.large."}};

// Nothing is read from a connection before its handshakes are through, and no data is taken early.
class Nothing final : public BoundAction {
 public:
  Next run(RuleRun&) const override { return Next::go_on; }
};
std::unique_ptr<BoundAction> parse_handshake(ActionParse&) { return std::make_unique<Nothing>(); }
const catalog::Add handshake_entry{Action{.name = "wait-for-handshake", .in = rule_set::http_request, .parse = parse_handshake,
    .doc = "Requests are only read once the handshakes of their connection are over, so this always holds already."}};

}  // namespace
}  // namespace sluice::proxy
