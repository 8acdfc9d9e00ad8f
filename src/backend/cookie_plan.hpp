// What is configured about cookie persistence (manual "cookie"), and what was found out about one request. Immutable once
// built, part of BackendSettings; cookie.hpp has what acts on messages.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace sluice::backend {

class Server;

struct CookiePlan {
  std::string name;                    // empty: no cookie persistence
  enum class Mode : std::uint8_t { passive, rewrite, insert, prefix } mode = Mode::passive;
  bool indirect = false, nocache = false, postonly = false, preserve = false, dynamic = false;
  bool httponly = false, secure = false;
  std::vector<std::string> domains, attributes;
  std::optional<Duration> max_idle, max_life;
  std::string trailer;                 // what stands behind the value of an inserted cookie: "; path=/; HttpOnly"

  explicit operator bool() const { return !name.empty(); }
  // The termination state tells about cookies (manual 8.5) only if they are more than listened to.
  bool shown() const { return mode != Mode::passive || indirect; }
};

// A date in a cookie: seconds since the epoch, kept to four of them.
using CookieDate = std::uint32_t;  // 0: none

// How a request relates to the cookie: the third character of the termination state.
enum class CookieIn : char { none = 'N', invalid = 'I', down = 'D', valid = 'V', expired = 'E', old = 'O', unused = 'U' };
// And an answer: the fourth.
enum class CookieOut : char { none = 'N', inserted = 'I', updated = 'U', provided = 'P', rewritten = 'R', removed = 'D' };

struct CookieFinding {
  CookieIn in = CookieIn::none;
  Server* server = nullptr;            // whom the cookie names, if a request may go there
  CookieDate last = 0, first = 0;      // when it was last refreshed, first given
};

// How persistence is applied to one request.
enum class Persistence : std::uint8_t {
  normal,
  forced,    // option persist, force-persist: even to a server that is down
  ignored,   // ignore-persist, use-server
};

}  // namespace sluice::backend
