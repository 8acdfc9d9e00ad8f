// Request and Response: the head of a message as every version of HTTP has it. Both are owned by an Exchange
// and used by its worker only; texts are views into the head buffer or the exchange's arena, so both must outlive
// them. What is here is already validated: writers may emit it as it is.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/fields.hpp"
#include "http/method.hpp"
#include "http/uri.hpp"

namespace sluice::http {

// How the body is delimited (RFC 9112 6.3).
enum class BodyKind : std::uint8_t {
  none,
  length,       // exactly Body::length bytes
  chunked,
  until_close,  // responses only
  tunnel,       // CONNECT accepted or 101: no message any more, bytes both ways
};
struct Body {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;
  constexpr bool operator==(const Body&) const = default;
};

// What the parsers found in the framing and connection headers. Not updated when rules change headers: these
// headers belong to the proxy, not to the rules.
struct Framing {
  std::optional<std::uint64_t> content_length;  // valid, all copies agreed
  bool transfer_encoding = false;  // a Transfer-Encoding header was there
  bool chunked = false;            // and chunked is its last coding
  bool close = false;              // Connection: close, or the message is ambiguous enough to close after it
  bool keep_alive = false;         // Connection: keep-alive
  bool upgrade = false;            // Connection: upgrade together with an Upgrade header
  bool websocket = false;          // and it asks for websocket
  bool expect_continue = false;    // Expect: 100-continue
};

struct Request {
  explicit Request(Arena& arena) : fields(arena) {}

  Method method = Method::other;
  std::string_view method_text;
  Uri uri;
  Version version;
  Framing framing;
  Fields fields;
  std::string_view received;  // the whole head, if it came as it would be written

  // The head as it came, if nothing has been changed since; else empty.
  std::string_view unchanged() const { return fields.unchanged().empty() ? std::string_view() : received; }
  // The Host header, or the authority of an absolute target; empty if there is neither.
  std::string_view host() const;
  // These copy the text into the arena. A target is one whatever they are given: bytes that none may hold are
  // percent-encoded, and a request for nothing is one for "/".
  void set_method(std::string_view text);
  void set_uri(std::string_view text);
  void set_path(std::string_view path);                 // keeps the query (manual: http-request set-path)
  void set_path_and_query(std::string_view text);       // set-pathq
  void set_query(std::string_view query);               // set-query: without '?'; an empty one leaves no '?' either
  void clear();

 private:
  void put_target(std::initializer_list<std::string_view> parts);
};

struct Response {
  explicit Response(Arena& arena) : fields(arena) {}

  std::uint16_t status = 0;
  std::string_view reason;
  Version version;
  Framing framing;
  Fields fields;
  std::string_view received;  // the whole head, if it came as it would be written

  // The head as it came, if nothing has been changed since; else empty.
  std::string_view unchanged() const { return fields.unchanged().empty() ? std::string_view() : received; }
  void set_status(std::uint16_t code, std::string_view reason_text = {});  // the standard phrase if none is given
  void clear();
};

}  // namespace sluice::http
