#include "http/h1/chunk.hpp"

#include <cstring>

#include "base/check.hpp"
#include "base/text.hpp"

namespace sluice::http::h1 {

ChunkDecoder::Step ChunkDecoder::next(std::span<const char> bytes) {
  std::size_t at = 0;
  for (; at < bytes.size(); ++at) {
    const char c = bytes[at];
    switch (stage_) {
      case Stage::payload: {
        const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
        took(size);
        return {State::payload, at, size};
      }
      case Stage::size_first:
        left_ = 0;
        if (hex_digit(c) < 0) return failed(Fault::size, at);
        stage_ = Stage::size;
        [[fallthrough]];
      case Stage::size:
        if (const int digit = hex_digit(c); digit >= 0) {
          if (!take_digit(digit)) return failed(Fault::size_overflow, at);
          break;
        }
        [[fallthrough]];
      case Stage::size_blank:  // blanks before the line end: RFC 9112 does not give them, old servers send them
        if (c == '\r')
          stage_ = Stage::size_lf;
        else if (c == ';')
          stage_ = Stage::extension;
        else if (c == ' ' || c == '\t')
          stage_ = Stage::size_blank;
        else
          return failed(Fault::size, at);
        if (c != '\r' && ++extension_bytes_ > most_extension_bytes) return failed(Fault::extension, at);
        break;
      case Stage::extension:
        if (c == '\r')
          stage_ = Stage::size_lf;
        else if ((static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127 ||
                 ++extension_bytes_ > most_extension_bytes)
          return failed(c == '\n' ? Fault::line_end : Fault::extension, at);
        break;
      case Stage::size_lf:
        if (c != '\n') return failed(Fault::line_end, at);
        stage_ = left_ ? Stage::payload : Stage::last_first;
        break;
      case Stage::payload_cr:
        if (c != '\r') return failed(Fault::line_end, at);
        stage_ = Stage::payload_lf;
        break;
      case Stage::payload_lf:
        if (c != '\n') return failed(Fault::line_end, at);
        stage_ = Stage::size_first;
        break;
      case Stage::last_first:
        if (c != '\r') {
          stage_ = Stage::trailers;
          return {State::trailers, at, 0};
        }
        stage_ = Stage::last_lf;
        break;
      case Stage::last_lf:
        if (c != '\n') return failed(Fault::line_end, at);
        stage_ = Stage::ended;
        return {State::done, at + 1, 0};
      case Stage::trailers: return {State::trailers, 0, 0};
      case Stage::ended: return {State::done, 0, 0};
      case Stage::broken: return {State::error, 0, 0};
    }
  }
  switch (stage_) {
    case Stage::trailers: return {State::trailers, at, 0};
    case Stage::ended: return {State::done, at, 0};
    case Stage::broken: return {State::error, at, 0};
    default: return {State::need_more, at, 0};
  }
}

bool ChunkDecoder::take_digit(int digit) {
  if (left_ >> 59) return false;  // one more digit would not stay below 2^63
  if (left_ == 0) {               // leading zeros are legal, endless ones are not
    if (++extension_bytes_ > most_extension_bytes) return false;
  }
  left_ = left_ * 16 + static_cast<unsigned>(digit);
  return true;
}

void ChunkDecoder::took(std::uint64_t bytes) {
  check(stage_ == Stage::payload && bytes <= left_, "chunk payload");
  left_ -= bytes;
  total_ += bytes;
  if (left_ == 0) stage_ = Stage::payload_cr;
}

ChunkDecoder::Compacted ChunkDecoder::compact(std::span<char> bytes) {
  Compacted result;
  for (;;) {
    const Step step = next(bytes.subspan(result.used));
    result.used += step.skip;
    if (step.state != State::payload) {
      result.state = step.state;
      return result;
    }
    if (result.size != result.used) std::memmove(bytes.data() + result.size, bytes.data() + result.used, step.size);
    result.size += step.size;
    result.used += step.size;
  }
}

ChunkDecoder::Step ChunkDecoder::failed(Fault fault, std::size_t where) {
  stage_ = Stage::broken;
  fault_ = fault;
  return {State::error, where, 0};
}

ChunkHead::ChunkHead(std::uint64_t size) {
  std::size_t at = sizeof(text_);
  text_[--at] = '\n';
  text_[--at] = '\r';
  do {
    text_[--at] = "0123456789ABCDEF"[size % 16];
    size /= 16;
  } while (size);
  begin_ = static_cast<std::uint8_t>(at);
}

}  // namespace sluice::http::h1
