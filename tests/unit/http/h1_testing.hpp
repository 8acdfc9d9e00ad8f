// Helpers for codec tests: parse a text whole or byte by byte and print the outcome as one line.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"
#include "http/h1/write.hpp"

namespace sluice::http::h1 {

inline std::string status_text(const Outcome& outcome) {
  if (outcome.state == Outcome::State::need_more) return "more";
  return std::to_string(outcome.status) + " " + std::string(text_of(outcome.fault)) + " @" +
         std::to_string(outcome.length);
}

enum class Arrival { whole, bytewise };

// The head as it would be forwarded, or the refusal.
inline std::string forwarded_request(std::string_view text, const Options& options = {},
                                     Arrival arrival = Arrival::whole) {
  std::string bytes(text);
  Arena arena;
  Request request(arena);
  Cursor cursor;
  Outcome outcome;
  for (std::size_t n = arrival == Arrival::whole ? bytes.size() : 1; n <= bytes.size(); ++n) {
    outcome = parse_request_head(cursor, {bytes.data(), n}, request, options);
    if (outcome.state != Outcome::State::need_more) break;
  }
  if (outcome.state != Outcome::State::done) return status_text(outcome);
  std::string out(bytes.size() + 64, '\0');
  out.resize(write_head(out, request));
  return out;
}

inline std::string forwarded_response(std::string_view text, const Options& options = {},
                                      Arrival arrival = Arrival::whole) {
  std::string bytes(text);
  Arena arena;
  Response response(arena);
  Cursor cursor;
  Outcome outcome;
  for (std::size_t n = arrival == Arrival::whole ? bytes.size() : 1; n <= bytes.size(); ++n) {
    outcome = parse_response_head(cursor, {bytes.data(), n}, response, options);
    if (outcome.state != Outcome::State::need_more) break;
  }
  if (outcome.state != Outcome::State::done) return status_text(outcome);
  std::string out(bytes.size() + 64, '\0');
  out.resize(write_head(out, response));
  return out;
}

// A request head parsed and kept, for tests that look inside.
struct ParsedRequest {
  std::string bytes;
  Arena arena;
  Request request{arena};
  Outcome outcome;
  explicit ParsedRequest(std::string_view text, const Options& options = {}) : bytes(text) {
    Cursor cursor;
    outcome = parse_request_head(cursor, bytes, request, options);
  }
};
struct ParsedResponse {
  std::string bytes;
  Arena arena;
  Response response{arena};
  Outcome outcome;
  explicit ParsedResponse(std::string_view text, const Options& options = {}) : bytes(text) {
    Cursor cursor;
    outcome = parse_response_head(cursor, bytes, response, options);
  }
};

}  // namespace sluice::http::h1
