// ConnectionError: why a connection came to nothing, by the numbers and names of the manual (fc_err_str). What belongs to
// TLS comes with TLS. Constants; any worker.
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace sluice::proxy {

enum class ConnectionError : std::uint8_t {
  none = 0,
  process_descriptors = 2, system_descriptors = 3, system_buffers = 4, no_protocol = 5, socket_error = 6, cannot_bind = 8,
  no_free_port = 9, address_in_use = 10,
  proxy_closed = 11, proxy_failed = 12, proxy_timeout = 13, proxy_truncated = 14, proxy_missing = 15, proxy_invalid = 16,
  proxy_unhandled = 17,
  cip_closed = 18, cip_failed = 19, cip_timeout = 20, cip_truncated = 21, cip_missing = 22, cip_unhandled = 23,
  socks_denied = 41, socks_aborted = 42,
  refused = 46, reset = 47, unreachable = 48, broken_pipe = 56,
};

struct ConnectionErrorWords {
  ConnectionError error;
  std::string_view name, text;
};

inline constexpr ConnectionErrorWords connection_errors[] = {
    {ConnectionError::none, "", "Success"},
    {ConnectionError::process_descriptors, "PROC_FDLIM", "Too many sockets on the process"},
    {ConnectionError::system_descriptors, "SYS_FDLIM", "Too many sockets on the system"},
    {ConnectionError::system_buffers, "SYS_MEMLIM", "Out of system buffers"},
    {ConnectionError::no_protocol, "NOPROTO", "Protocol or address family not supported"},
    {ConnectionError::socket_error, "SOCK_ERR", "General socket error"},
    {ConnectionError::cannot_bind, "CANT_BIND", "Can't bind to source address"},
    {ConnectionError::no_free_port, "FREE_PORTS", "Out of local source ports on the system"},
    {ConnectionError::address_in_use, "ADDR_INUSE", "Local source address already in use"},
    {ConnectionError::proxy_closed, "PRX_EMPTY", "Connection closed while waiting for PROXY protocol header"},
    {ConnectionError::proxy_failed, "PRX_ABORT", "Connection error while waiting for PROXY protocol header"},
    {ConnectionError::proxy_timeout, "PRX_TIMEOUT", "Timeout while waiting for PROXY protocol header"},
    {ConnectionError::proxy_truncated, "PRX_TRUNCATED", "Truncated PROXY protocol header received"},
    {ConnectionError::proxy_missing, "PRX_NOT_HDR", "Received something which does not look like a PROXY protocol header"},
    {ConnectionError::proxy_invalid, "PRX_BAD_HDR", "Received an invalid PROXY protocol header"},
    {ConnectionError::proxy_unhandled, "PRX_BAD_PROTO", "Received an unhandled protocol in the PROXY protocol header"},
    {ConnectionError::cip_closed, "CIP_EMPTY", "Connection closed while waiting for NetScaler Client IP header"},
    {ConnectionError::cip_failed, "CIP_ABORT", "Connection error while waiting for NetScaler Client IP header"},
    {ConnectionError::cip_timeout, "CIP_TIMEOUT", "Timeout while waiting for a NetScaler Client IP header"},
    {ConnectionError::cip_truncated, "CIP_TRUNCATED", "Truncated NetScaler Client IP header received"},
    {ConnectionError::cip_missing, "CIP_BAD_MAGIC", "Received an invalid NetScaler Client IP magic number"},
    {ConnectionError::cip_unhandled, "CIP_BAD_PROTO", "Received an unhandled protocol in the NetScaler Client IP header"},
    {ConnectionError::socks_denied, "SOCKS4_DENY", "SOCKS4 Proxy deny the request"},
    {ConnectionError::socks_aborted, "SOCKS4_ABORT", "SOCKS4 Proxy handshake aborted by server"},
    {ConnectionError::refused, "EREFUSED", "ECONNREFUSED returned by OS"},
    {ConnectionError::reset, "ERESET", "ECONNRESET returned by OS"},
    {ConnectionError::unreachable, "EUNREACH", "ENETUNREACH returned by OS"},
    {ConnectionError::broken_pipe, "EPIPE", "EPIPE returned by OS"},
};

constexpr const ConnectionErrorWords& words_of(ConnectionError error) {
  return *std::ranges::find(connection_errors, error, &ConnectionErrorWords::error);
}

}  // namespace sluice::proxy
