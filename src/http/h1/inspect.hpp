// The second half of parsing a head: what the fields mean for framing, routing and the connection, checked against
// each other once all of them are there. Used by the parser only.
#pragma once
#include "http/h1/parse.hpp"

namespace sluice::http::h1 {

struct Refusal {
  Fault fault = Fault::none;
  std::uint16_t status = 0;
  const char* where = nullptr;  // into the head, or null
};

// Fill uri and framing, bring Content-Length, Transfer-Encoding and Host into canonical form. `target` is writable
// memory of the head buffer.
Refusal inspect(Request& request, std::span<char> target, const Options& options);
Refusal inspect(Response& response, const Options& options);
void drop_forbidden_trailers(Fields& trailers);

}  // namespace sluice::http::h1
