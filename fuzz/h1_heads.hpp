// What both head fuzzers demand: arrival in pieces changes nothing, and what was accepted is forwarded in a form that
// is accepted again and forwarded unchanged.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"
#include "http/h1/write.hpp"

namespace sluice::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n", what);
  std::abort();
}

template <class Message>
struct Parsed {
  std::string bytes;
  Arena arena;
  Message message{arena};
  http::h1::Outcome outcome;
  std::string written;
};

// Parses in pieces of `piece` bytes (0: all at once). `parse` is parse_request_head or parse_response_head.
template <class Message, class Parse>
void parse_in_pieces(Parsed<Message>& to, Parse parse, std::string_view text, std::size_t piece,
                     const http::h1::Options& options) {
  to.bytes = text;
  http::h1::Cursor cursor;
  std::size_t size = piece ? std::min(piece, text.size()) : text.size();
  for (;;) {
    to.outcome = parse(cursor, std::span(to.bytes.data(), size), to.message, options, http::h1::Room::more);
    if (to.outcome.state != http::h1::Outcome::State::need_more || size == text.size()) break;
    size = std::min(size + piece, text.size());
  }
  if (to.outcome.state != http::h1::Outcome::State::done) return;
  to.written.resize(text.size() + 256);
  to.written.resize(http::h1::write_head(to.written, to.message));
  require(!to.written.empty(), "a parsed head can be written");
}

template <class Message, class Parse>
int fuzz_head(const std::uint8_t* input, std::size_t size, Parse parse) {
  if (size < 2) return 0;
  const http::h1::Options options{.max_fields = 100, .relax = (input[0] & 1) != 0};
  const std::size_t piece = 1 + input[1] % 64;
  const std::string_view text(reinterpret_cast<const char*>(input + 2), size - 2);
  Parsed<Message> whole;
  Parsed<Message> pieces;
  parse_in_pieces(whole, parse, text, 0, options);
  parse_in_pieces(pieces, parse, text, piece, options);
  require(whole.outcome.state == pieces.outcome.state, "state whole == in pieces");
  require(whole.outcome.fault == pieces.outcome.fault, "fault whole == in pieces");
  require(whole.outcome.status == pieces.outcome.status, "status whole == in pieces");
  require(whole.outcome.length == pieces.outcome.length, "length whole == in pieces");
  require(whole.written == pieces.written, "text whole == in pieces");
  if (whole.outcome.state != http::h1::Outcome::State::done) return 0;
  require(whole.outcome.length <= text.size(), "a head ends within its bytes");
  require(whole.message.fields.count(http::HeaderId::content_length) +
                  whole.message.fields.count(http::HeaderId::transfer_encoding) <= 1, "one framing at most");
  Parsed<Message> again;
  parse_in_pieces(again, parse, whole.written, 0, options);
  require(again.outcome.state == http::h1::Outcome::State::done, "what is forwarded is accepted again");
  require(again.outcome.length == whole.written.size(), "and is one head");
  require(again.written == whole.written, "and is forwarded unchanged");
  http::h1::remove_hop_by_hop(whole.message.fields, http::h1::Upgrade::drop);
  require(!whole.message.fields.has_token(http::HeaderId::connection, "close"), "close ends here");
  return 0;
}

}  // namespace sluice::fuzz
