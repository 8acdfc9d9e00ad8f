// Opens a connection to a server as its line says: source address, PROXY header, TCP options. One attempt; retries
// and what the failure counts as belong to the caller.
#pragma once
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "backend/connection.hpp"
#include "backend/server.hpp"
#include "base/time.hpp"
#include "net/address.hpp"

namespace sluice::backend {

// Facts of the session the connection is for. Families of none: there is no client (PROXY says LOCAL or UNKNOWN).
struct ConnectOptions {
  net::Address client;               // source address of the client (after accept-proxy)
  net::Address client_destination;   // what it connected to
  std::string_view unique_id;        // for proxy-v2-options unique-id; must stay until the task has ended
  std::string_view authority;        // SNI of the client, for proxy-v2-options authority; likewise
};

// Errors: refused, timeout, reset, no_resource, on Side::server and Retry::always (nothing was sent yet).
async::Task<std::unique_ptr<ServerConnection>> connect(async::Worker& worker, Server& server, ConnectOptions options,
                                                       Instant deadline);

}  // namespace sluice::backend
