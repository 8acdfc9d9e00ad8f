// set-src, set-src-port, set-dst, set-dst-port: who the client is said to be, and what it wanted to reach.
#include "proxy/exchange.hpp"
#include "proxy/rules/arguments.hpp"

namespace sluice::proxy {
namespace {

enum class End : std::uint8_t { source, destination };
enum class Part : std::uint8_t { host, port };

std::optional<net::Address> with_host(const expr::Sample& value, const net::Address& before, Arena& arena) {
  const std::uint16_t port = before.is_ip() ? before.port() : 0;
  if (value.type() == expr::Type::ipv4) return net::Address::ipv4(value.ipv4().value, port);
  if (value.type() == expr::Type::ipv6) return net::Address::ipv6(value.ipv6().bytes, port);
  const auto text = expr::text_of(value, arena);
  return text ? net::Address::parse_ip(*text, port) : std::nullopt;
}

std::optional<net::Address> with_port(const expr::Sample& value, const net::Address& before, Arena& arena) {
  const expr::Sample number = expr::cast(value, expr::Type::sint, arena);
  if (!number || number.integer() < 0 || number.integer() > 65535) return std::nullopt;
  const auto port = static_cast<std::uint16_t>(number.integer());
  return before.is_ip() ? before.with_port(port) : net::Address::ipv4(0, port);
}

template <End end, Part part>
class SetAddress final : public BoundAction {
 public:
  explicit SetAddress(expr::Expression value) : value_(std::move(value)) {}
  Next run(RuleRun& run) const override {
    const expr::Sample value = value_.eval(run.scope);
    if (!value) return Next::go_on;
    const net::Address& before = end == End::source ? *run.client.source : *run.client.destination;
    const auto now = part == Part::host ? with_host(value, before, *run.scope.arena) : with_port(value, before, *run.scope.arena);
    if (now) put(run, *now);
    return Next::go_on;
  }

 private:
  // Rules of requests change what is known of the request; those before it change the connection's, for good.
  static void put(RuleRun& run, const net::Address& address) {
    if (run.exchange) {
      (end == End::source ? run.client.source : run.client.destination) = &run.exchange->arena().make<net::Address>(address);
      return;
    }
    Session& session = run.session;
    const bool connection = run.set == RuleSet::tcp_connection;
    if constexpr (end == End::source) {
      session.set_source(address);
      if (connection) session.connection_source = address;
    } else {
      session.set_destination(address);
      if (connection) session.set_connection_destination(address);
    }
    session.describe(run.client);
  }
  expr::Expression value_;
};

template <End end, Part part>
std::unique_ptr<BoundAction> parse(ActionParse& in) {
  auto value = take_expression(in);
  return value ? std::make_unique<SetAddress<end, part>>(std::move(*value)) : nullptr;
}

constexpr RuleSets requests = rule_set::tcp_requests | rule_set::http_request;
const catalog::Add src_entry{Action{.name = "set-src", .args = "<expression>", .in = requests, .parse = parse<End::source, Part::host>,
    .doc = "The client's address is what the expression gives; the port stays."}};
const catalog::Add src_port_entry{Action{.name = "set-src-port", .args = "<expression>", .in = requests, .parse = parse<End::source, Part::port>,
    .doc = "The client's port is what the expression gives; the address stays, 0.0.0.0 if there is none."}};
const catalog::Add dst_entry{Action{.name = "set-dst", .args = "<expression>", .in = requests, .parse = parse<End::destination, Part::host>,
    .doc = "The address the client wanted is what the expression gives: where servers at 0.0.0.0 are connected to."}};
const catalog::Add dst_port_entry{Action{.name = "set-dst-port", .args = "<expression>", .in = requests,
    .parse = parse<End::destination, Part::port>, .doc = "The port the client wanted is what the expression gives; the address stays."}};

}  // namespace
}  // namespace sluice::proxy
