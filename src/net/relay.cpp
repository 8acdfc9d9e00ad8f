#include "net/relay.hpp"

#include <cerrno>
#include <cstring>

namespace sluice::net {

namespace {

// What the destination refused, in buffers of the worker.
class Kept {
 public:
  static constexpr std::size_t most = 16;  // buffers; nobody reads more at once than they hold
  bool keep(async::BufferPool& pool, std::span<const char> bytes) {
    size_ = bytes.size();
    for (std::size_t i = 0; !bytes.empty(); ++i) {
      buffers_[i] = async::Buffer(pool);
      if (!buffers_[i]) return false;
      const std::size_t n = std::min(bytes.size(), pool.size());
      std::memcpy(buffers_[i].begin(), bytes.data(), n);
      bytes = bytes.subspan(n);
    }
    return true;
  }
  bool empty() const { return size_ == begin_; }
  Result<std::size_t> write_to(Stream& stream) {
    iovec pieces[most];
    std::size_t count = 0;
    const std::size_t each = buffers_[0].size();
    for (std::size_t at = begin_; at < size_; at = (at / each + 1) * each)
      pieces[count++] = {buffers_[at / each].begin() + at % each, std::min(size_, (at / each + 1) * each) - at};
    const Result<std::size_t> written = stream.try_writev(std::span(pieces, count));
    if (written) begin_ += *written;
    return written;
  }

 private:
  async::Buffer buffers_[most];
  std::size_t begin_ = 0, size_ = 0;
};

async::Task<> write_kept(RelayEnd to, std::span<const char> bytes) {
  Kept kept;
  if (!kept.keep(to.stream.worker().buffers, bytes)) co_await fail(Kind::no_resource);
  to.activity.renew(to.stream.loop().now());
  while (!kept.empty()) {
    const Result<std::size_t> written = kept.write_to(to.stream);
    if (written) {
      to.activity.last = to.stream.loop().now();
      continue;
    }
    if (written.error().kind != Kind::would_block) co_await fail(written.error().on(to.side));
    const Result<void> ready = co_await attempt(active(to.stream.writing(), to.activity));
    if (!ready) co_await fail(ready.error().on(to.side));
  }
}

std::size_t at_most(std::uint64_t left, std::size_t size) { return left < size ? static_cast<std::size_t>(left) : size; }

// How much to read at once, and whether splicing pays: two large reads in a row begin it, four small ones end it.
class Habit {
 public:
  // A length known beforehand saves learning: a large body is spliced from its first byte on.
  Habit(std::size_t buffer, std::uint64_t limit)
      : least_(buffer), most_(std::min(async::Worker::scratch_size, Kept::most * buffer)), window_(buffer) {
    if (limit == RelayOptions{}.limit) return;
    window_ = std::max(least_, at_most(limit, most_));
    if (limit >= large_body) large_ = 2;
  }
  std::size_t window() const { return window_; }
  void read(std::size_t got) {
    large_ = got >= 64 * 1024 ? large_ + 1 : 0;
    small_ = got < 16 * 1024 ? small_ + 1 : 0;
    if (got == window_) window_ = std::min(most_, window_ * 2);
    if (small_ >= 4) window_ = least_;
  }
  // The destination is slower: do not collect more than it takes.
  void refused() { window_ = std::max(least_, window_ / 2); }
  bool wants_splice() const { return large_ >= 2; }
  bool wants_copy() const { return small_ >= 4; }
  void forget() { large_ = small_ = 0; }

 private:
  static constexpr std::uint64_t large_body = 256 * 1024;
  std::size_t least_, most_, window_;
  unsigned large_ = 0, small_ = 0;
};

// Empties the pipe into the destination.
async::Task<> drain(RelayEnd to, async::Pipe& pipe) {
  to.activity.renew(to.stream.loop().now());
  while (pipe.held > 0) {
    const Result<std::size_t> moved = to.stream.socket().try_splice_out(pipe.read_end(), pipe.held);
    if (moved) {
      to.activity.last = to.stream.loop().now();
      pipe.held -= *moved;
      continue;
    }
    if (moved.error().kind != Kind::would_block) co_await fail(moved.error().on(to.side));
    const Result<void> ready = co_await attempt(active(to.stream.writing(), to.activity));
    if (!ready) co_await fail(ready.error().on(to.side));
  }
}

// One round of splicing; 0: end of input. Errors of the destination carry its side already.
Result<std::size_t> splice_once(RelayEnd& from, RelayEnd& to, async::Pipe& pipe, std::size_t most) {
  const Result<std::size_t> got = from.stream.socket().try_splice_in(pipe.write_end(), most);
  if (!got || *got == 0) return got;
  from.activity.last = from.stream.loop().now();
  pipe.held = *got;
  const Result<std::size_t> sent = to.stream.socket().try_splice_out(pipe.read_end(), pipe.held);
  if (sent) {
    to.activity.last = to.stream.loop().now();
    pipe.held -= *sent;
  } else if (sent.error().kind != Kind::would_block) {
    return fail(sent.error().on(to.side));
  }
  return got;
}

}  // namespace

async::Task<Relayed> relay(RelayEnd from, RelayEnd to, RelayOptions options, std::uint64_t& bytes) {
  async::Worker& worker = from.stream.worker();
  bool splicing_works = options.splice != Splice::never && from.stream.plain() && to.stream.plain();
  Habit habit(worker.buffers.size(), options.limit);
  async::Pipe pipe;
  std::uint64_t done = 0;
  for (unsigned rounds = 0; done < options.limit; ++rounds) {
    if (!from.stream.may_read()) {
      rounds = 0;
      const Result<void> ready = co_await attempt(active(from.stream.reading(), from.activity));
      if (!ready) co_await fail(ready.error().on(from.side));
    }
    if (rounds >= 32) {  // a source that never runs dry: the others' turn
      rounds = 0;
      co_await async::yield(worker.loop);
    }
    const std::uint64_t left = options.limit - done;
    if (splicing_works && !pipe && (habit.wants_splice() || options.splice == Splice::always)) {
      pipe = worker.pipes.take();
      splicing_works = static_cast<bool>(pipe);
      habit.forget();
    }
    if (pipe) {
      const Result<std::size_t> got = splice_once(from, to, pipe, at_most(left, pipe.capacity()));
      if (!got && got.error().kind == Kind::would_block) continue;
      if (!got && got.error().kind == Kind::internal && pipe.held == 0) {  // EINVAL: cannot be spliced
        splicing_works = false;
        pipe.release();
        continue;
      }
      if (!got && got.error().side != Side::us) co_await got;
      if (!got) co_await fail(got.error().on(from.side));
      if (*got == 0) co_return Relayed{done, true};
      done += *got;
      bytes += *got;
      if (pipe.held > 0) co_await drain(to, pipe);
      habit.read(*got);
      if (habit.wants_copy() && options.splice != Splice::always) {
        pipe.release();
        habit.forget();
      }
      continue;
    }
    const std::span<char> space = worker.scratch().first(at_most(left, habit.window()));
    const Result<std::size_t> got = from.stream.try_read(space);
    if (!got && got.error().kind == Kind::would_block) continue;
    if (!got) co_await fail(got.error().on(from.side));
    if (*got == 0) co_return Relayed{done, true};
    from.activity.last = worker.loop.now();
    done += *got;
    bytes += *got;
    habit.read(*got);
    const iovec piece{space.data(), *got};
    const Result<std::size_t> sent = to.stream.try_writev(std::span(&piece, 1));
    if (!sent && sent.error().kind != Kind::would_block) co_await fail(sent.error().on(to.side));
    if (sent) to.activity.last = worker.loop.now();
    const std::size_t accepted = sent.value_or(0);
    if (accepted == *got) continue;
    habit.refused();
    co_await write_kept(to, space.first(*got).subspan(accepted));
  }
  co_return Relayed{done, false};
}

}  // namespace sluice::net
