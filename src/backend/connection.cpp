#include "backend/connection.hpp"

#include "async/worker.hpp"

namespace sluice::backend {

ServerConnection::ServerConnection(Server& server, std::unique_ptr<net::Stream> stream)
    : server_(&server), server_number_(server.number()), stream_(std::move(stream)) {}

namespace {
bool may_be_kept(const ServerConnection& connection) {
  const Server& server = connection.server();
  const ServerSettings& settings = server.settings();
  const std::int64_t most = settings.pool_max_conn;
  return !connection.is_private && !settings.port_from_client && settings.pool_purge_delay.us != 0 &&
         (most < 0 || server.state().idle.load(std::memory_order_relaxed) < most) &&
         (settings.max_reuse < 0 || std::int64_t{connection.requests} - 1 < settings.max_reuse) &&
         server.state().usable_by_persistence();
}
}  // namespace

std::unique_ptr<ServerConnection> take_idle(async::Worker& worker, Server& server, Reuse policy, RequestOrder order,
                                            std::string_view name) {
  if (policy == Reuse::never || (policy == Reuse::safe && order == RequestOrder::first)) return nullptr;
  IdlePool* const pool = server.state().shares.at(worker.id).pool.get();
  if (!pool) return nullptr;
  return pool->take(server, policy == Reuse::aggressive && order == RequestOrder::first, name);
}

void give_back(async::Worker& worker, std::unique_ptr<ServerConnection> connection) {
  if (!may_be_kept(*connection)) return;
  ServerState& state = connection->server().state();
  std::unique_ptr<IdlePool>& pool = state.shares.at(worker.id).pool;
  if (!pool) pool = std::make_unique<IdlePool>(worker, state, connection->server().settings().pool_purge_delay);
  if (!pool->wants_more()) return;
  net::Stream& stream = connection->stream();
  if (stream.may_read()) {
    // Not sure that nothing came: what is not silent now is closed or out of step.
    char one;
    const Result<std::size_t> peeked = stream.socket().try_peek({&one, 1});
    if (peeked || peeked.error().kind != Kind::would_block) return;
  }
  pool->keep(std::move(connection));
}

void close_idle(async::Worker& worker, States& states) {
  states.for_each_server([&worker](ServerState& server) { server.shares.at(worker.id).pool.reset(); });
}

namespace {
bool is_silent(ServerConnection& connection) {
  return !connection.stream().may_read() && !connection.stream().socket().read_hangup();
}
}  // namespace

std::unique_ptr<ServerConnection> PrivateConnections::remove(std::unique_ptr<ServerConnection>& link) {
  std::unique_ptr<ServerConnection> removed = std::move(link);
  link = std::move(removed->behind_);
  return removed;
}

std::unique_ptr<ServerConnection> PrivateConnections::take(const Server& server) {
  for (std::unique_ptr<ServerConnection>* link = &latest_; *link;) {
    if (&(*link)->server() != &server) {
      link = &(*link)->behind_;
      continue;
    }
    std::unique_ptr<ServerConnection> found = remove(*link);
    if (is_silent(*found) && found->server_number_ == server.number()) return found;
  }
  return nullptr;
}

void PrivateConnections::keep(std::unique_ptr<ServerConnection> connection, std::size_t most) {
  std::size_t count = 0;
  for (std::unique_ptr<ServerConnection>* link = &latest_; *link;) {
    if (is_silent(**link)) {
      link = &(*link)->behind_;
      ++count;
    } else {
      remove(*link);
    }
  }
  if (count >= most) return;
  connection->behind_ = std::move(latest_);
  latest_ = std::move(connection);
}

const ServerConnection* PrivateConnections::latest(const Backend& backend) const {
  for (const ServerConnection* one = latest_.get(); one; one = one->behind_.get())
    if (&one->server().backend() == &backend) return one;
  return nullptr;
}

IdlePool::IdlePool(async::Worker& worker, ServerState& server, Duration purge_delay)
    : worker_(worker), server_(server), purge_delay_(purge_delay) {
  timer_.pool = this;
  timer_.step = &on_purge;
}

IdlePool::~IdlePool() { close_all(); }

bool IdlePool::wants_more() {
  constexpr std::size_t always_kept = 16;
  const std::size_t busy = server_.served.load(std::memory_order_relaxed);
  busiest_ = std::max(busiest_, busy + 1);  // with the request that has just ended
  return size_ < always_kept || size_ + busy < std::max(busiest_, busiest_before_);
}

// The one used last that has this name.
ServerConnection* IdlePool::latest(List<ServerConnection>& list, std::string_view name) {
  if (list.empty()) return nullptr;
  if (name.empty() && !list.back().pool_name) return &list.back();
  ServerConnection* found = nullptr;
  list.for_each([&](ServerConnection& one) {
    if (name == (one.pool_name ? std::string_view(*one.pool_name) : std::string_view())) found = &one;
  });
  return found;
}

std::unique_ptr<ServerConnection> IdlePool::take(const Server& server, bool proven_only, std::string_view name) {
  for (;;) {
    ServerConnection* best = latest(proven_, name);
    if (!best && !proven_only) best = latest(fresh_, name);
    if (!best) return nullptr;
    std::unique_ptr<ServerConnection> connection = remove(*best);
    // One of an earlier configuration, or one that is no longer silent although its event was not handled yet.
    if (connection->server_number_ == server.number() && is_silent(*connection)) return connection;
  }
}

void IdlePool::keep(std::unique_ptr<ServerConnection> connection) {
  ServerConnection& kept = *connection.release();
  kept.pool_ = this;
  (kept.requests > 1 ? proven_ : fresh_).push_back(kept);
  kept.stream().socket().arm(kept.stream().reading(), &on_event, &kept, never);
  server_.idle.fetch_add(1, std::memory_order_relaxed);
  if (size_++ == 0) least_ = 0;
  if (!timer_.linked()) worker_.loop.start(timer_, worker_.loop.after(purge_delay_));
}

std::unique_ptr<ServerConnection> IdlePool::remove(ServerConnection& connection) {
  static_cast<ListNode&>(connection).unlink();
  connection.pool_ = nullptr;
  net::Socket::disarm(connection.stream().reading());
  server_.idle.fetch_sub(1, std::memory_order_relaxed);
  least_ = std::min(least_, --size_);
  return std::unique_ptr<ServerConnection>(&connection);
}

void IdlePool::close_all() {
  for (List<ServerConnection>* const list : {&fresh_, &proven_})
    while (!list->empty()) remove(list->front());
}

// The server closed it, or sent something nobody asked for: either way it is of no use.
async::PromiseBase* IdlePool::on_event(async::Waiter& waiter) {
  ServerConnection& connection = *static_cast<ServerConnection*>(static_cast<net::Direction&>(waiter).leaf);
  connection.pool_->remove(connection);
  return nullptr;
}

async::PromiseBase* IdlePool::on_purge(async::Waiter& waiter) {
  static_cast<Purge&>(waiter).pool->purge();
  return nullptr;
}

// Manual "pool-purge-delay": every interval, half of the connections that were not needed during it go; all of them if
// the server is down or in maintenance.
void IdlePool::purge() {
  if (!server_.usable_by_persistence()) return close_all();
  for (std::size_t n = (least_ + 1) / 2; n > 0; --n) remove((fresh_.empty() ? proven_ : fresh_).front());
  least_ = size_;
  busiest_before_ = std::exchange(busiest_, 0);
  if (size_ != 0) worker_.loop.start(timer_, worker_.loop.after(purge_delay_));
}

}  // namespace sluice::backend
