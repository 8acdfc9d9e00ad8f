// Chunked coding (RFC 9112 7.1). The decoder does not copy: it walks over what was received and tells which part is
// payload. Strict: sizes are hexadecimal digits only and stay below 2^63, lines end with CRLF, extensions are dropped
// and limited, nothing but CRLF may follow a chunk. One decoder per body; one worker.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::http::h1 {

class ChunkDecoder {
 public:
  enum class State : std::uint8_t {
    need_more,  // all bytes were used, the body goes on
    payload,    // [skip, skip + size) is payload
    trailers,   // the last chunk is over; what follows `skip` is a trailer section: parse_trailers()
    done,       // the body ended with `skip`, without trailers
    error,
  };
  enum class Fault : std::uint8_t { none, size, size_overflow, extension, line_end };
  struct Step {
    State state = State::need_more;
    std::size_t skip = 0;  // bytes of framing before anything else; on error the offset of the offending byte
    std::size_t size = 0;  // then so many bytes of payload
  };
  // Call again with what follows skip + size after a payload step; a step may give a part of a chunk only.
  Step next(std::span<const char> bytes);

  // Bytes of the current chunk not seen yet. They may be moved without looking at them, then told to took().
  std::uint64_t payload_left() const { return stage_ == Stage::payload ? left_ : 0; }
  void took(std::uint64_t bytes);

  // Takes the framing out: moves all payload of `bytes` together at its begin.
  struct Compacted {
    State state = State::need_more;  // never payload
    std::size_t size = 0;            // payload bytes, now at the begin of `bytes`
    std::size_t used = 0;            // how many of `bytes` belonged to this body so far; the rest follows it
  };
  Compacted compact(std::span<char> bytes);

  bool ended() const { return stage_ == Stage::ended || stage_ == Stage::trailers; }
  Fault fault() const { return fault_; }
  std::uint64_t total() const { return total_; }  // payload so far
  void reset() { *this = ChunkDecoder{}; }

  static constexpr std::uint32_t most_extension_bytes = 8192;  // in all of a body: nobody uses them but attackers

 private:
  enum class Stage : std::uint8_t {
    size_first, size, size_blank, extension, size_lf, payload, payload_cr, payload_lf, last_first, last_lf, trailers,
    ended, broken
  };
  Step failed(Fault fault, std::size_t where);
  bool take_digit(int digit);

  Stage stage_ = Stage::size_first;
  Fault fault_ = Fault::none;
  std::uint32_t extension_bytes_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t total_ = 0;
};

// The line "1A2B\r\n" that begins a chunk of `size` bytes.
class ChunkHead {
 public:
  explicit ChunkHead(std::uint64_t size);
  std::string_view view() const { return {text_ + begin_, sizeof(text_) - begin_}; }

 private:
  char text_[18];
  std::uint8_t begin_;
};
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";   // without trailers
inline constexpr std::string_view last_chunk_line = "0\r\n";  // trailers and an empty line follow

}  // namespace sluice::http::h1
