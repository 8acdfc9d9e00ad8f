// Receiving a PROXY protocol header on a fresh connection (accept-proxy, tcp-request connection expect-proxy). Exactly
// the header is taken from the socket; what follows stays for whoever reads next (TLS, HTTP).
#pragma once
#include <string>

#include "async/task.hpp"
#include "net/proxy_protocol.hpp"
#include "net/stream.hpp"

namespace sluice::net {

struct ProxyReceived {
  bool local = false;           // keep the connection's own addresses
  Address source, destination;
  std::string tlvs;             // of version 2, as ProxyHeader::tlvs

  std::optional<std::string_view> tlv(Tlv type) const {
    ProxyHeader header;
    header.tlvs = tlvs;
    return header.tlv(type);
  }
};

// Errors: bad_message, too_large, end, timeout, reset.
async::Task<ProxyReceived> receive_proxy_header(Stream& stream, Instant deadline);

}  // namespace sluice::net
