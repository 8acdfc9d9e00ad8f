// Log aliases: who and where (manual 8.2.6): client, frontend, backend, server, process.
#include "expr/entries.hpp"
#include "expr/log_format.hpp"
#include "net/address.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::Int;
using catalog::typed;
using expr::LogAlias;
using expr::Origin;
using expr::Sample;

// UNIX sockets have no address and no port: logs say "unix" and the number of the listening socket (manual 8.2.3).
Sample host(const net::Address* address) {
  if (!address) return {};
  if (address->family() == net::Family::ipv4) return Sample::address(expr::Ipv4{address->ipv4_value()});
  if (address->family() == net::Family::ipv6) {
    expr::Ipv6 bytes;
    std::ranges::copy(address->bytes(), bytes.bytes.begin());
    return Sample::address(bytes);
  }
  return address->is_unix() ? Sample::text("unix") : Sample{};
}
std::optional<Int> port(const net::Address* address, Int listener) {
  if (!address || !*address) return std::nullopt;
  return address->is_ip() ? Int{address->port()} : listener;
}

Sample ci(const expr::Client& client) { return host(client.source); }
std::optional<Int> cp(const expr::Client& client) { return port(client.source, client.listener_id); }
Sample fi(const expr::Client& client) { return host(client.destination); }
std::optional<Int> fp(const expr::Client& client) { return port(client.destination, client.listener_id); }
std::string_view f(const expr::Client& client) { return client.frontend; }

const Add ci_entry{LogAlias{.name = "ci", .run = typed<ci>, .doc = "Address of the client; \"unix\" for UNIX sockets."}};
const Add cp_entry{LogAlias{.name = "cp", .run = typed<cp>, .doc = "Port of the client; the listening socket's number for UNIX sockets."}};
const Add fi_entry{LogAlias{.name = "fi", .run = typed<fi>, .doc = "Address the client connected to."}};
const Add fp_entry{LogAlias{.name = "fp", .run = typed<fp>, .doc = "Port the client connected to."}};
const Add f_entry{LogAlias{.name = "f", .run = typed<f>, .doc = "Name of the frontend."}};
// Without TLS both are the same; a '~' follows the name where the client's connection is encrypted.
const Add ft_entry{LogAlias{.name = "ft", .run = typed<f>, .doc = "Name of the frontend, with '~' if the client speaks TLS."}};

std::string_view b(const expr::Scope& scope) {
  const Destination* const destination = scope.exchange ? scope.exchange->destination() : nullptr;
  if (destination) return destination->backend->name();
  return scope.client ? scope.client->frontend : std::string_view{};
}
std::string_view s(const expr::Scope& scope) {
  if (!scope.exchange) return "<NOSRV>";
  if (const std::string_view service = scope.exchange->service_name(); !service.empty()) return service;
  const backend::Server* const server = scope.exchange->server();
  return server ? std::string_view(server->name()) : std::string_view("<NOSRV>");
}
net::Address server_address(Exchange& exchange) {
  const backend::Server* const server = exchange.server();
  return server ? server->address_for(&exchange.session().destination()) : net::Address{};
}
Sample si(Exchange& exchange) {
  const net::Address address = server_address(exchange);
  return host(&address);
}
std::optional<Int> sp(Exchange& exchange) {
  const net::Address address = server_address(exchange);
  return port(&address, 0);
}

const Add b_entry{LogAlias{.name = "b", .run = typed<b>, .doc = "Name of the backend, or of the frontend if none was chosen."}};
const Add s_entry{LogAlias{.name = "s", .run = typed<s>, .doc = "Name of the server; <NOSRV> if none was tried."}};
const Add si_entry{LogAlias{.name = "si", .run = typed<si>, .doc = "Address of the server."}};
const Add sp_entry{LogAlias{.name = "sp", .run = typed<sp>, .doc = "Port of the server."}};

// The connection's own address on our side, if the server was connected to.
Sample bi(Exchange& exchange) {
  const net::Address address = exchange.server_source();
  return host(&address);
}
std::optional<Int> bp(Exchange& exchange) {
  const net::Address address = exchange.server_source();
  return port(&address, 0);
}
const Add bi_entry{LogAlias{.name = "bi", .run = typed<bi>, .doc = "Our address on the server's connection."}};
const Add bp_entry{LogAlias{.name = "bp", .run = typed<bp>, .doc = "Our port on the server's connection."}};

// Of the client's TLS connection; clear connections have none.
void no_tls(const expr::Scope&, expr::Writer& to, const expr::LogStyle& style) { expr::write_text(to, {}, style); }
const Add sslc_entry{LogAlias{.name = "sslc", .write = no_tls, .doc = "The cipher of the client's TLS connection."}};
const Add sslv_entry{LogAlias{.name = "sslv", .write = no_tls, .doc = "The version of the client's TLS connection."}};

std::string_view hostname(const expr::Scope& scope) { return scope.ambient->hostname; }
Int pid(const expr::Scope& scope) { return scope.ambient->pid; }
std::optional<std::string_view> id(Exchange& exchange) {
  if (exchange.facts.bad_request) return std::nullopt;  // none was made
  const std::string_view text = exchange.unique_id();
  return text.empty() ? std::nullopt : std::optional(text);
}

const Add hostname_entry{LogAlias{.name = "H", .run = typed<hostname>, .doc = "Name of this host."}};
const Add pid_entry{LogAlias{.name = "pid", .run = typed<pid>, .doc = "Number of the process."}};
const Add id_entry{LogAlias{.name = "ID", .run = typed<id>, .doc = "The unique ID of the request (unique-id-format)."}};

}  // namespace
}  // namespace sluice::proxy
