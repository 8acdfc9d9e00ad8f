// Bodies and tunnels that go no faster than set-bandwidth-limit says: piece by piece, as many bytes as a window of time
// has left, then a pause. What came with a message's head waits with the rest. Only exchanges with such a rule get here.
#include "proxy/bandwidth.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

// As many bytes as may go now, after a pause if it must be. Pausing is no inactivity of anybody.
Task<std::size_t> Exchange::take_turn(Pace& pace, std::size_t most) {
  for (;;) {
    const Turn turn = ask(&pace, worker_.loop.now(), most);
    if (turn.bytes > 0) co_return static_cast<std::size_t>(turn.bytes);
    co_await async::sleep_until(worker_.loop, turn.when);
    client_activity_.last = server_activity_.last = worker_.loop.now();
  }
}

// ---- answers

// Part of the answer's body; what wait-for-body has looked at has no chunks any more.
Result<std::size_t> Exchange::frame_paced(std::span<char> bytes, std::span<iovec> pieces) {
  if (response_body_.kind == http::BodyKind::chunked) {
    if (!response_decoded_) return frame_chunks(bytes, pieces);
    const bool last = bytes.data() + bytes.size() == response_bytes_.data() + response_bytes_.size();
    response_complete_ = last && response_chunks_->done();
    return frame_payload({bytes.data(), bytes.size()}, pieces);
  }
  std::size_t here = bytes.size();
  if (response_body_.kind == http::BodyKind::length) {
    here = static_cast<std::size_t>(std::min<std::uint64_t>(here, response_left_));
    response_left_ -= here;
    response_complete_ = response_left_ == 0;
  }
  if (here < bytes.size()) server_keeps_ = false;
  pieces[0] = {bytes.data(), here};
  return here ? 1 : 0;
}

Task<> Exchange::pass_paced(std::span<char> bytes) {
  std::array<iovec, ChunkFrame::most_pieces> pieces;
  const auto framed = frame_paced(bytes, pieces);
  if (!framed) co_await fail(framed.error());
  spend(downloads(), bytes.size());
  for (std::size_t i = 0; i < *framed; ++i) facts.bytes_to_client += pieces[i].iov_len;
  const auto left = send_now(*session_->client, std::span(pieces).first(*framed));
  if (!left) co_await fail(left.error().on(Side::client));
  if (!left->empty()) {
    const auto sent = co_await attempt(send_rest(*session_->client, *left, client_patience()));
    if (!sent) co_await fail(sent.error().on(Side::client));
  }
}

// The head has gone; what came with it is in the answer's buffer.
Task<> Exchange::download_paced() {
  Pace& pace = *downloads();
  client_activity_ = {client_patience(), worker_.loop.now()};
  server_activity_ = {server_patience(), worker_.loop.now()};
  std::span<char> held = response_bytes_.subspan(response_head_size_);
  if (held.empty() && response_decoded_) co_await pass_paced(held);
  while (!held.empty() && !response_complete_) {
    const std::size_t turn = co_await take_turn(pace, held.size());
    co_await pass_paced(held.first(turn));
    held = held.subspan(turn);
  }
  if (!held.empty()) server_keeps_ = false;
  response_decoded_ = false;
  response_is_out();
  net::Stream& from = connection_->stream();
  while (!response_complete_) {
    const auto ready = co_await attempt(from.readable(server_activity_.deadline()));
    if (!ready) co_await fail(ready.error().on(Side::server));
    const std::size_t turn = co_await take_turn(pace, worker_.buffers.size());
    const std::span<char> space = worker_.scratch().subspan(local_.head_room, turn);
    const auto got = from.try_read(space);
    if (!got && got.error().kind == Kind::would_block) continue;
    if (!got) co_await fail(got.error().on(Side::server));
    if (*got == 0 && response_body_.kind != http::BodyKind::until_close) co_await fail(Kind::end, Side::server);
    if (*got == 0) break;
    facts.bytes_from_server += *got;
    server_activity_.last = worker_.loop.now();
    co_await pass_paced(space.first(*got));
  }
  response_complete_ = true;
}

// ---- requests

// The request's body, none of which has gone with its head.
Task<> Exchange::upload_paced() {
  Pace& pace = *uploads();
  net::Stream& from = *session_->client;
  net::Stream& to = connection_->stream();
  const bool chunked = request_body_.kind == http::BodyKind::chunked;
  std::span<char> held{const_cast<char*>(body_.data()), body_.size()};
  std::uint64_t left_to_come = chunked || body_complete_ ? 0 : request_body_.length - body_.size();
  bool more = !body_complete_;
  while (!held.empty() || more) {
    std::span<char> part = held;
    if (held.empty()) {
      const auto ready = co_await attempt(from.readable(client_activity_.deadline()));
      if (!ready && still_active(ready.error(), client_activity_)) continue;
      if (!ready) co_await fail(ready.error().on(Side::client));
    }
    const std::size_t wanted = held.empty() ? worker_.buffers.size() : held.size();
    const std::size_t turn = co_await take_turn(pace, wanted);
    std::array<iovec, ChunkFrame::most_pieces> pieces;
    Result<std::size_t> framed = std::size_t{1};
    if (held.empty()) {
      const std::size_t most = chunked ? turn : static_cast<std::size_t>(std::min<std::uint64_t>(turn, left_to_come));
      part = worker_.scratch().subspan(local_.head_room, most);
      const auto got = from.try_read(part);
      if (!got && got.error().kind == Kind::would_block) continue;
      if (!got) co_await fail(got.error().on(Side::client));
      if (*got == 0) co_await fail(Kind::end, Side::client);
      client_activity_.last = worker_.loop.now();
      part = part.first(*got);
      if (chunked) {
        framed = frame_upload(part, pieces);
        more = !request_chunks_->done();
      } else {
        facts.bytes_from_client += *got;
        left_to_come -= *got;
        more = left_to_come > 0;
      }
    } else {
      part = held.first(turn);
      held = held.subspan(turn);
      const auto last = held.empty() && body_complete_ ? ChunkFrame::Last::yes : ChunkFrame::Last::no;
      if (chunked) framed = chunk_frame_.make(pieces, {part.data(), part.size()}, last, request_trailers());
    }
    if (!framed) co_await fail(framed.error());
    if (!chunked) pieces[0] = {part.data(), part.size()};
    spend(&pace, part.size());
    for (std::size_t i = 0; i < *framed; ++i) facts.bytes_to_server += pieces[i].iov_len;
    const auto left = send_now(to, std::span(pieces).first(*framed));
    if (!left) co_await fail(left.error().on(Side::server));
    if (!left->empty()) {
      const auto sent = co_await attempt(send_rest(to, *left, server_patience()));
      if (!sent) co_await fail(sent.error().on(Side::server));
    }
    server_activity_.last = worker_.loop.now();
  }
}

// ---- tunnels: until the end of input
Task<> Exchange::relay_paced(net::RelayEnd from, net::RelayEnd to, Pace& pace, std::uint64_t& bytes) {
  for (;;) {
    if (!from.stream.may_read()) {
      const auto ready = co_await attempt(net::active(from.stream.reading(), from.activity));
      if (!ready) co_await fail(ready.error().on(from.side));
    }
    const std::size_t turn = co_await take_turn(pace, worker_.buffers.size());
    const std::span<char> space = worker_.scratch().subspan(0, turn);
    const auto got = from.stream.try_read(space);
    if (!got && got.error().kind == Kind::would_block) continue;
    if (!got) co_await fail(got.error().on(from.side));
    if (*got == 0) co_return;
    from.activity.last = worker_.loop.now();
    bytes += *got;
    spend(&pace, *got);
    iovec piece{space.data(), *got};
    const auto left = send_now(to.stream, std::span(&piece, 1));
    if (!left) co_await fail(left.error().on(to.side));
    if (!left->empty()) {
      const auto sent = co_await attempt(send_rest(to.stream, *left, to.activity.timeout));
      if (!sent) co_await fail(sent.error().on(to.side));
    }
    to.activity.last = worker_.loop.now();
  }
}

}  // namespace sluice::proxy
