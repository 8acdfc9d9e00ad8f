// The HTTP/1 head parser: strict per RFC 9110/9112, incremental, in place.
//
// Feed the same buffer, with more bytes at its end, until the outcome is not need_more; every byte is looked at
// once however it arrives. The buffer may move between calls (the cursor holds offsets; views are made on done), but
// its bytes so far must stay. The parser writes into the buffer: header names become lower case (as HAProxy sends
// them) and line folding becomes spaces. After done the message's views point into the buffer.
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
  too_many_fields,     // more than tune.http.maxhdr: 400 (or 431)
  too_large,           // does not fit the buffer
  content_length,      // empty, not a number, or copies that differ
  transfer_encoding,   // chunked not last, or applied twice, or unknown where the length would be unknown: 400/501
  host,                // several that differ, or not the authority of the target, or not a valid one
  count_,
};
std::string_view text_of(Fault fault);

struct Options {
  std::size_t max_fields = 100;  // tune.http.maxhdr - 1: the request line counts
  bool relax = false;            // option accept-unsafe-violations-in-http-request / -response
};

struct Outcome {
  enum class State : std::uint8_t { need_more, done, error };
  State state = State::need_more;
  Fault fault = Fault::none;
  std::uint16_t status = 0;    // what to answer the client: 400, 413, 414, 431, 501, 505
  std::uint32_t length = 0;    // done: size of the head with its empty line; error: offset of the offending byte
};

// Where the parser was. One per message; reset() (or a new one) before the next message.
class Cursor {
 public:
  void reset() { *this = Cursor{}; }
  // Nothing of a message has been seen but empty lines: a client that goes away now is no error.
  bool untouched() const { return stage_ == Stage::start; }

 private:
  friend struct Parser;
  enum class Stage : std::uint8_t {
    start, method, target, version, line_lf, status, reason, field, name, value, value_lf, value_next, last_lf, ended
  };
  Stage stage_ = Stage::start;
  bool folded_ = false;
  std::uint32_t at_ = 0;          // next byte to look at
  std::uint32_t mark_ = 0;        // start of the token we are in
  std::uint32_t name_ = 0;        // the field being read
  std::uint16_t name_size_ = 0;
  std::uint32_t first_[2] = {};   // method or version: offset, size
  std::uint32_t second_[2] = {};  // target or reason: offset, size
};

// `buffer_full`: nothing more can be read behind `bytes`, so a head that has not ended is too large.
enum class Room : std::uint8_t { more, full };
Outcome parse_request_head(Cursor& cursor, std::span<char> bytes, Request& request, const Options& options,
                           Room room = Room::more);
Outcome parse_response_head(Cursor& cursor, std::span<char> bytes, Response& response, const Options& options,
                            Room room = Room::more);

}  // namespace sluice::http::h1
