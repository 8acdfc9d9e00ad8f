// Passing bytes on: written at once if the kernel takes them, else what is left is kept in pooled buffers. Chunks are
// made here. net::relay() does the rest for bodies whose bytes need no looking at.
#pragma once
#include <array>
#include <span>
#include <string_view>

#include "async/buffer.hpp"
#include "async/task.hpp"
#include "net/stream.hpp"

namespace sluice::proxy {

// Writes what can be written without waiting; the result is what is left of `pieces`, which are changed.
Result<std::span<iovec>> send_now(net::Stream& to, std::span<iovec> pieces);
// Writes all of it. The bytes are copied to pooled buffers before the first wait, so they may be in scratch.
// `patience`: the longest time without progress.
async::Task<> send_rest(net::Stream& to, std::span<iovec> pieces, Duration patience);

// One chunk for all of `payload` and, at the end of the body, the last one and the trailer lines. Pieces refer to the
// payload, the trailers and this object.
class ChunkFrame {
 public:
  static constexpr std::size_t most_pieces = 4;
  enum class Last : std::uint8_t { no, yes };
  // `trailers`: raw lines with the empty line that ends them, or nothing. Returns the number of pieces.
  std::size_t make(std::span<iovec> pieces, std::string_view payload, Last last, std::string_view trailers = {});

 private:
  char head_[18];
};

}  // namespace sluice::proxy
