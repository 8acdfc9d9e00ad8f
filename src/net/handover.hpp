// Listening sockets go from one process to the next without being closed, so that no connection that waits in one is lost
// (`expose-fd listeners`, -x). What travels is what HAProxy 2.6 was seen to send: after the line "_getsocks", a 32-bit
// count, as a message of its own; then descriptors (SCM_RIGHTS), up to 252 with each message, and for each of them as bytes the length and the name of its
// network namespace, the same of its interface, and 32 bits that are 0. Each message but the last is acknowledged by a byte.
#pragma once
#include <expected>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "net/address.hpp"
#include "net/stream.hpp"

namespace sluice::net {

// A listening socket as it travels. Who holds the value owns the descriptor only after receive_listeners().
struct Offered {
  int descriptor = -1;
  std::string network_namespace, interface;
};

// Everything the process behind that socket listens on; at start, blocking for some seconds at most.
std::expected<std::vector<Offered>, std::string> receive_listeners(const Address& from);
async::Task<> send_listeners(Stream& stream, std::vector<Offered> sockets, Duration patience);

}  // namespace sluice::net
