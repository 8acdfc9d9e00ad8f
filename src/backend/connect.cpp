#include "backend/connect.hpp"

#include "async/worker.hpp"
#include "backend/server_formats.hpp"
#include "net/connect.hpp"
#include "net/proxy_protocol.hpp"
#include "net/socks4.hpp"

namespace sluice::backend {
namespace {

// The value of the ssl TLV of a connection that is not encrypted: no bit set, nothing verified (proxy-protocol.txt 2.2.6).
constexpr std::string_view no_encryption("\0\0\0\0\0", 5);
constexpr std::size_t longest_tlv = 1024;

std::string proxy_header(const Server& to, const ConnectOptions& options) {
  const ServerSettings& server = to.settings();
  const net::Address client = options.client ? *options.client : net::Address{};
  const net::Address destination = options.client_destination ? *options.client_destination : net::Address{};
  if (server.send_proxy == SendProxy::v1) return net::proxy_header_v1(client, destination);
  net::ProxyV2Options v2;
  v2.local = !options.client;
  v2.crc32c = server.proxy_v2_options & proxy_v2_crc32c;
  if (server.proxy_v2_options & proxy_v2_unique_id) v2.unique_id = options.unique_id;
  if (server.proxy_v2_options & proxy_v2_ssl) v2.ssl = no_encryption;
  std::vector<std::pair<std::uint8_t, std::string>> extra;
  if (to.formats() && options.scope)
    for (const auto& [type, format] : to.formats()->tlvs) extra.emplace_back(type, format.text(*options.scope, longest_tlv));
  v2.extra = extra;
  return net::proxy_header_v2(client, destination, v2);
}

// usesrc client / clientip / hdr_ip(): we connect as if we were the client, or whom a proxy before us names.
net::Address pretended_source(const Source& source, const ConnectOptions& options) {
  const net::Address* const client = options.client;
  if (source.use == Source::Use::header) return options.pretended;
  if (client && source.use == Source::Use::client) return *client;
  if (client && source.use == Source::Use::client_ip) return client->with_port(0);
  return {};
}

// Within the deadline of the connect, of which the header is a part.
async::Task<> send_proxy_header(net::Stream& stream, std::string header, Duration patience) {
  co_await stream.write_all(header, patience);
}

}  // namespace

async::Task<std::unique_ptr<ServerConnection>> connect(async::Worker& worker, Server& server, ConnectOptions options,
                                                       Instant deadline) {
  const net::Address to = server.address_for(options.client_destination);
  const net::Address from = pretended_source(server.source(), options);
  net::ConnectOptions changed;
  if (options.mark || options.tos) {
    changed = server.connect_options();
    changed.mark = options.mark.value_or(changed.mark);
    if (options.tos) changed.tos = *options.tos;
  }
  const net::ConnectOptions& how = options.mark || options.tos ? changed : server.connect_options();
  const std::optional<net::Address>& socks = server.settings().socks4;
  const net::First first = socks || server.settings().send_proxy != SendProxy::none ? net::First::we_do : options.first;
  Result<std::unique_ptr<net::Stream>> stream = co_await attempt(net::connect(worker, socks.value_or(to), how, deadline, from, first));
  if (!stream) co_await fail(stream.error().on(Side::server).with(Retry::always));
  if (socks) {
    const Result<void> asked = co_await attempt(net::ask_socks4(**stream, to, deadline));
    if (!asked) co_await fail(asked.error().on(Side::server).with(Retry::always));
  }
  auto connection = std::make_unique<ServerConnection>(server, std::move(*stream));
  connection->is_private = from || options.mark || options.tos;
  if (options.scope && server.formats())
    if (const std::string_view name = pool_name_of(server, *options.scope); !name.empty())
      connection->pool_name = std::make_unique<const std::string>(name);
  if (server.settings().send_proxy != SendProxy::none) {
    connection->is_private = true;
    const Duration patience = deadline == never ? async::forever : deadline - worker.loop.now();
    async::Task<> sending = send_proxy_header(connection->stream(), proxy_header(server, options), patience);
    const Result<void> sent = co_await attempt(std::move(sending));
    if (!sent) co_await fail(sent.error().on(Side::server).with(Retry::always));
  }
  co_return connection;
}

}  // namespace sluice::backend
