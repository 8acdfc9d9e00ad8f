// How a backend checks its servers, as configured: the kind of check and what it sends and expects. Part of the
// immutable configuration.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::backend {

// http-check expect: one test of the answer.
struct HttpExpect {
  enum class What : std::uint8_t { status, rstatus, string, rstring } what = What::status;
  bool negated = false;
  std::string pattern;                                              // as written
  std::vector<std::pair<std::uint16_t, std::uint16_t>> statuses;    // ranges, for What::status
  std::string comment;
};

// option httpchk with http-check send.
struct HttpCheck {
  std::string method = "OPTIONS", uri = "/", version = "HTTP/1.0";
  std::string raw_headers;                                          // hidden behind the version (deprecated)
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool has_body = false;
  std::vector<HttpExpect> expect;                                   // none: 2xx and 3xx pass
  bool disable_on_404 = false, send_state = false;
};

struct CheckPlan {
  std::string kind = "tcp";                                         // name of a Check entry
  HttpCheck http;
};

}  // namespace sluice::backend
