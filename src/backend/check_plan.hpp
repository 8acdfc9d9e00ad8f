// How a backend checks its servers, as configured: the kind of check and what it sends and expects. Part of the
// immutable configuration.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "expr/regex.hpp"

namespace sluice::backend {

// http-check expect: one test of the answer.
struct HttpExpect {
  enum class What : std::uint8_t { status, rstatus, string, rstring } what = What::status;
  bool negated = false;
  std::string pattern;                                            // as written
  std::vector<std::pair<std::uint16_t, std::uint16_t>> statuses;  // ranges, for status
  std::shared_ptr<const expr::Regex> regex;                       // for rstatus and rstring
  std::string comment;
};

// option httpchk with http-check send.
struct HttpCheck {
  std::string method = "OPTIONS", uri = "/", version = "HTTP/1.0";
  std::vector<std::pair<std::string, std::string>> headers;       // names in lower case
  std::string body;
  bool has_body = false;
  bool send_given = false;                                        // http-check send
  std::vector<HttpExpect> expect;                                 // none: 2xx and 3xx pass
  bool disable_on_404 = false, send_state = false;
};

struct CheckPlan {
  std::string kind = "tcp";                                       // name of a Check entry
  HttpCheck http;
};

}  // namespace sluice::backend
