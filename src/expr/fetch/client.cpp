// The client connection (manual 7.3.3).
#include <ifaddrs.h>
#include <netinet/in.h>

#include "expr/arguments.hpp"
#include "expr/entries.hpp"
#include "net/address.hpp"

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

Sample address(const net::Address* from) {
  if (!from) return {};
  if (from->family() == net::Family::ipv4) return Sample::address(Ipv4{from->ipv4_value()});
  if (from->family() != net::Family::ipv6) return {};
  Ipv6 v6;
  std::ranges::copy(from->bytes(), v6.bytes.begin());
  return Sample::address(v6);
}
std::optional<Int> port(const net::Address* from) {
  if (!from || !from->is_ip()) return std::nullopt;
  return from->port();
}
// Is it an address of this machine? Interfaces are asked each time, as they may come and go.
bool is_local(const net::Address* from) {
  if (!from || !from->is_ip()) return false;
  const net::Address wanted = from->unmapped().with_port(0);
  if (wanted.family() == net::Family::ipv4 && wanted.ipv4_value() >> 24 == 127) return true;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return false;
  bool found = false;
  for (const ifaddrs* one = all; one && !found; one = one->ifa_next) {
    if (!one->ifa_addr) continue;
    const socklen_t size = one->ifa_addr->sa_family == AF_INET ? sizeof(sockaddr_in)
                           : one->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : 0;
    if (size) found = net::Address::from(one->ifa_addr, size).with_port(0) == wanted;
  }
  freeifaddrs(all);
  return found;
}

Sample src(const Client& c) { return address(c.source); }
Sample dst(const Client& c) { return address(c.destination); }
Sample fc_src(const Client& c) { return address(c.real_source); }
Sample fc_dst(const Client& c) { return address(c.real_destination); }
std::optional<Int> src_port(const Client& c) { return port(c.source); }
std::optional<Int> dst_port(const Client& c) { return port(c.destination); }
std::optional<Int> fc_src_port(const Client& c) { return port(c.real_source); }
std::optional<Int> fc_dst_port(const Client& c) { return port(c.real_destination); }
bool src_is_local(const Client& c) { return is_local(c.source); }
bool dst_is_local(const Client& c) { return is_local(c.destination); }
bool fc_src_is_local(const Client& c) { return is_local(c.real_source); }
bool fc_dst_is_local(const Client& c) { return is_local(c.real_destination); }
std::string_view fe_name(const Client& c) { return c.frontend; }
Int fe_id(const Client& c) { return c.frontend_id; }
std::optional<std::string_view> so_name(const Client& c) {
  if (c.listener.empty()) return std::nullopt;
  return c.listener;
}
Int so_id(const Client& c) { return c.listener_id; }
Int accept_date(const Client& c, std::optional<UnitArg> unit) {
  return c.accepted_at.us / (1'000'000 / (unit ? unit->per_second : 1));
}
bool fc_rcvd_proxy(const Client& c) { return c.received_proxy; }
Int fc_http_major(const Client& c) { return c.http_major; }

const catalog::Add a{Fetch{.name = "src", .run = typed<src>, .out = Type::address, .origin = Origin::client_always,
                           .doc = "The client's address.", .examples = {{"src", "192.0.2.7"}}}};
const catalog::Add b{Fetch{.name = "dst", .run = typed<dst>, .out = Type::address, .origin = Origin::client_always,
                           .doc = "The address the client connected to.", .examples = {{"dst", "192.0.2.1"}}}};
const catalog::Add c{Fetch{.name = "src_port", .run = typed<src_port>, .origin = Origin::client_always, .doc = "The client's port.",
                           .examples = {{"src_port", "40000"}}}};
const catalog::Add d{Fetch{.name = "dst_port", .run = typed<dst_port>, .origin = Origin::client_always,
                           .doc = "The port the client connected to.", .examples = {{"dst_port", "80"}}}};
const catalog::Add e{Fetch{.name = "fc_src", .run = typed<fc_src>, .out = Type::address, .origin = Origin::client_always,
                           .doc = "As src, without regard to what rules or PROXY headers made of it.", .examples = {{"fc_src", "192.0.2.7"}}}};
const catalog::Add f{Fetch{.name = "fc_dst", .run = typed<fc_dst>, .out = Type::address, .origin = Origin::client_always,
                           .doc = "As dst, without regard to what rules or PROXY headers made of it.", .examples = {{"fc_dst", "192.0.2.1"}}}};
const catalog::Add g{Fetch{.name = "fc_src_port", .run = typed<fc_src_port>, .origin = Origin::client_always,
                           .doc = "The port of fc_src.", .examples = {{"fc_src_port", "40000"}}}};
const catalog::Add h{Fetch{.name = "fc_dst_port", .run = typed<fc_dst_port>, .origin = Origin::client_always,
                           .doc = "The port of fc_dst.", .examples = {{"fc_dst_port", "80"}}}};
const catalog::Add i{Fetch{.name = "src_is_local", .run = typed<src_is_local>, .origin = Origin::client_always,
                           .doc = "True if src is an address of this machine.", .examples = {{"src_is_local", "0"}}}};
const catalog::Add j{Fetch{.name = "dst_is_local", .run = typed<dst_is_local>, .origin = Origin::client_always,
                           .doc = "True if dst is an address of this machine.", .examples = {{"dst_is_local", "0"}}}};
const catalog::Add k{Fetch{.name = "fc_src_is_local", .run = typed<fc_src_is_local>, .origin = Origin::client_always,
                           .doc = "True if fc_src is an address of this machine.", .examples = {{"fc_src_is_local", "0"}}}};
const catalog::Add l{Fetch{.name = "fc_dst_is_local", .run = typed<fc_dst_is_local>, .origin = Origin::client_always,
                           .doc = "True if fc_dst is an address of this machine.", .examples = {{"fc_dst_is_local", "0"}}}};
const catalog::Add m{Fetch{.name = "fe_name", .run = typed<fe_name>, .doc = "The name of the frontend.", .examples = {{"fe_name", "web"}}}};
const catalog::Add n{Fetch{.name = "fe_id", .run = typed<fe_id>, .doc = "The id of the frontend.", .examples = {{"fe_id", "2"}}}};
const catalog::Add o{Fetch{.name = "so_name", .run = typed<so_name>, .doc = "The name of the bind line.", .examples = {{"so_name", "main"}}}};
const catalog::Add p{Fetch{.name = "so_id", .run = typed<so_id>, .doc = "The id of the listening socket.", .examples = {{"so_id", "3"}}}};
const catalog::Add q{Fetch{.name = "accept_date", .args = {"unit"}, .run = typed<accept_date>, .origin = Origin::client_always,
                           .doc = "When the connection was accepted, in seconds since 1970 or {unit}.",
                           .examples = {{"accept_date", "1600000000"}, {"accept_date(ms)", "1600000000123"}}}};
const catalog::Add r{Fetch{.name = "fc_rcvd_proxy", .run = typed<fc_rcvd_proxy>, .origin = Origin::client_always,
                           .doc = "True if the client sent a PROXY header.", .examples = {{"fc_rcvd_proxy", "0"}}}};
const catalog::Add s{Fetch{.name = "fc_http_major", .run = typed<fc_http_major>, .origin = Origin::client_always,
                           .doc = "The client connection's HTTP version: 1 or 2.", .examples = {{"fc_http_major", "1"}}}};
}  // namespace
}  // namespace sluice::expr
