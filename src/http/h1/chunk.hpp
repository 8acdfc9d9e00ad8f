// Chunked coding (RFC 9112 7.1). The decoder does not copy: it walks over what was received and tells which part is
// payload. Strict: sizes are hexadecimal digits only and fit 63 bits, lines end with CRLF, extensions and trailers are
// limited, the trailer fields are parsed like header fields. One per body; one worker.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "http/h1/parse.hpp"

namespace sluice::http::h1 {

class ChunkDecoder {
 public:
  enum class State : std::uint8_t { need_more, payload, done, error };
  enum class Fault : std::uint8_t { none, size, size_overflow, extension, line_end, trailer, trailer_too_large };
  struct Step {
    State state = State::need_more;
    std::size_t skip = 0;  // bytes of framing to drop first
    std::size_t size = 0;  // then so many bytes of payload; what is decoded is bytes[skip, skip + size)
  };
  // Call again with what follows skip + size, until need_more (all of `bytes` used), done or error.
  // A payload step may be a part of a chunk; splice what is left of it: see payload_left().
  Step next(std::span<const char> bytes);

  // Bytes of the current chunk that have not been seen yet: they may be moved without looking at them, then
  // reported with took().
  std::uint64_t payload_left() const { return stage_ == Stage::payload ? left_ : 0; }
  void took(std::uint64_t bytes);
  // Removes the framing: moves the payload of `bytes` together at its begin. Returns the payload size and how
  // many bytes were used; stops at done, error or when all is used.
  struct Compacted {
    State state;        // need_more, done or error
    std::size_t size;   // payload bytes now at the begin of `bytes`
    std::size_t used;   // how much of `bytes` belonged to this body
  };
  Compacted compact(std::span<char> bytes);

  bool done() const { return stage_ == Stage::ended; }
  Fault fault() const { return fault_; }
  // The total of payload bytes so far.
  std::uint64_t total() const { return total_; }
  // Trailer section: the decoder only checks it; who wants to forward it takes the raw lines from here. The bytes are
  // those of the last step that ended with done if they all were in it, else empty.
  std::uint32_t trailer_bytes() const { return trailer_bytes_; }
  void reset() { *this = ChunkDecoder{}; }

  static constexpr std::uint32_t most_extension_bytes = 4096;  // per body: nobody uses them, attackers do
  static constexpr std::uint32_t most_trailer_bytes = 8192;

 private:
  enum class Stage : std::uint8_t {
    size_first, size, size_blank, extension, size_lf, payload, payload_cr, payload_lf, trailer_line, trailer_name,
    trailer_value, trailer_lf, last_lf, ended, broken
  };
  Step failed(Fault fault, std::size_t used);
  std::size_t walk_frame(std::span<const char> bytes);

  Stage stage_ = Stage::size_first;
  Fault fault_ = Fault::none;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t total_ = 0;
};

// "1a2b\r\n" for a chunk of `size` bytes, written to the end of a fixed array so that it ends where the array ends.
class ChunkHead {
 public:
  explicit ChunkHead(std::uint64_t size);
  std::string_view view() const { return {text_ + begin_, sizeof(text_) - begin_}; }

 private:
  char text_[18];
  std::uint8_t begin_;
};
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";     // without trailers
inline constexpr std::string_view last_chunk_line = "0\r\n";    // trailers and an empty line follow

}  // namespace sluice::http::h1
