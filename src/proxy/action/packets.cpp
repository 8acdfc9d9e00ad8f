// set-fc-mark, set-fc-tos, set-bc-mark, set-bc-tos, the older set-mark and set-tos, silent-drop: what the packets of a
// connection look like, and how none are sent any more.
#include "proxy/exchange.hpp"
#include "proxy/reply_parse.hpp"
#include "proxy/rules/arguments.hpp"

namespace sluice::proxy {
namespace {

enum class What : std::uint8_t { mark, tos };
enum class Side : std::uint8_t { client, server };

template <Side side, What what>
class SetPackets final : public BoundAction {
 public:
  explicit SetPackets(NumberOrExpression value) : value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    const auto value = value_.get(run.scope);
    if (!value) return Next::go_on;
    if constexpr (side == Side::server) {
      Adjustments& adjusted = run.exchange->adjust();
      if constexpr (what == What::mark) adjusted.server_mark = static_cast<std::uint32_t>(*value);
      else adjusted.server_tos = static_cast<std::uint8_t>(*value);
    } else {
      put(run.session, *value);
    }
    return Next::go_on;
  }

 private:
  // A mark needs CAP_NET_ADMIN; without it nothing happens, as the manual has it.
  static void put(Session& session, std::int64_t value) {
    async::Io& io = session.worker().io();
    const int fd = session.client->socket().fd();
    const net::Family family = session.connection_destination().family();
    if (family != net::Family::ipv4 && family != net::Family::ipv6) return;
    if constexpr (what == What::mark) net::set_mark(io, fd, static_cast<std::uint32_t>(value));
    else net::set_tos(io, fd, family, static_cast<int>(value));
  }
  NumberOrExpression value_;
};

template <Side side, What what>
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  constexpr std::int64_t most = what == What::mark ? 0xffffffffLL : 255;
  auto value = NumberOrExpression::parse(in, what == What::mark ? "a mark" : "a TOS value", {0, most});
  return value ? std::make_unique<SetPackets<side, what>>(std::move(*value)) : nullptr;
}

constexpr RuleSets of_client = rule_set::tcp | rule_set::http_request | rule_set::http_response;
constexpr RuleSets of_server = rule_set::tcp_content | rule_set::http_request;
const catalog::Add fc_mark_entry{Action{.name = "set-fc-mark", .args = "{ <mark> | <expression> }", .in = of_client,
    .parse = parse<Side::client, What::mark>, .doc = "The netfilter mark of packets to the client. Needs CAP_NET_ADMIN."}};
const catalog::Add fc_tos_entry{Action{.name = "set-fc-tos", .args = "{ <tos> | <expression> }", .in = of_client,
    .parse = parse<Side::client, What::tos>, .doc = "The TOS byte (DSCP) of packets to the client."}};
const catalog::Add bc_mark_entry{Action{.name = "set-bc-mark", .args = "{ <mark> | <expression> }", .in = of_server,
    .parse = parse<Side::server, What::mark>,
    .doc = "The netfilter mark of packets to the server, over a connection made for this client. Needs CAP_NET_ADMIN: connecting fails without it."}};
const catalog::Add bc_tos_entry{Action{.name = "set-bc-tos", .args = "{ <tos> | <expression> }", .in = of_server,
    .parse = parse<Side::server, What::tos>, .doc = "The TOS byte (DSCP) of packets to the server, over a connection made for this client."}};
const catalog::Add mark_entry{Action{.name = "set-mark", .args = "<mark>", .in = of_client, .parse = parse<Side::client, What::mark>,
    .doc = "The older name of set-fc-mark."}};
const catalog::Add tos_entry{Action{.name = "set-tos", .args = "<tos>", .in = of_client, .parse = parse<Side::client, What::tos>,
    .doc = "The older name of set-fc-tos."}};

class SilentDrop final : public BoundAction {
 public:
  explicit SilentDrop(int hops) : hops_(hops) {}
  Next run(RuleRun& run) const override {
    run.session.vanish(hops_);
    return Next::close;
  }
  bool ends_list() const override { return true; }

 private:
  int hops_;
};
std::unique_ptr<BoundAction> parse_drop(ActionParse& in) {
  if (arguments_end(in.line)) return std::make_unique<SilentDrop>(0);
  if (!in.line.accept("rst-ttl")) {
    in.line.alert(*in.line.peek(), fmt::format("'{}' : 'silent-drop' only knows 'rst-ttl <ttl>', not '{}'.", in.line.keyword(), in.line.peek()->text));
    return nullptr;
  }
  const auto hops = in.line.take_integer("<ttl>", 1, 255);
  return hops ? std::make_unique<SilentDrop>(static_cast<int>(*hops)) : nullptr;
}
const catalog::Add drop_entry{Action{.name = "silent-drop", .args = "[rst-ttl <ttl>]", .in = of_client, .parse = parse_drop,
    .doc = "Forgets the connection without telling the client. Without CAP_NET_ADMIN, or with rst-ttl, a reset is sent that dies "
           "after so many hops (1)."}};

}  // namespace
}  // namespace sluice::proxy
