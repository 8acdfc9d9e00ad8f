// Options of the listening socket itself.
#include "proxy/bind.hpp"

#include "net/md5_signature.hpp"
#include "net/network_namespace.hpp"

namespace sluice::proxy {
namespace {

bool backlog(config::Line& line, Bind& bind) {
  const auto n = line.take_integer("<backlog>", 0, 1 << 30);
  if (n) bind.options.backlog = static_cast<int>(*n);
  return n.has_value();
}
bool interface(config::Line& line, Bind& bind) {
  const config::Word* const name = line.take("<interface>");
  if (name) bind.options.interface = name->text;
  return name;
}
bool v4v6(config::Line&, Bind& bind) {
  bind.options.v6 = net::V6::both;
  return true;
}
bool v6only(config::Line&, Bind& bind) {
  bind.options.v6 = net::V6::only;
  return true;
}
bool tfo(config::Line&, Bind& bind) {
  bind.options.fast_open = true;
  return true;
}
bool defer_accept(config::Line&, Bind& bind) {
  bind.options.defer_accept = true;
  return true;
}
bool transparent(config::Line&, Bind& bind) {
  bind.options.transparent = true;
  return true;
}
bool mss(config::Line& line, Bind& bind) {
  const auto n = line.take_integer("<maxseg>", -65535, 65535);
  if (n) bind.options.max_segment = static_cast<int>(*n);
  return n.has_value();
}
bool tcp_ut(config::Line& line, Bind& bind) {
  const auto time = line.take_duration("<delay>");
  if (time) bind.options.user_timeout = *time;
  return time.has_value();
}
bool congestion(config::Line& line, Bind& bind) {
  const config::Word* const name = line.take("<algo>");
  if (name) bind.options.congestion = name->text;
  return name;
}

bool tcp_ss(config::Line& line, Bind& bind) {
  const auto n = line.take_integer("<mode>", 1, 2);
  if (n) bind.options.save_syn = static_cast<int>(*n);
  return n.has_value();
}
bool md5(config::Line& line, Bind& bind) {
  const config::Word* const word = line.take("<password>");
  if (!word) return false;
  if (word->text.empty() || word->text.size() > net::longest_md5_password) {
    line.alert(*word, fmt::format("'{}' : 'tcp-md5sig' takes 1 to {} characters.", line.keyword(), net::longest_md5_password));
    return false;
  }
  bind.options.md5_password = word->text;
  return true;
}
bool network_namespace(config::Line& line, Bind& bind) {
  const config::Word* const name = line.take("<name>");
  if (!name) return false;
  const auto opened = net::open_network_namespace(name->text);
  if (opened) bind.options.network_namespace = *opened;
  else line.alert(*name, fmt::format("'{}' : {}.", line.keyword(), opened.error()));
  return opened.has_value();
}

const catalog::Add tcp_ss_entry{BindOption{.name = "tcp-ss", .args = "<mode>", .parse = tcp_ss,
    .doc = "Keeps the packet a connection began with for the fetch fc_saved_syn: from the IP header on (1) or from the link's on (2)."}};
const catalog::Add md5_entry{BindOption{.name = "tcp-md5sig", .args = "<password>", .parse = md5,
    .doc = "Only connections whose packets are signed with this password (RFC 2385)."}};
const catalog::Add namespace_entry{BindOption{.name = "namespace", .args = "<name>", .parse = network_namespace,
    .doc = "Listens in this network namespace, one of those `ip netns` keeps."}};
const catalog::Add backlog_entry{BindOption{.name = "backlog", .args = "<backlog>", .parse = backlog,
    .doc = "How many connections the system may hold back until they are accepted; otherwise the frontend's backlog."}};
const catalog::Add interface_entry{BindOption{.name = "interface", .args = "<interface>", .parse = interface,
    .doc = "Only connections that come in through this network interface."}};
const catalog::Add v4v6_entry{BindOption{.name = "v4v6", .parse = v4v6,
    .doc = "An IPv6 socket that takes IPv4 connections too."}};
const catalog::Add v6only_entry{BindOption{.name = "v6only", .parse = v6only,
    .doc = "An IPv6 socket that takes IPv6 connections only."}};
const catalog::Add tfo_entry{BindOption{.name = "tfo", .parse = tfo,
    .doc = "TCP Fast Open: the first packet of a connection may carry the request."}};
const catalog::Add defer_entry{BindOption{.name = "defer-accept", .parse = defer_accept,
    .doc = "Connections are accepted once they have sent something."}};
const catalog::Add transparent_entry{BindOption{.name = "transparent", .parse = transparent,
    .doc = "The address need not be one of this host (IP_TRANSPARENT)."}};
const catalog::Add mss_entry{BindOption{.name = "mss", .args = "<maxseg>", .parse = mss,
    .doc = "The largest TCP segment announced to clients."}};
const catalog::Add tcp_ut_entry{BindOption{.name = "tcp-ut", .args = "<delay>", .parse = tcp_ut,
    .doc = "How long sent data may stay unacknowledged before the connection is given up."}};
const catalog::Add cc_entry{BindOption{.name = "cc", .args = "<algo>", .parse = congestion,
    .doc = "The TCP congestion control of accepted connections."}};

}  // namespace
}  // namespace sluice::proxy
