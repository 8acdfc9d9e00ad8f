// connect(): a new connection to an address. On this host it usually succeeds without waiting.
#pragma once
#include <memory>
#include <string>

#include "async/task.hpp"
#include "net/address.hpp"
#include "net/stream.hpp"

namespace sluice::net {

// Filled once from the configuration and referred to by every connect; per-connection parts are in ConnectFrom.
struct ConnectOptions {
  Address source{};                    // bind to it before connecting; none: the kernel chooses
  std::uint16_t source_port_first = 0, source_port_last = 0;  // range to try in turn; 0: any
  bool transparent = false;          // source (or ConnectFrom) is not ours: IP_TRANSPARENT
  std::string interface{};             // SO_BINDTODEVICE
  std::uint32_t mark = 0;            // SO_MARK
  bool multipath = false;            // MPTCP; with servers that do not speak it the kernel goes on over TCP
  bool fast_open = false;            // TCP_FASTOPEN_CONNECT
  Keepalive keepalive;
  Duration user_timeout{};           // tcp-ut; 0: the system's
  int max_segment = 0;               // TCP_MAXSEG; 0: the system's
  int tos = -1;
  std::string md5_password{};          // tcp-md5sig
  int network_namespace = -1;        // see network_namespace.hpp
  std::string congestion{};            // TCP_CONGESTION
  int receive_buffer = 0, send_buffer = 0;
  int most_unsent = 0;               // TCP_NOTSENT_LOWAT; 0: the kernel's
  bool reset_on_close = false;       // option nolinger
  bool late_acknowledgement = false; // the handshake's end goes with the first bytes that are sent
};

// Who speaks first on a new connection. `we_do`: the first bytes follow as soon as it is established, so the last packet
// of the handshake is left to them.
enum class First : std::uint8_t { unknown, we_do };

// Errors: refused, timeout, no_resource, internal (bad options); all may be retried (Retry::always).
// `from`: overrides options.source for this connection (usesrc client).
async::Task<std::unique_ptr<Stream>> connect(async::Worker& worker, const Address& to, const ConnectOptions& options,
                                             Instant deadline, Address from = {}, First first = First::unknown);

}  // namespace sluice::net
