// Bytes that are buffered: bodies (manual 7.3.6) and raw streams (manual 7.3.5).
#include "base/text.hpp"
#include "expr/entries.hpp"
#include "http/message.hpp"

namespace sluice::expr {
// The second offset of payload_lv: absolute, or relative to what the first one gives ("+2").
struct OffsetArg {
  Int value = 0;
  bool relative = false;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::OffsetArg> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::OffsetArg, std::string> read(std::string_view text) {
    const auto value = parse_int(text);
    if (!value) return std::unexpected("'" + std::string(text) + "' is not an offset");
    return expr::OffsetArg{*value, text.starts_with('+') || text.starts_with('-')};
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using catalog::undefined;

struct RequestSide {
  static const Received* body(const Scope& scope) { return scope.request_body; }
  static const Received* bytes(const Scope& scope) { return scope.request_bytes; }
  static std::optional<std::uint64_t> announced(const Scope& scope) {
    return scope.request ? scope.request->framing.content_length : std::nullopt;
  }
};
struct ResponseSide {
  static const Received* body(const Scope& scope) { return scope.response_body; }
  static const Received* bytes(const Scope& scope) { return scope.response_bytes; }
  static std::optional<std::uint64_t> announced(const Scope& scope) {
    return scope.response ? scope.response->framing.content_length : std::nullopt;
  }
};

template <class Side>
struct Of {
  static Binary body(const Scope& scope) {
    const Received* const body = Side::body(scope);
    return {body ? body->bytes : std::string_view{}};
  }
  static Int body_len(const Scope& scope) { return static_cast<Int>(body(scope).size()); }
  static Int body_size(const Scope& scope) {
    const auto announced = Side::announced(scope);
    return announced ? static_cast<Int>(*announced) : body_len(scope);
  }
  static std::optional<Int> len(const Scope& scope) {
    const Received* const bytes = Side::bytes(scope);
    if (!bytes) return std::nullopt;
    if (!bytes->complete) scope.wants_more = true;
    return static_cast<Int>(bytes->bytes.size());
  }
  // [offset, offset + length), or all that is there from offset on for length 0.
  static std::optional<Binary> payload(const Scope& scope, Int offset, Int length) {
    const Received* const bytes = Side::bytes(scope);
    if (!bytes || offset < 0 || length < 0) return std::nullopt;
    const auto from = static_cast<std::size_t>(offset);
    const auto size = static_cast<std::size_t>(length);
    if (from > bytes->bytes.size() || size > bytes->bytes.size() - from) {
      if (!bytes->complete) scope.wants_more = true;
      return std::nullopt;
    }
    if (length != 0) return Binary{bytes->bytes.substr(from, size)};
    if (!bytes->complete) scope.wants_more = true;
    if (from == bytes->bytes.size()) return std::nullopt;
    return Binary{bytes->bytes.substr(from)};
  }
  // A big-endian number of `width` bytes at `offset` says how long the value is.
  static std::optional<Binary> payload_lv(const Scope& scope, Int offset, Int width, std::optional<OffsetArg> value_at) {
    if (width <= 0 || width > 7) return std::nullopt;
    const auto head = payload(scope, offset, width);
    if (!head) return std::nullopt;
    Int length = 0;
    for (const char c : head->bytes) length = length << 8 | static_cast<unsigned char>(c);
    if (length == 0) return std::nullopt;
    Int from = offset + width;
    if (value_at) from = value_at->relative ? from + value_at->value : value_at->value;
    return payload(scope, from, length);
  }
};
using Req = Of<RequestSide>;
using Res = Of<ResponseSide>;

// The old names look at whichever direction the rules look at.
std::optional<Binary> payload(const Scope& scope, Int offset, Int length) {
  return scope.direction == Direction::request ? Req::payload(scope, offset, length) : Res::payload(scope, offset, length);
}
std::optional<Binary> payload_lv(const Scope& scope, Int offset, Int width, std::optional<OffsetArg> value_at) {
  return scope.direction == Direction::request ? Req::payload_lv(scope, offset, width, value_at)
                                               : Res::payload_lv(scope, offset, width, value_at);
}

const catalog::Add a{Fetch{.name = "req.body", .run = typed<Req::body>, .origin = Origin::request,
    .doc = "The part of the request body that is buffered.", .examples = {{"req.body", "q=z&n=7"}}}};
const catalog::Add b{Fetch{.name = "req.body_len", .run = typed<Req::body_len>, .origin = Origin::request,
    .doc = "How many bytes of the request body are buffered.", .examples = {{"req.body_len", "7"}}}};
const catalog::Add c{Fetch{.name = "req.body_size", .run = typed<Req::body_size>, .origin = Origin::request,
    .doc = "The announced size of the request body, or what is buffered of it.", .examples = {{"req.body_size", "7"}}}};
const catalog::Add d{Fetch{.name = "res.body", .run = typed<Res::body>, .origin = Origin::response,
    .doc = "The part of the response body that is buffered.", .examples = {{"res.body", ""}}}};
const catalog::Add e{Fetch{.name = "res.body_len", .run = typed<Res::body_len>, .origin = Origin::response,
    .doc = "How many bytes of the response body are buffered.", .examples = {{"res.body_len", "0"}}}};
const catalog::Add f{Fetch{.name = "res.body_size", .run = typed<Res::body_size>, .origin = Origin::response,
    .doc = "The announced size of the response body, or what is buffered of it.", .examples = {{"res.body_size", "0"}}}};
const catalog::Add g{Fetch{.name = "req.len", .run = typed<Req::len>, .origin = Origin::request,
    .doc = "How many bytes the client has sent that nobody has read yet.", .examples = {{"req.len", "6"}}}};
const catalog::Add h{Fetch{.name = "req_len", .run = typed<Req::len>, .origin = Origin::request, .doc = "Old name of req.len.",
    .examples = {{"req_len", "6"}}}};
const catalog::Add i{Fetch{.name = "req.payload", .args = {"offset", "length"}, .run = typed<Req::payload>, .origin = Origin::request,
    .doc = "{length} bytes from {offset} of what the client sent; length 0: all there is.",
    .examples = {{"req.payload(2,3)", "abc"}, {"req.payload(2,0)", "abcd"}, {"req.payload(9,1)", undefined}}}};
const catalog::Add j{Fetch{.name = "payload", .args = {"offset", "length"}, .run = typed<payload>, .origin = Origin::either,
    .doc = "req.payload in rules for requests, res.payload in rules for responses.", .examples = {{"payload(2,3)", "abc"}}}};
const catalog::Add k{Fetch{.name = "req.payload_lv", .args = {"offset1", "length", "offset2"}, .run = typed<Req::payload_lv>,
    .origin = Origin::request, .doc = "The value behind a length of {length} bytes at {offset1}, or at {offset2}.",
    .examples = {{"req.payload_lv(0,2)", "abcd"}, {"req.payload_lv(0,2,2)", "abcd"}}}};
const catalog::Add l{Fetch{.name = "payload_lv", .args = {"offset1", "length", "offset2"}, .run = typed<payload_lv>,
    .origin = Origin::either, .doc = "req.payload_lv in rules for requests, res.payload_lv in rules for responses.", .examples = {{"payload_lv(0,2)", "abcd"}}}};
const catalog::Add m{Fetch{.name = "res.len", .run = typed<Res::len>, .origin = Origin::response,
    .doc = "How many bytes the server has sent that nobody has read yet.", .examples = {{"res.len", undefined}}}};
const catalog::Add n{Fetch{.name = "res.payload", .args = {"offset", "length"}, .run = typed<Res::payload>, .origin = Origin::response,
    .doc = "{length} bytes from {offset} of what the server sent.", .examples = {{"res.payload(0,1)", undefined}}}};
const catalog::Add o{Fetch{.name = "res.payload_lv", .args = {"offset1", "length", "offset2"}, .run = typed<Res::payload_lv>,
    .origin = Origin::response, .doc = "The value behind a length of {length} bytes at {offset1} of what the server sent.",
    .examples = {{"res.payload_lv(0,2)", undefined}}}};
}  // namespace
}  // namespace sluice::expr
