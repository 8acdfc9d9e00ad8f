// One chunked body on its way through: the framing is taken off (and ChunkFrame puts new one on), the trailer section
// behind it is parsed and kept for the end. One per direction of an Exchange.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "async/buffer.hpp"
#include "base/result.hpp"
#include "http/fields.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/parse.hpp"

namespace sluice::proxy {

class ChunkedBody {
 public:
  explicit ChunkedBody(Arena& arena) : fields_(arena) {}

  struct Part {
    std::size_t size = 0;  // payload, moved together at the begin of the bytes
    std::size_t used = 0;  // how many of the bytes belonged to this body
  };
  // Error: bad_message, too_large, no_resource; on no side.
  Result<Part> take(std::span<char> bytes, async::BufferPool& pool);
  bool done() const { return stage_ == Stage::done; }
  // When done: the trailer lines with the empty line behind them, or nothing if there are none.
  std::string_view trailers() const { return trailers_; }
  void reset();

 private:
  enum class Stage : std::uint8_t { chunks, trailers, done };
  Result<std::size_t> take_trailers(std::span<char> bytes, async::BufferPool& pool);
  std::string_view written();

  Stage stage_ = Stage::chunks;
  http::h1::ChunkDecoder decoder_;
  http::h1::Cursor cursor_;
  http::Fields fields_;
  async::Buffer buffer_;  // trailers, as far as they have come
  std::size_t buffered_ = 0;
  std::string_view trailers_;
};

// A ChunkedBody that is made when it is first needed, and kept: most messages are not chunked.
class Chunks {
 public:
  explicit Chunks(Arena& arena) : arena_(arena) {}
  ChunkedBody* operator->() {
    if (!body_) body_ = std::make_unique<ChunkedBody>(arena_);
    return body_.get();
  }
  // Of a body that has been taken from.
  std::string_view trailers() const { return body_ ? body_->trailers() : std::string_view(); }
  void reset() {
    if (body_) body_->reset();
  }

 private:
  Arena& arena_;
  std::unique_ptr<ChunkedBody> body_;
};

}  // namespace sluice::proxy
