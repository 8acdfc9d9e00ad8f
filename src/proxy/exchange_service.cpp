// Answers that services write (service.hpp): head and body go through one pooled buffer, which is sent when it is full.
#include "http/h1/write.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/service.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

const Service* Exchange::service_of(const Policy& policy) const {
  for (const auto& service : policy.services)
    if (service->wants(*this)) return service.get();
  return nullptr;
}

Task<> Exchange::serve_by_service() {
  facts.timers.queue = facts.timers.connect = {};  // a service is there at once
  co_await service_->answer(*this);
  if (reply_status_ != 0) co_await answer_now();  // it wants a page
}

std::string_view Exchange::service_name() const { return service_ ? service_->name() : std::string_view{}; }

Task<> Exchange::gather_body() {
  if (!body_complete_) co_await buffer_body();
}

http::Response& Exchange::begin_response(int status) {
  response.clear();
  response.version = http::http_1_1;
  response.set_status(static_cast<std::uint16_t>(status));
  scope.response = &response;
  return response;
}

Task<> Exchange::send_head(Content content) {
  if (!destination_) session_->counters.intercepted.add();
  const auto body = take_buffered_body();
  if (!body || !body_complete_) client_keeps_ = false;
  made_ = 0;
  // A client of HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
  made_framing_ = content == Content::none || request.method == http::Method::head ? Made::nothing
                  : request.version == http::http_1_0                               ? Made::until_close
                                                                                     : Made::chunks;
  if (content == Content::none && !response.fields.has(http::HeaderId::content_length))
    response.fields.append("content-length", "0", http::HeaderId::content_length);
  if (made_framing_ == Made::until_close) client_keeps_ = false;
  if (made_framing_ == Made::chunks) response.fields.append("transfer-encoding", "chunked", http::HeaderId::transfer_encoding);
  if (!run_after_response_rules()) client_keeps_ = false;
  add_connection_field(response.fields);
  response_buffer_ = async::Buffer(worker_.buffers);
  if (!response_buffer_) co_await fail(Kind::no_resource, Side::us);
  made_head_ = write_response_head(response_buffer_.span());
  if (made_head_ == 0) co_await fail(Kind::too_large, Side::us);
  facts.status = response.status;
  facts.response_at = worker_.loop.now();
  facts.timers.response = facts.response_at - facts.head_done;
  scope.response = nullptr;
  response.clear();
}

Task<> Exchange::write_body(std::string_view bytes) {
  if (made_framing_ == Made::nothing) co_return;
  while (!bytes.empty()) {
    const std::span<char> room = response_buffer_.span().subspan(made_head_ + made_);
    const std::size_t part = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), part, room.data());
    made_ += part;
    bytes.remove_prefix(part);
    if (part == room.size()) co_await flush_body(ChunkFrame::Last::no);
  }
}

Task<> Exchange::end_body() {
  co_await flush_body(ChunkFrame::Last::yes);
  response_buffer_.release();
  facts.termination = {'L', 'R', '-', '-'};
}

std::size_t Exchange::frame_made(std::span<iovec> pieces, ChunkFrame::Last last) {
  char* const begin = response_buffer_.begin();
  std::size_t count = 0;
  if (made_head_) pieces[count++] = {begin, made_head_};
  const std::string_view payload{begin + made_head_, made_};
  if (made_framing_ == Made::chunks) {
    count += chunk_frame_.make(pieces.subspan(count), payload, last);
  } else if (!payload.empty()) {
    pieces[count++] = {begin + made_head_, made_};
  }
  made_ = made_head_ = 0;
  for (std::size_t i = 0; i < count; ++i) facts.bytes_to_client += pieces[i].iov_len;
  return count;
}

Task<> Exchange::flush_body(ChunkFrame::Last last) {
  phase_ = Phase::data;
  std::array<iovec, 1 + ChunkFrame::most_pieces> pieces;
  const std::size_t count = frame_made(pieces, last);
  if (count == 0) co_return;
  const auto sent = co_await attempt(session_->client->write_all(std::span(pieces).first(count), client_patience()));
  if (!sent) co_await fail(sent.error().on(Side::client));
}

}  // namespace sluice::proxy
