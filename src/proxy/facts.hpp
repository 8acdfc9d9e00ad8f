// What is known about one request (or one TCP session): timers, sizes, how it ended. Written by Session, Exchange and
// Tunnel as things happen, read by logs and fetches; it decides nothing. Part of the Exchange, same worker, same life.
// Timers are those of manual 8.4, the termination state is that of manual 8.5.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "proxy/connection_error.hpp"

namespace sluice::proxy {

// A timer that never ran; logs print it as -1.
inline constexpr Duration unseen{-1};
constexpr std::int64_t shown_ms(Duration d) { return d.us < 0 ? -1 : d.us / 1000; }
constexpr std::int64_t shown_us(Duration d) { return d.us < 0 ? -1 : d.us; }

struct Timers {
  Duration handshake{0};       // Th: accept and low-level handshakes; zero from the second request on
  Duration idle = unseen;      // Ti: until the first byte of the request
  Duration request = unseen;   // TR: first byte to end of the head
  Duration queue = unseen;     // Tw: queues
  Duration connect = unseen;   // Tc: server connection established (0 if reused)
  Duration response = unseen;  // Tr: until the response head is complete
  Duration data = unseen;      // Td: body transfer
  Duration active{0};          // Ta: first byte of the request to last byte of the response

  // Tq = Th + Ti + TR unless one was never reached.
  constexpr Duration query() const {
    return idle.us < 0 || request.us < 0 ? unseen : handshake + idle + request;
  }
  // Tt = Th + Ti + Ta; in TCP mode Ti stays unseen and does not count.
  constexpr Duration total() const { return handshake + (idle.us < 0 ? Duration{} : idle) + active; }
  // Tu = total without the idle time.
  constexpr Duration user() const { return handshake + active; }
};

// The four characters of the termination state. The first two say what ended it and in which phase.
struct Termination {
  char cause = '-';
  char phase = '-';
  char request_cookie = '-';
  char response_cookie = '-';
  constexpr bool normal() const { return cause == '-'; }
};

// Numbers as they were when the session ended its first phase (manual 8.2.3: actconn/feconn/beconn/srv_conn).
struct ConnectionCounts {
  std::uint32_t process = 0;
  std::uint32_t frontend = 0;
  std::uint32_t backend = 0;
  std::uint32_t server = 0;
};

struct Facts {
  WallTime accepted_at;       // %t: when the client connection was accepted
  WallTime request_at;        // %tr: first byte of this request (accept time in TCP mode)
  Instant accepted;
  Instant idle_since;         // end of the handshakes, or of the previous response
  Instant first_byte;         // of this request; what Ta counts from
  Instant head_done;          // end of the request head
  Instant queued_at;
  Instant connecting_at;
  Instant connected_at;
  Instant response_at;        // response head complete
  Timers timers;
  Termination termination;
  std::uint64_t bytes_from_client = 0;  // %U: everything read of this request
  std::uint64_t bytes_to_client = 0;    // %B: everything written to the client for it
  std::uint64_t bytes_from_server = 0;
  std::uint64_t bytes_to_server = 0;
  std::uint16_t status = 0;             // sent to the client; 0: none was (logged as -1)
  std::uint16_t server_status = 0;      // received from the server, before rules
  std::uint16_t retries = 0;            // %rc
  bool redispatched = false;            // %rc gets a '+'
  bool server_connection_reused = false;
  ConnectionError client_error = ConnectionError::none;  // fc_err
  ConnectionError server_error = ConnectionError::none;  // bc_err: what ended the last attempt to get an answer
  bool logged_early = false;            // option logasap: the line is written before the end
  std::uint32_t request_count = 0;      // this is the n-th request of its connection, from 1
  std::uint32_t server_queue = 0;       // %sq: requests before us when queued
  std::uint32_t backend_queue = 0;      // %bq
  ConnectionCounts counts;
  // The request line as it was received, before any rule; empty if none was. Points into the request's head buffer.
  std::string_view method;
  std::string_view target;
  std::string_view version;
  // First bytes of what could not be parsed, for %r as "<BADREQ>".
  bool bad_request = false;

  // Errors, time-outs, retries, redispatches, status 5xx (option dontlog-normal, when(error)). What was answered here on
  // purpose ('L') is none of them.
  bool went_wrong() const {
    return (!termination.normal() && termination.cause != 'L') || retries || redispatched || status >= 500;
  }
};

}  // namespace sluice::proxy
