// SOCKS4, the client's side (the protocol's own description by Y.-D. Lee, 1992): asks a proxy, on a stream that is
// connected to it, to connect us to an IPv4 address. After that the stream is that connection.
#pragma once
#include "async/task.hpp"
#include "net/address.hpp"
#include "net/stream.hpp"

namespace sluice::net {

// Errors: refused (by the proxy, or it is no IPv4 address), timeout, reset, end.
async::Task<> ask_socks4(Stream& stream, Address to, Instant deadline);

}  // namespace sluice::net
