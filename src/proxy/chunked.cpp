#include "proxy/chunked.hpp"

namespace sluice::proxy {

Result<ChunkedBody::Part> ChunkedBody::take(std::span<char> bytes, async::BufferPool& pool) {
  using State = http::h1::ChunkDecoder::State;
  Part part;
  if (stage_ == Stage::chunks) {
    const auto got = decoder_.compact(bytes);
    if (got.state == State::error) return fail(Kind::bad_message);
    part = {got.size, got.used};
    if (got.state == State::done) stage_ = Stage::done;
    if (got.state == State::trailers) stage_ = Stage::trailers;
  }
  if (stage_ == Stage::trailers) {
    const auto used = take_trailers(bytes.subspan(part.used), pool);
    if (!used) return fail(used.error());
    part.used += *used;
  }
  return part;
}

Result<std::size_t> ChunkedBody::take_trailers(std::span<char> bytes, async::BufferPool& pool) {
  if (!buffer_) buffer_ = async::Buffer(pool);
  if (!buffer_) return fail(Kind::no_resource);
  const std::size_t before = buffered_;
  const std::size_t more = std::min(bytes.size(), buffer_.size() - before);
  std::memcpy(buffer_.begin() + before, bytes.data(), more);
  buffered_ += more;
  using State = http::h1::Outcome::State;
  const auto room = buffered_ == buffer_.size() ? http::h1::Room::full : http::h1::Room::more;
  const auto outcome = http::h1::parse_trailers(cursor_, buffer_.span().first(buffered_), fields_, http::h1::Options{}, room);
  if (outcome.state == State::error)
    return fail(outcome.fault == http::h1::Fault::too_large ? Kind::too_large : Kind::bad_message);
  if (outcome.state == State::need_more) return more;
  stage_ = Stage::done;
  if (!fields_.empty()) trailers_ = written();
  buffer_.release();
  return outcome.length - before;
}

std::string_view ChunkedBody::written() {
  std::size_t size = 2;
  for (const http::Field& field : fields_) size += field.name().size() + field.value().size() + 4;
  char* const text = fields_.arena().allocate(size);
  char* at = text;
  const auto put = [&](std::string_view part) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  for (const http::Field& field : fields_) {
    put(field.name());
    put(": ");
    put(field.value());
    put("\r\n");
  }
  put("\r\n");
  return {text, size};
}

void ChunkedBody::reset() {
  stage_ = Stage::chunks;
  decoder_.reset();
  cursor_.reset();
  fields_.clear();
  buffer_.release();
  buffered_ = 0;
  trailers_ = {};
}

}  // namespace sluice::proxy
