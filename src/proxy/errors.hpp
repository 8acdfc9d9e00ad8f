// What an error means outside: the HTTP status the client gets and the termination state that is logged. One table,
// keyed by what happened, on whose side, in which phase (manual 8.5). Pure.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "proxy/facts.hpp"

namespace sluice::proxy {

// How far a request had come. The order is the order of life.
enum class Phase : std::uint8_t {
  request,   // R: reading or checking the request
  tarpit,    // T
  queue,     // Q
  connect,   // C
  headers,   // H: waiting for the response head
  data,      // D: transferring
  last,      // L: only the client still receives
};

struct Outcome {
  std::uint16_t status = 0;  // 0: nothing may be sent any more (or ever: TCP)
  char cause = '-';
  char phase = '-';
};

// Total: every combination has an outcome.
Outcome outcome_of(Error error, Phase phase);

char letter_of(Phase phase);

// The statuses that have a body of their own here (those errorfile accepts), smallest first.
bool has_default_body(int status);
// 0 if `status` has none; else its canonical reason phrase and HTML body, as every HAProxy user's browser knows them.
struct ErrorPage {
  std::uint16_t status;
  std::string_view reason;
  std::string_view body;
};
const ErrorPage* default_page(int status);

}  // namespace sluice::proxy
