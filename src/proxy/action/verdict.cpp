// allow, accept, reject, silent-drop: the rules' last word, without an answer.
#include "net/stream.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

template <Next next>
class Verdict final : public BoundAction {
 public:
  Next run(RuleRun&) const override { return next; }
  bool ends_list() const override { return true; }
};
template <Next next>
std::unique_ptr<BoundAction> parse(ActionParse&) {
  return std::make_unique<Verdict<next>>();
}

const catalog::Add allow_entry{Action{.name = "allow", .in = rule_set::http, .parse = parse<Next::stop>,
    .doc = "Ends this list of rules; the message goes on."}};
const catalog::Add accept_entry{Action{.name = "accept", .in = rule_set::tcp, .parse = parse<Next::stop>,
    .doc = "Ends this list of rules; the connection goes on."}};
const catalog::Add reject_entry{Action{.name = "reject", .in = rule_set::tcp | rule_set::http_request, .parse = parse<Next::close>,
    .doc = "Closes the connection without an answer."}};

// tcp-response content close: no further request goes over this connection to the server; in mode tcp it ends.
class CloseServer final : public BoundAction {
 public:
  Next run(RuleRun& run) const override {
    run.exchange->close_server_after();
    return Next::stop;
  }
  bool ends_list() const override { return true; }
};
std::unique_ptr<BoundAction> parse_close(ActionParse&) { return std::make_unique<CloseServer>(); }
const catalog::Add close_entry{Action{.name = "close", .in = rule_set::tcp_response, .parse = parse_close,
    .doc = "Closes the connection to the server behind what it has sent."}};

class ExpectProxy final : public BoundAction {
 public:
  Next run(RuleRun& run) const override {
    run.session.expect_proxy_header();
    return Next::go_on;
  }
};
std::unique_ptr<BoundAction> parse_expect(ActionParse& in) {
  static const std::vector<std::string_view> layers{"layer4"};
  return in.line.take_one_of(layers) ? std::make_unique<ExpectProxy>() : nullptr;
}
const catalog::Add expect_entry{Action{.name = "expect-proxy", .args = "layer4", .in = rule_set::tcp_connection, .parse = parse_expect,
    .doc = "This connection begins with a PROXY protocol header, as accept-proxy of its bind line would have it."}};

class ExpectCip final : public BoundAction {
 public:
  Next run(RuleRun& run) const override {
    run.session.expect_cip_header();
    return Next::go_on;
  }
};
std::unique_ptr<BoundAction> parse_expect_cip(ActionParse& in) {
  static const std::vector<std::string_view> layers{"layer4"};
  return in.line.take_one_of(layers) ? std::make_unique<ExpectCip>() : nullptr;
}
const catalog::Add expect_cip_entry{Action{.name = "expect-netscaler-cip", .args = "layer4", .in = rule_set::tcp_connection, .parse = parse_expect_cip,
    .doc = "This connection begins with a NetScaler Client IP header, as accept-netscaler-cip of its bind line would have it; its "
           "number is that of the bind line, or 0."}};

// In mode http it is one already: rules of its requests go on.
class SwitchMode final : public BoundAction {
 public:
  Next run(RuleRun& run) const override { return run.session.http ? Next::stop : Next::upgrade; }
  bool ends_list() const override { return true; }
};
std::unique_ptr<BoundAction> parse_switch(ActionParse& in) {
  static const std::vector<std::string_view> modes{"http"}, protocols{"h1"};
  if (!in.section.is(config::in::front | config::in::defaults)) {
    in.line.alert(in.line.last(), fmt::format("'{}' : '{}' has no frontend capability, which 'switch-mode' needs.", in.line.keyword(), in.section.name()));
    return nullptr;
  }
  if (!in.line.take_one_of(modes)) return nullptr;
  if (in.line.accept("proto") && !in.line.take_one_of(protocols)) return nullptr;
  return std::make_unique<SwitchMode>();
}
const catalog::Add switch_entry{Action{.name = "switch-mode", .args = "http [proto h1]", .in = rule_set::tcp_content, .parse = parse_switch,
    .doc = "From here on the connection of a frontend in mode tcp speaks HTTP: what has come is the beginning of a request."}};

}  // namespace
}  // namespace sluice::proxy
