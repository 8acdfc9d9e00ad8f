// A whole stream of messages as somebody on a connection hears it: what a proxy sends must be such a stream, cut off at
// its end at most.
#pragma once
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"

namespace sluice::fuzz {

struct Asked {
  http::Method method = http::Method::other;
  std::string line;  // method and target
};

struct Requests {
  std::vector<Asked> heads;
  bool broken = false;  // what follows them is no request
  bool tunnel = false;  // what follows one of them may be no HTTP; it is, if nobody agreed to another protocol
  std::string rest;     // what is not a whole head
};

enum class Passed : std::uint8_t { whole, cut, broken };

// Takes a body off the front of `bytes`.
inline Passed pass_body(std::string_view& bytes, const http::Body& body) {
  const auto take = [&](std::size_t size) {
    const bool whole = size <= bytes.size();
    bytes.remove_prefix(std::min(size, bytes.size()));
    return whole ? Passed::whole : Passed::cut;
  };
  if (body.kind == http::BodyKind::none) return Passed::whole;
  if (body.kind == http::BodyKind::length) return take(body.length);
  if (body.kind != http::BodyKind::chunked) return take(bytes.size());
  http::h1::ChunkDecoder decoder;
  for (;;) {
    const auto step = decoder.next(bytes);
    bytes.remove_prefix(step.skip + step.size);
    switch (step.state) {
      case http::h1::ChunkDecoder::State::payload: break;
      case http::h1::ChunkDecoder::State::need_more: return Passed::cut;
      case http::h1::ChunkDecoder::State::error: return Passed::broken;
      case http::h1::ChunkDecoder::State::done: return Passed::whole;
      case http::h1::ChunkDecoder::State::trailers: {
        Arena arena;
        http::Fields trailers(arena);
        http::h1::Cursor cursor;
        std::string text(bytes);
        const auto outcome = http::h1::parse_trailers(cursor, text, trailers, {});
        if (outcome.state == http::h1::Outcome::State::error) return Passed::broken;
        if (outcome.state == http::h1::Outcome::State::need_more) return Passed::cut;
        bytes.remove_prefix(outcome.length);
        return Passed::whole;
      }
    }
  }
}

inline Requests requests_in(std::string_view bytes) {
  Requests out;
  while (!bytes.empty()) {
    Arena arena;
    http::Request request(arena);
    http::h1::Cursor cursor;
    std::string text(bytes);
    const auto outcome = http::h1::parse_request_head(cursor, text, request, {});
    if (outcome.state == http::h1::Outcome::State::error) out.broken = !out.tunnel;
    if (outcome.state != http::h1::Outcome::State::done) break;
    out.heads.push_back({request.method, std::string(request.method_text) + " " + std::string(request.uri.text)});
    const bool surely_http = !out.tunnel;
    out.tunnel = out.tunnel || request.method == http::Method::connect || request.framing.upgrade;
    bytes.remove_prefix(outcome.length);
    const Passed body = pass_body(bytes, http::h1::body_of(request));
    if (body == Passed::broken) out.broken = surely_http;
    if (body == Passed::broken) break;
    if (body == Passed::cut) return out;
  }
  out.rest = bytes;
  return out;
}

struct Answers {
  std::size_t count = 0;  // final ones
  bool tunnel = false;
};

// The answers to these requests. More than one beyond them (an error for what was no request) are too many.
inline Answers expect_answers(std::string_view bytes, const Requests& asked) {
  const std::string_view all = bytes;
  Answers out;
  while (!bytes.empty() && !out.tunnel) {
    Arena arena;
    http::Response response(arena);
    http::h1::Cursor cursor;
    std::string text(bytes);
    const auto outcome = http::h1::parse_response_head(cursor, text, response, {});
    require(outcome.state != http::h1::Outcome::State::error, "the client hears answers only", all);
    if (outcome.state != http::h1::Outcome::State::done) break;
    const http::Method method = out.count < asked.heads.size() ? asked.heads[out.count].method : http::Method::get;
    const http::Body body = http::h1::body_of(response, method);
    bytes.remove_prefix(outcome.length);
    out.tunnel = body.kind == http::BodyKind::tunnel;
    if (response.status < 200 && !out.tunnel) continue;
    ++out.count;
    require(pass_body(bytes, body) != Passed::broken, "bodies of answers are well formed", all);
  }
  require(out.count <= asked.heads.size() + 1, "no more answers than requests", all);
  return out;
}

}  // namespace sluice::fuzz
