// Opens a connection to a server as its line says: source address, PROXY header, TCP options. One attempt; retries
// and counting belong to the caller.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "async/task.hpp"
#include "backend/connection.hpp"
#include "backend/server.hpp"
#include "base/time.hpp"
#include "net/address.hpp"
#include "net/connect.hpp"

namespace sluice::backend {

// Facts of the session the connection is for; what they point to must stay until the task has ended. Null: there is no
// client (PROXY says LOCAL or UNKNOWN).
struct ConnectOptions {
  const net::Address* client = nullptr;              // source address of the client (after accept-proxy)
  const net::Address* client_destination = nullptr;  // what it connected to
  net::Address pretended;                            // usesrc hdr_ip(): what the request says, if it says an address
  std::string_view unique_id;                        // for proxy-v2-options unique-id
  std::optional<std::uint32_t> mark{};               // set-bc-mark, set-bc-tos: the connection is then for its client alone
  std::optional<std::uint8_t> tos{};
  net::First first = net::First::unknown;            // we_do: a request follows at once
  const expr::Scope* scope = nullptr;                // for what of a PROXY header depends on traffic
};

// Errors: refused, timeout, reset, no_resource, on Side::server and Retry::always (nothing was sent yet).
async::Task<std::unique_ptr<ServerConnection>> connect(async::Worker& worker, Server& server, ConnectOptions options,
                                                       Instant deadline);

}  // namespace sluice::backend
