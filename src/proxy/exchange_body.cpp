// Exchange: what rules see of bodies, and waiting for it: wait-for-body, option http-buffer-request.
#include "http/h1/framing.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

// What of the body came with the head. A chunked one loses its framing here: it gets a new one when it is passed on.
Result<void> Exchange::take_buffered_body() {
  Input& input = session_->input;
  if (request_body_.kind == http::BodyKind::length) {
    const std::uint64_t wanted = request_body_.length - body_.size();
    const std::size_t here = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), wanted));
    const char* const begin = body_.empty() ? input.bytes().data() : body_.data();
    body_ = {begin, body_.size() + here};
    input.used(here);
    facts.bytes_from_client += here;
    body_complete_ = body_.size() == request_body_.length;
  } else if (request_body_.kind == http::BodyKind::chunked) {
    const std::span<char> bytes = input.bytes();
    const auto got = request_chunks_->take(bytes, worker_.buffers);
    if (!got) return fail(got.error().on(Side::client));
    if (body_.empty()) {
      body_ = {bytes.data(), got->size};
    } else {  // what follows goes right behind what is there already
      std::memmove(const_cast<char*>(body_.data() + body_.size()), bytes.data(), got->size);
      body_ = {body_.data(), body_.size() + got->size};
    }
    input.used(got->used);
    facts.bytes_from_client += got->used;
    body_complete_ = request_chunks_->done();
  }
  upload_done_ = body_complete_;
  return {};
}

// A client that waits to be told before it sends its body (RFC 9110 10.1.1) is told here: the server gets the request
// only once the body has come. One that has not waited is told all the same, as by HAProxy: it asked.
Task<> Exchange::invite_body() {
  const http::HeaderName expect(http::HeaderId::expect);
  if (request.version == http::http_1_0 || !request.fields.has_token(expect, "100-continue")) co_return;
  request.fields.remove(expect);
  static constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
  facts.bytes_to_client += go_ahead.size();
  const auto sent = co_await attempt(session_->client->write_all(go_ahead, client_patience()));
  if (!sent) co_await fail(sent.error().on(Side::client));
}

// option http-buffer-request: as much of the body as fits the buffer, before the rules of the section that has it.
Task<> Exchange::buffer_body() { co_await wait_for_body(head_deadline(), 0); }

// What has come of it so far is there for rules to look at, also where nobody waits for more (manual: req.body).
Result<void> Exchange::see_body() {
  scope.request_body = &seen_body_;
  seen_body_ = {};
  const auto taken = take_buffered_body();
  if (taken) seen_body_ = {body_, true};
  return taken;
}

// Whether more can be read. A full buffer is left to the head, which is still looked at, and the body goes on in a large one.
bool Exchange::has_room_for_body(BodyRoom room) {
  Input& input = session_->input;
  if (!input.room().empty()) return true;
  if (room == BodyRoom::usual || request_head_buffer_ || worker_.large_buffers.size() <= body_.size() + input.size()) return false;
  async::Buffer larger(worker_.large_buffers);
  if (!larger) return false;
  request_head_buffer_ = input.move_to(std::move(larger), body_);
  seen_body_ = {body_, true};
  return true;
}

// Who is late with it is told so: 408.
Task<> Exchange::wait_for_body(Instant until, std::uint64_t least, BodyRoom room) {
  co_await see_body();
  if (!body_complete_ || !body_.empty()) co_await invite_body();
  Input& input = session_->input;
  while (!body_complete_ && (least == 0 || body_.size() < least) && has_room_for_body(room)) {
    const auto got = co_await attempt(session_->client->read(input.room(), until));
    if (!got || *got == 0) facts.timers.request = unseen;  // as HAProxy logs it: the request never was whole
    if (!got) co_await fail(got.error().on(Side::client));
    if (*got == 0) co_await fail(Kind::end, Side::client);
    input.added(*got);
    co_await take_buffered_body();
    seen_body_ = {body_, true};
    facts.timers.request = worker_.loop.now() - facts.first_byte;  // as HAProxy logs it: what is waited for is the request
  }
}

Result<void> Exchange::see_answer_body() {
  response_body_ = http::h1::body_of(response, request.method);
  seen_answer_body_ = {};
  scope.response_body = &seen_answer_body_;
  return take_answer_body();
}

// What of the answer's body has come, without its framing, for rules to look at; seen_answer_body_.complete: all of it.
Result<void> Exchange::take_answer_body() {
  const std::span<char> body = response_bytes_.subspan(response_head_size_);
  const std::size_t known = seen_answer_body_.bytes.size();
  switch (response_body_.kind) {
    case http::BodyKind::chunked: {
      const auto got = response_chunks_->take(body.subspan(known), worker_.buffers);
      if (!got) return fail(got.error().on(Side::server));
      if (got->used < body.size() - known) server_close_ = true;  // more than it should have sent
      response_decoded_ = true;
      response_bytes_ = response_bytes_.first(response_head_size_ + known + got->size);
      seen_answer_body_ = {{body.data(), known + got->size}, response_chunks_->done()};
      break;
    }
    case http::BodyKind::length:
      seen_answer_body_ = {{body.data(), std::min<std::size_t>(body.size(), response_body_.length)}, body.size() >= response_body_.length};
      break;
    case http::BodyKind::until_close: seen_answer_body_ = {{body.data(), body.size()}, false}; break;
    default: seen_answer_body_ = {{}, true};
  }
  return {};
}

// As has_room_for_body(). The head moves along, and is looked at where it was.
bool Exchange::has_room_for_answer_body(BodyRoom room) {
  if (response_bytes_.size() < response_buffer_.size()) return true;
  if (room == BodyRoom::usual || response_head_buffer_ || worker_.large_buffers.size() <= response_bytes_.size()) return false;
  async::Buffer larger(worker_.large_buffers);
  if (!larger) return false;
  std::memcpy(larger.begin(), response_bytes_.data(), response_bytes_.size());
  response_bytes_ = {larger.begin(), response_bytes_.size()};
  seen_answer_body_.bytes = {larger.begin() + response_head_size_, seen_answer_body_.bytes.size()};
  response_head_buffer_ = std::exchange(response_buffer_, std::move(larger));
  return true;
}

// http-response wait-for-body: reads on behind the head. Who is late is not waited for any longer.
Task<> Exchange::wait_for_answer_body(Instant until, std::uint64_t least, BodyRoom room) {
  if (!scope.response_body) co_await see_answer_body();
  net::Stream& stream = connection_->stream();
  while (!seen_answer_body_.complete && (least == 0 || seen_answer_body_.bytes.size() < least) && has_room_for_answer_body(room)) {
    const auto got = co_await attempt(stream.read(response_buffer_.span().subspan(response_bytes_.size()), until));
    if (!got && got.error().kind == Kind::timeout) break;
    if (!got) co_await fail(got.error().on(Side::server));
    if (*got == 0) break;  // whoever passes the body on will find the same end
    facts.bytes_from_server += *got;
    response_bytes_ = {response_bytes_.data(), response_bytes_.size() + *got};
    co_await take_answer_body();
  }
  seen_answer_body_.complete = true;  // nothing more will come before the rules
}

}  // namespace sluice::proxy
