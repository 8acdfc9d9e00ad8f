// The HTTP/1 head parser: strict per RFC 9110/9112, incremental, in place.
//
// Feed the same buffer, with more bytes at its end, until the outcome is not need_more; every byte is looked at
// once however it arrives. The buffer must not move meanwhile: names and values already point into it (who must move
// it clears cursor and message and begins again). The parser writes into the buffer: header names become lower case
// (as HAProxy sends them) and line folding becomes spaces.
// What is done is safe to forward: names and targets hold valid bytes only, Content-Length and Transfer-Encoding
// stand there once at most, never both, and in canonical form.
// No state outside the cursor; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.hpp"

namespace sluice::http::h1 {

// Why a head was refused.
enum class Fault : std::uint8_t {
  none,
  method,              // not a token
  target,              // a byte a request target may not hold, or none at all
  fragment,            // '#' in the target
  version,             // not HTTP/1.x
  version_unsupported, // HTTP/2.0 and such in a request line: 505
  status_line,
  name,                // empty name, or a byte that is no token character, or blanks before the colon
  value,               // NUL or another control character
  line_end,            // CR without LF, or LF where CRLF must stand
  folding,             // a continuation line where none may stand
  too_many_fields,     // more than tune.http.maxhdr: 400
  too_large,           // does not fit the buffer
  content_length,      // empty, not a number, or copies that differ
  transfer_encoding,   // chunked not last or applied twice: 400; another coding before it: 422 (as HAProxy)
  host,                // several that differ, or not the authority of the target, or not a valid one
  websocket,           // a websocket handshake without its key
  payload,             // a body with GET, HEAD or DELETE in HTTP/1.0: 413
  count_,
};
std::string_view text_of(Fault fault);

struct Options {
  std::size_t max_fields = 100;  // tune.http.maxhdr - 1: the request line counts
  bool relax = false;            // option accept-unsafe-violations-in-http-request / -response
  bool any_payload = false;      // h1-accept-payload-with-any-method
  bool keep_both = false;        // h1-do-not-close-on-insecure-transfer-encoding
};

struct Outcome {
  enum class State : std::uint8_t { need_more, done, error };
  State state = State::need_more;
  Fault fault = Fault::none;
  std::uint16_t status = 0;    // what to answer the client: 400, 413, 414, 422, 431, 505; 502 for any bad response
  std::uint32_t length = 0;    // done: size of the head with its empty line; error: offset of the offending byte
};

// Where the parser was. One per message; reset() (or a new one) before the next message.
class Cursor {
 public:
  void reset() { *this = Cursor{}; }
  // Nothing of a message has been seen but empty lines: a client that goes away now is no error.
  bool untouched() const { return stage_ == Stage::start; }

 private:
  friend class Parser;
  enum class Stage : std::uint8_t {
    start, method, method_blank, target, target_blank, version, version_blank, status, status_blank, reason, line_lf,
    field, name, value_blank, value, value_lf, value_next, last_lf, ended
  };
  Stage stage_ = Stage::start;
  bool folded_ = false;            // the value being read was continued on another line
  std::uint16_t status_ = 0;
  std::uint16_t name_size_ = 0;    // of the field being read
  std::uint32_t name_ = 0;
  std::uint32_t at_ = 0;           // next byte to look at
  std::uint32_t mark_ = 0;         // start of the token or value we are in
  std::uint32_t value_end_ = 0;
  std::uint32_t method_size_ = 0;  // the method begins at method_, the target at target_
  std::uint32_t method_ = 0;
  std::uint32_t target_ = 0;
  std::uint32_t target_size_ = 0;
};

// full: nothing more can be read behind `bytes`, so a head that has not ended is too large.
enum class Room : std::uint8_t { more, full };
Outcome parse_request_head(Cursor& cursor, std::span<char> bytes, Request& request, const Options& options,
                           Room room = Room::more);
Outcome parse_response_head(Cursor& cursor, std::span<char> bytes, Response& response, const Options& options,
                            Room room = Room::more);

// The trailer section behind the last chunk, with its empty line. Fields that must not come as trailers (framing,
// routing, authentication: RFC 9110 6.5.1) are dropped.
Outcome parse_trailers(Cursor& cursor, std::span<char> bytes, Fields& trailers, const Options& options,
                       Room room = Room::more);

}  // namespace sluice::http::h1
