// Byte 0: size of the pieces. The rest is a chunked body. In pieces or whole the same payload must come out, and
// coded again with one chunk per piece it must decode to itself.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <tuple>

#include "http/h1/chunk.hpp"
#include "http/h1/parse.hpp"

namespace {

using namespace sluice::http;
using State = h1::ChunkDecoder::State;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n", what);
  std::abort();
}

struct Decoded {
  std::string payload;
  State state = State::need_more;
  std::size_t used = 0;
};

Decoded decode(std::string_view text, std::size_t piece) {
  h1::ChunkDecoder decoder;
  Decoded result;
  while (result.used < text.size() && result.state == State::need_more) {
    std::string bytes(text.substr(result.used, piece));
    const auto compacted = decoder.compact({bytes.data(), bytes.size()});
    require(compacted.size <= compacted.used && compacted.used <= bytes.size(), "sizes");
    result.payload.append(bytes.data(), compacted.size);
    result.used += compacted.used;
    result.state = compacted.state;
  }
  require(result.state == State::error || decoder.total() == result.payload.size(), "total");
  return result;
}

void check_trailers(std::string_view text, std::size_t piece) {
  const auto parse = [&](std::size_t step, sluice::Arena& arena) {
    std::string bytes(text);
    Fields fields(arena);
    h1::Cursor cursor;
    h1::Outcome outcome;
    for (std::size_t n = std::min(step, bytes.size());; n = std::min(n + step, bytes.size())) {
      outcome = h1::parse_trailers(cursor, std::span(bytes.data(), n), fields, {});
      if (outcome.state != h1::Outcome::State::need_more || n == bytes.size()) break;
    }
    const std::size_t count = fields.size();
    return std::tuple(outcome.state, outcome.fault, outcome.length, count);
  };
  sluice::Arena arena;
  require(parse(text.size() + 1, arena) == parse(piece, arena), "trailers whole == in pieces");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = 1 + input[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(input + 1), size - 1);
  const Decoded whole = decode(text, text.size() + 1);
  const Decoded pieces = decode(text, piece);
  require(whole.state == pieces.state && whole.used == pieces.used && whole.payload == pieces.payload,
          "whole == in pieces");
  if (whole.state == State::trailers) check_trailers(text.substr(whole.used), piece);
  std::string coded;
  for (std::size_t at = 0; at < whole.payload.size(); at += piece) {
    const std::string_view part = std::string_view(whole.payload).substr(at, piece);
    coded.append(h1::ChunkHead(part.size()).view()).append(part).append(h1::chunk_end);
  }
  coded += h1::last_chunk;
  const Decoded again = decode(coded, 7);
  require(again.state == State::done && again.used == coded.size() && again.payload == whole.payload,
          "coded and decoded again");
  return 0;
}
