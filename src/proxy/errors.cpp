#include "proxy/errors.hpp"

#include <algorithm>

namespace sluice::proxy {
namespace {

constexpr ErrorPage pages[] = {
    {200, "OK",
     "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n"},
    {400, "Bad request",
     "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n"},
    {401, "Unauthorized",
     "<html><body><h1>401 Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n"},
    {403, "Forbidden",
     "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"},
    {404, "Not Found",
     "<html><body><h1>404 Not Found</h1>\nThe resource could not be found.\n</body></html>\n"},
    {405, "Method Not Allowed",
     "<html><body><h1>405 Method Not Allowed</h1>\nA request was made of a resource using a request method not supported by that resource\n</body></html>\n"},
    {407, "Unauthorized",
     "<html><body><h1>407 Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n"},
    {408, "Request Time-out",
     "<html><body><h1>408 Request Time-out</h1>\nYour browser didn't send a complete request in time.\n</body></html>\n"},
    {410, "Gone",
     "<html><body><h1>410 Gone</h1>\nThe resource is no longer available and will not be available again.\n</body></html>\n"},
    {413, "Payload Too Large",
     "<html><body><h1>413 Payload Too Large</h1>\nThe request entity exceeds the maximum allowed.\n</body></html>\n"},
    {414, "URI Too Long",
     "<html><body><h1>414 URI Too Long</h1>\nThe requested address is longer than can be handled.\n</body></html>\n"},
    {421, "Misdirected Request",
     "<html><body><h1>421 Misdirected Request</h1>\nThis is not the server to ask.\n</body></html>\n"},
    {422, "Unprocessable Content",
     "<html><body><h1>422 Unprocessable Content</h1>\nThe server cannot process the contained instructions.\n</body></html>\n"},
    {425, "Too Early",
     "<html><body><h1>425 Too Early</h1>\nYour browser sent early data.\n</body></html>\n"},
    {429, "Too Many Requests",
     "<html><body><h1>429 Too Many Requests</h1>\nYou have sent too many requests in a given amount of time.\n</body></html>\n"},
    {431, "Request Header Fields Too Large",
     "<html><body><h1>431 Request Header Fields Too Large</h1>\nThe header fields of the request are larger than can be handled.\n</body></html>\n"},
    {500, "Internal Server Error",
     "<html><body><h1>500 Internal Server Error</h1>\nAn internal server error occurred.\n</body></html>\n"},
    {501, "Not Implemented",
     "<html><body><h1>501 Not Implemented</h1>\n.The server does not support the functionality required to fulfill the request.\n</body></html>\n"},
    {502, "Bad Gateway",
     "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>\n"},
    {503, "Service Unavailable",
     "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"},
    {504, "Gateway Time-out",
     "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"},
    {505, "HTTP Version Not Supported",
     "<html><body><h1>505 HTTP Version Not Supported</h1>\nHTTP/1.0 and HTTP/1.1 are spoken here.\n</body></html>\n"},
};

// The client's own fault.
Outcome client_outcome(Kind kind, Phase phase) {
  const char at = letter_of(phase);
  switch (kind) {
    case Kind::timeout:
      // timeout http-request while reading the head gives 408; later the client is the slow one, nothing to say.
      if (phase == Phase::request) return {408, 'c', 'R'};
      if (phase == Phase::headers) return {408, 'c', 'H'};
      return {0, 'c', at};
    case Kind::end:
    case Kind::reset:
    case Kind::cancelled:
      // A request cut short is a bad request; nobody listens any more in the later phases.
      if (phase == Phase::request) return {400, 'C', 'R'};
      return {0, 'C', at};
    case Kind::bad_message:
      // A malformed body is noticed after the head was passed on (PH with a 400 until the response starts).
      if (phase <= Phase::queue) return {400, 'P', 'R'};
      if (phase <= Phase::headers) return {400, 'P', 'H'};
      return {0, 'P', 'D'};
    case Kind::too_large:
      return {400, 'P', 'R'};
    default:
      return {0, 'C', at};
  }
}

Outcome server_outcome(Kind kind, Phase phase) {
  switch (phase) {
    case Phase::request:
    case Phase::tarpit:
    case Phase::queue:
    case Phase::connect:
      if (kind == Kind::timeout) return {static_cast<std::uint16_t>(503), 's', phase == Phase::queue ? 'Q' : 'C'};
      if (kind == Kind::queue_full) return {503, 'S', 'Q'};
      return {503, 'S', 'C'};
    case Phase::headers:
      if (kind == Kind::timeout) return {504, 's', 'H'};
      if (kind == Kind::bad_message || kind == Kind::too_large) return {502, 'P', 'H'};
      return {502, 'S', 'H'};
    case Phase::data:
    case Phase::last:
      if (kind == Kind::timeout) return {0, 's', letter_of(phase)};
      if (kind == Kind::bad_message) return {0, 'P', 'D'};
      return {0, 'S', letter_of(phase)};
  }
  return {500, 'I', '-'};
}

Outcome our_outcome(Kind kind, Phase phase) {
  const char at = letter_of(phase);
  switch (kind) {
    case Kind::denied:
      if (phase == Phase::tarpit) return {500, 'P', 'T'};
      if (phase <= Phase::connect) return {403, 'P', 'R'};
      return {502, 'P', 'H'};
    case Kind::no_resource:
      if (phase <= Phase::connect) return {503, 'R', 'C'};
      return {static_cast<std::uint16_t>(phase == Phase::headers ? 500 : 0), 'R', at};
    case Kind::no_server:
      return {503, 'S', 'C'};
    case Kind::queue_full:
      return {503, 'S', 'Q'};
    case Kind::timeout:
      return {503, 's', 'Q'};
    case Kind::aborted:
      return {0, 'K', at};
    case Kind::internal:
    case Kind::too_large:
      // A rewrite that does not fit, or the like (manual 8.5: PR and PH with a 500).
      if (phase <= Phase::connect) return {500, 'P', 'R'};
      return {static_cast<std::uint16_t>(phase == Phase::headers ? 500 : 0), 'P', at};
    default:
      return {500, 'I', at};
  }
}

}  // namespace

char letter_of(Phase phase) {
  constexpr char letters[] = {'R', 'T', 'Q', 'C', 'H', 'D', 'L'};
  return letters[static_cast<std::size_t>(phase)];
}

Outcome outcome_of(Error error, Phase phase) {
  Outcome out = error.side == Side::client   ? client_outcome(error.kind, phase)
                : error.side == Side::server ? server_outcome(error.kind, phase)
                                             : our_outcome(error.kind, phase);
  if (phase >= Phase::data) out.status = 0;  // the answer's head has gone already
  return out;
}

const ErrorPage* default_page(int status) {
  const auto at = std::ranges::lower_bound(pages, status, {}, &ErrorPage::status);
  return at != std::end(pages) && at->status == status ? &*at : nullptr;
}

bool has_default_body(int status) { return default_page(status) != nullptr; }

}  // namespace sluice::proxy
