// Opens a connection to a server as its line says: source address, PROXY header, TCP options. One attempt; retries
// belong to the exchange.
#pragma once
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "backend/connection.hpp"
#include "backend/server.hpp"
#include "base/time.hpp"
#include "net/address.hpp"

namespace sluice::backend {

// Facts of the session the connection is for. Null = there is no client (health checks): PROXY says LOCAL/UNKNOWN.
struct ConnectOptions {
  const net::Address* client = nullptr;              // source address the client has (after accept-proxy, set-src)
  const net::Address* client_destination = nullptr;  // what it connected to
  std::string_view unique_id;                        // for proxy-v2-options unique-id
  std::string_view authority;                        // SNI, for proxy-v2-options authority
};

// Errors: refused, timeout, reset, no_resource, on Side::server and Retry::always (nothing was sent yet).
async::Task<std::unique_ptr<ServerConnection>> connect(async::Worker& worker, Server& server, ConnectOptions options,
                                                       Instant deadline);

}  // namespace sluice::backend
