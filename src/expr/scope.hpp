// Scope: everything a sample may be taken from at one moment, as pointers; null means "not available here" and makes
// the fetches that need it give no sample. A Session or Exchange fills one and keeps it up to date; it owns nothing.
// Used by one worker. Evaluating never changes what it points to, except: texts go to `arena`, variables may be set by
// converters, and wants_more is raised when an answer could change once more bytes have arrived.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/time.hpp"

namespace sluice::net {
class Address;
}
namespace sluice::http {
struct Request;
struct Response;
}
namespace sluice::backend {
class Backend;
class Server;
class Connection;
}
namespace sluice::table {
class Session;
}
namespace sluice::proxy {
class Frontend;
class Session;
class Exchange;
struct Facts;
}

namespace sluice::expr {

class Variables;

// Time, randomness and what is known of the process, of the worker an expression runs on. Tests give fixed ones.
class Ambient {
 public:
  virtual ~Ambient() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
  virtual std::uint64_t random() = 0;

  std::string hostname;
  std::string node;              // `node` of global, or the host name
  std::int64_t pid = 0;
  std::uint32_t thread = 1;      // from 1
  std::uint32_t threads = 1;
  Instant started{};
};

// Where a connection came from and arrived. Texts live as long as the configuration.
struct Client {
  const net::Address* source = nullptr;        // after PROXY protocol and set-src
  const net::Address* destination = nullptr;   // after PROXY protocol and set-dst
  const net::Address* real_source = nullptr;   // of the connection itself
  const net::Address* real_destination = nullptr;
  std::string_view frontend;
  std::int64_t frontend_id = 0;
  std::string_view defaults;                   // name of the frontend's defaults section
  std::string_view listener;                   // so_name
  std::int64_t listener_id = 0;
  WallTime accepted_at{};
  bool received_proxy = false;                 // fc_rcvd_proxy
  std::uint8_t http_major = 1;                 // fc_http_major
};

// Bytes that have arrived and wait to be looked at; `complete`: no more will come (end of body, of stream, buffer full).
struct Received {
  std::string_view bytes;
  bool complete = false;
};

// The request line as it came, kept for logs and capture.* when the request itself is gone or rewritten.
struct CapturedLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;  // "HTTP/1.1"
};

enum class Direction : std::uint8_t { request, response };

struct Scope {
  Arena* arena = nullptr;        // always set; texts made by evaluation live there
  Ambient* ambient = nullptr;    // always set
  Variables* variables = nullptr;

  const Client* client = nullptr;
  const http::Request* request = nullptr;
  const http::Response* response = nullptr;
  const Received* request_body = nullptr;      // body bytes buffered so far (option http-buffer-request, wait-for-body)
  const Received* response_body = nullptr;
  const Received* request_bytes = nullptr;     // raw bytes of a TCP connection (req.len, req.payload)
  const Received* response_bytes = nullptr;
  const CapturedLine* captured = nullptr;
  std::span<const std::string_view> request_captures;   // capture request header / declare capture, by index;
  std::span<const std::string_view> response_captures;  // data() == nullptr: nothing was captured in that slot
  std::string_view unique_id;                  // as unique-id-format made it; data() == nullptr: none yet
  Direction direction = Direction::request;    // which way the rules being run look

  proxy::Frontend* frontend = nullptr;
  proxy::Session* session = nullptr;
  proxy::Exchange* exchange = nullptr;
  const proxy::Facts* facts = nullptr;
  const backend::Backend* backend = nullptr;   // the proxy a rule runs in, once chosen
  const backend::Server* server = nullptr;     // the server of this exchange, once chosen
  const backend::Connection* server_connection = nullptr;
  table::Session* tables = nullptr;            // tracked counters

  // Raised by a fetch whose input is not complete yet; rules that may wait clear it before evaluating.
  mutable bool wants_more = false;
};

}  // namespace sluice::expr
