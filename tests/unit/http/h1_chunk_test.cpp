#include "http/h1/chunk.hpp"

#include <gtest/gtest.h>

#include <string>

#include "http/h1/parse.hpp"

namespace sluice::http::h1 {
namespace {

using State = ChunkDecoder::State;
using Fault = ChunkDecoder::Fault;

struct Decoded {
  std::string payload;
  State state;
  std::size_t used;
  Fault fault;
};

// Feeds `piece` bytes at a time.
Decoded decode(std::string_view text, std::size_t piece) {
  ChunkDecoder decoder;
  Decoded result{{}, State::need_more, 0, Fault::none};
  while (result.used < text.size()) {
    std::string bytes(text.substr(result.used, piece));  // a copy of its own size: ASan sees what is read beyond it
    const auto compacted = decoder.compact({bytes.data(), bytes.size()});
    result.payload.append(bytes.data(), compacted.size);
    result.used += compacted.used;
    result.state = compacted.state;
    if (compacted.state != State::need_more) break;
  }
  result.fault = decoder.fault();
  if (result.state != State::error) {
    EXPECT_EQ(decoder.total(), result.payload.size());
  }
  return result;
}

void expect_payload(std::string_view text, std::string_view payload, State state, std::size_t used) {
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Decoded got = decode(text, piece);
    EXPECT_EQ(got.payload, payload) << text << " by " << piece;
    EXPECT_EQ(got.state, state) << text << " by " << piece;
    EXPECT_EQ(got.used, used) << text << " by " << piece;
  }
}

void expect_fault(std::string_view text, Fault fault, std::size_t where) {
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Decoded got = decode(text, piece);
    EXPECT_EQ(got.state, State::error) << text << " by " << piece;
    EXPECT_EQ(static_cast<int>(got.fault), static_cast<int>(fault)) << text << " by " << piece;
    EXPECT_EQ(got.used, where) << text << " by " << piece;
  }
}

TEST(Chunks, payload) {
  expect_payload("3\r\nabc\r\n0\r\n\r\n", "abc", State::done, 13);
  expect_payload("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET /", "abc0123456789", State::done, 28);
  expect_payload("0\r\n\r\n", "", State::done, 5);
  expect_payload("0003\r\nabc\r\n000\r\n\r\n", "abc", State::done, 18);
  expect_payload("3;a=\"b\"\r\nabc\r\n0;x\r\n\r\n", "abc", State::done, 21);
  expect_payload("3 ;a\r\nabc\r\n0 \r\n\r\n", "abc", State::done, 17);
  expect_payload("5\r\nabc", "abc", State::need_more, 6);
}

TEST(Chunks, refusals) {
  expect_fault("3\nabc\n0\n\n", Fault::size, 1);                        // bare LF as line end (the Garden's #13)
  expect_fault("3;a\nabc\r\n0\r\n\r\n", Fault::line_end, 3);             // and in an extension
  expect_fault("3\r\nabcd\r\n0\r\n\r\n", Fault::line_end, 6);
  expect_fault("3\r\nabc\n0\r\n\r\n", Fault::line_end, 6);
  expect_fault("3\r\nabc\rX", Fault::line_end, 7);
  expect_fault("3\rabc", Fault::line_end, 2);
  expect_fault(" 3\r\nabc", Fault::size, 0);
  expect_fault("0x3\r\nabc", Fault::size, 1);
  expect_fault("-3\r\nabc", Fault::size, 0);
  expect_fault("\r\nabc", Fault::size, 0);
  expect_fault(";a\r\nabc", Fault::size, 0);
  expect_fault("3 3\r\nabc", Fault::size, 2);
  expect_fault("g\r\n", Fault::size, 0);
  expect_fault("8000000000000000\r\n", Fault::size_overflow, 15);
  expect_fault("fffffffffffffffff\r\n", Fault::size_overflow, 15);
  expect_fault("10000000000000003\r\nabc", Fault::size_overflow, 16);    // 3 with 64 bits
  expect_fault("0\r\n\rX", Fault::line_end, 4);
  expect_fault(std::string_view("3;\0\r\n", 5), Fault::extension, 2);
}

TEST(Chunks, limitsExtensionsOfAWholeBody) {
  std::string text;
  while (text.size() < 20000) text += "1;" + std::string(100, 'x') + "\r\na\r\n";
  EXPECT_EQ(decode(text, text.size()).fault, Fault::extension);
  EXPECT_EQ(decode(std::string(20000, '0'), 1000).fault, Fault::size_overflow);
}

TEST(Chunks, payloadMayBeMovedUnseen) {
  ChunkDecoder decoder;
  const std::string_view head = "10\r\nabcd";
  const auto step = decoder.next(head);
  EXPECT_EQ(step.state, State::payload);
  EXPECT_EQ(step.skip, 4u);
  EXPECT_EQ(step.size, 4u);
  EXPECT_EQ(decoder.payload_left(), 12u);
  decoder.took(12);
  EXPECT_EQ(decoder.payload_left(), 0u);
  EXPECT_EQ(decoder.next(std::string_view("\r\n0\r\n\r\n")).state, State::done);
  EXPECT_EQ(decoder.total(), 16u);
}

TEST(Chunks, trailersAreFields) {
  std::string bytes = "0\r\nX-Foo: Bar\r\nContent-Length: 4\r\nHost: x\r\n folded\r\nY: z\r\n\r\nrest";
  ChunkDecoder decoder;
  const auto compacted = decoder.compact({bytes.data(), bytes.size()});
  EXPECT_EQ(compacted.state, State::trailers);
  EXPECT_EQ(compacted.used, 3u);
  Arena arena;
  Fields fields(arena);
  Cursor cursor;
  Outcome outcome;
  const std::span<char> section = std::span(bytes).subspan(3);
  for (std::size_t n = 0; n <= section.size(); ++n) {
    outcome = parse_trailers(cursor, section.first(n), fields, {});
    if (outcome.state != Outcome::State::need_more) break;
  }
  EXPECT_EQ(outcome.state, Outcome::State::done);
  EXPECT_EQ(std::string_view(bytes).substr(3 + outcome.length), "rest");
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name(), "x-foo");
  EXPECT_EQ(fields[1].name(), "y");

  std::string bad = "Xyz\r\n\r\n";
  Cursor again;
  EXPECT_EQ(parse_trailers(again, bad, fields, {}).fault, sluice::http::h1::Fault::name);
}

TEST(Chunks, writesSizes) {
  EXPECT_EQ(ChunkHead(0).view(), "0\r\n");
  EXPECT_EQ(ChunkHead(0x1a2b).view(), "1A2B\r\n");
  EXPECT_EQ(ChunkHead(~std::uint64_t{0}).view(), "FFFFFFFFFFFFFFFF\r\n");
}

}  // namespace
}  // namespace sluice::http::h1
