// ConnectionError: why a client's connection came to nothing before it carried anything, by the numbers of the manual
// (fc_err_str). Constants; any worker.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice::proxy {

enum class ConnectionError : std::uint8_t {
  none = 0,
  proxy_closed = 11, proxy_failed = 12, proxy_timeout = 13, proxy_truncated = 14, proxy_missing = 15, proxy_invalid = 16,
  proxy_unhandled = 17,
};

constexpr std::string_view text_of(ConnectionError error) {
  switch (error) {
    case ConnectionError::none: return "Success";
    case ConnectionError::proxy_closed: return "Connection closed while waiting for PROXY protocol header";
    case ConnectionError::proxy_failed: return "Connection error while waiting for PROXY protocol header";
    case ConnectionError::proxy_timeout: return "Timeout while waiting for PROXY protocol header";
    case ConnectionError::proxy_truncated: return "Truncated PROXY protocol header received";
    case ConnectionError::proxy_missing: return "Received something which does not look like a PROXY protocol header";
    case ConnectionError::proxy_invalid: return "Received an invalid PROXY protocol header";
    case ConnectionError::proxy_unhandled: return "Received an unhandled protocol in the PROXY protocol header";
  }
  return "";
}

}  // namespace sluice::proxy
