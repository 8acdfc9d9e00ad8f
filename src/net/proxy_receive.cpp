#include "net/proxy_receive.hpp"

namespace sluice::net {

namespace {

// Looks at what has come; takes the header from the socket if it is whole.
Result<std::optional<ProxyReceived>> try_receive(Stream& stream) {
  Socket& socket = stream.socket();
  const std::span<char> space = stream.worker().scratch().first(longest_proxy_header);
  const Result<std::size_t> got = socket.try_peek(space);
  if (!got && got.error().kind == Kind::would_block) return std::nullopt;
  if (!got) return fail(got.error());
  if (*got == 0) return fail(Kind::end);
  const Result<std::optional<ProxyHeader>> parsed = parse_proxy_header(space.first(*got));
  if (!parsed) return fail(parsed.error());
  if (!*parsed) {
    if (socket.read_hangup()) return fail(Kind::end);
    socket.in.ready = false;  // only an edge brings more than what was seen already
    return std::nullopt;
  }
  const ProxyHeader& header = **parsed;
  ProxyReceived received{header.local, header.source, header.destination, {header.tlvs.data(), header.tlvs.size()}};
  const Result<std::size_t> taken = socket.try_read(space.first(header.size));
  if (!taken) return fail(taken.error());
  return received;
}

}  // namespace

async::Task<ProxyReceived> receive_proxy_header(Stream& stream, Instant deadline) {
  for (;;) {
    co_await stream.readable(deadline);
    std::optional<ProxyReceived> received = co_await try_receive(stream);
    if (received) co_return std::move(*received);
  }
}

}  // namespace sluice::net
