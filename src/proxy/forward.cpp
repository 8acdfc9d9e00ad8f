#include "proxy/forward.hpp"

#include "http/h1/chunk.hpp"

namespace sluice::proxy {

using async::Task;

Result<std::span<iovec>> send_now(net::Stream& to, std::span<iovec> pieces) {
  if (pieces.size() == 1) {  // as nearly always
    const std::size_t size = pieces[0].iov_len;
    const auto sent = to.try_writev(pieces);
    if (sent && *sent == size) [[likely]] return pieces.subspan(1);
    if (sent) return net::advance(pieces, *sent);
    if (sent.error().kind == Kind::would_block) return pieces;
    return fail(sent.error());
  }
  while (!pieces.empty()) {
    std::size_t total = 0;
    for (const iovec& piece : pieces) total += piece.iov_len;
    const auto sent = to.try_writev(pieces);
    if (!sent) {
      if (sent.error().kind == Kind::would_block) return pieces;
      return fail(sent.error());
    }
    pieces = net::advance(pieces, *sent);
    if (*sent < total) return pieces;  // the kernel is full: it would only say so again
  }
  return pieces;
}

namespace {

// Copies from `pieces` until `into` is full or nothing is left; returns how much.
std::size_t gather(std::span<iovec>& pieces, std::span<char> into) {
  std::size_t size = 0;
  while (!pieces.empty() && size < into.size()) {
    const std::size_t count = std::min(pieces.front().iov_len, into.size() - size);
    std::memcpy(into.data() + size, pieces.front().iov_base, count);
    size += count;
    pieces = net::advance(pieces, count);
  }
  return size;
}

struct Kept {
  async::Buffer buffer;
  std::size_t size = 0;
};

}  // namespace

Task<> send_rest(net::Stream& to, std::span<iovec> pieces, Duration patience) {
  // Enough for a whole scratch in buffers of the usual size.
  std::array<Kept, async::Worker::scratch_size / 16384 + 1> kept;
  std::size_t count = 0;
  while (!pieces.empty()) {
    if (count == kept.size()) co_await fail(Kind::no_resource);
    Kept& next = kept[count++];
    next.buffer = async::Buffer(to.worker().buffers);
    if (!next.buffer) co_await fail(Kind::no_resource);
    next.size = gather(pieces, next.buffer.span());
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text{kept[i].buffer.begin(), kept[i].size};
    co_await to.write_all(text, patience);
    kept[i].buffer.release();
  }
}

std::size_t ChunkFrame::make(std::span<iovec> pieces, std::string_view payload, Last last, std::string_view trailers) {
  std::size_t count = 0;
  const auto add = [&](std::string_view text) { pieces[count++] = {const_cast<char*>(text.data()), text.size()}; };
  if (!payload.empty()) {
    const http::h1::ChunkHead head(payload.size());
    std::memcpy(head_, head.view().data(), head.view().size());
    add({head_, head.view().size()});
    add(payload);
  }
  if (last == Last::no) {
    if (!payload.empty()) add("\r\n");
  } else if (trailers.empty()) {
    add(payload.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n");
  } else {
    add(payload.empty() ? "0\r\n" : "\r\n0\r\n");
    add(trailers);
  }
  return count;
}

}  // namespace sluice::proxy
