// A connection to a server, and the idle ones each worker keeps per server. Owned by the exchange (or tunnel) that
// uses it, by the session between its requests when it is private, or by the worker's IdlePool. Never leaves its
// worker. Idle connections hold no buffer and are watched: one that the server closes is gone at once.
#pragma once
#include <memory>

#include "async/waiter.hpp"
#include "backend/backend.hpp"
#include "backend/server.hpp"
#include "base/intrusive.hpp"
#include "base/time.hpp"
#include "net/stream.hpp"

namespace sluice::backend {

class IdlePool;

class ServerConnection final : public ListNode, public async::Pooled {
 public:
  ServerConnection(Server& server, std::unique_ptr<net::Stream> stream);

  net::Stream& stream() { return *stream_; }
  // Valid while in use: the server of the configuration that opened it or took it from the pool.
  Server& server() const { return *server_; }

  // Reuse facts.
  std::uint32_t requests = 0;   // sent over it so far; whoever sends counts
  std::unique_ptr<const std::string> pool_name{};  // pool-conn-name: only requests of this name use it; null: it has none
  bool is_private = false;      // belongs to one client session (NTLM, PROXY header, client's source address)
  bool authenticates = false;   // its client is asked for credentials of the connection: it comes back to this one (NTLM)

 private:
  friend class IdlePool;
  friend class PrivateConnections;
  Server* server_;
  const std::uint64_t server_number_;
  std::unique_ptr<net::Stream> stream_;
  IdlePool* pool_ = nullptr;    // while idle
  std::unique_ptr<ServerConnection> behind_;  // in PrivateConnections: the one used before it
};

// Position of a request in its client session (manual "http-reuse": safe never risks a first request on an idle
// connection, aggressive does over one that has been reused before).
enum class RequestOrder : std::uint8_t { first, later };

// Takes the connection used last among the idle ones that the policy allows, or null.
// Of those with a name, only one of the same name.
std::unique_ptr<ServerConnection> take_idle(async::Worker& worker, Server& server, Reuse policy, RequestOrder order,
                                            std::string_view name = {});
// Keeps it for others if it may be shared and the limits (pool-max-conn, max-reuse, pool-purge-delay) allow, else
// closes it. Nothing may be unread or half sent.
void give_back(async::Worker& worker, std::unique_ptr<ServerConnection> connection);
// Closes everything this worker keeps idle: at its end, on its thread.
void close_idle(async::Worker& worker, States& states);

// The idle connections that only one client session may use again. Owned by it; nobody watches them: whether one is still of
// use is looked at when it is wanted.
class PrivateConnections {
 public:
  bool empty() const { return !latest_; }
  // The one to this server that was used last and is still silent, or null.
  std::unique_ptr<ServerConnection> take(const Server& server);
  // Manual "max-session-srv-conns": closed if there are `most` that are of use.
  void keep(std::unique_ptr<ServerConnection> connection, std::size_t most);
  // The one used last of those to this backend's servers, or null.
  const ServerConnection* latest(const Backend& backend) const;

 private:
  // Takes it out of the chain.
  static std::unique_ptr<ServerConnection> remove(std::unique_ptr<ServerConnection>& link);
  std::unique_ptr<ServerConnection> latest_;  // the one used last, and behind it the others
};

// The idle connections of one worker to one server. Owned by ServerState, touched by its worker only.
class IdlePool {
 public:
  IdlePool(async::Worker& worker, ServerState& server, Duration purge_delay);
  ~IdlePool();
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;

  // Whether one more may be of use: no more than were in use at once lately. Policy `safe` opens one for every new
  // client, who may stay for hours without a second request.
  bool wants_more();
  std::unique_ptr<ServerConnection> take(const Server& server, bool proven_only, std::string_view name = {});
  void keep(std::unique_ptr<ServerConnection> connection);
  void close_all();
  std::size_t size() const { return size_; }

 private:
  struct Purge : async::Timer {
    IdlePool* pool = nullptr;
  };
  static async::PromiseBase* on_event(async::Waiter& waiter);
  static async::PromiseBase* on_purge(async::Waiter& waiter);
  std::unique_ptr<ServerConnection> remove(ServerConnection& connection);
  static ServerConnection* latest(List<ServerConnection>& list, std::string_view name);
  void purge();

  async::Worker& worker_;
  ServerState& server_;
  const Duration purge_delay_;
  List<ServerConnection> fresh_, proven_;  // by whether it has carried a second request; used last at the end
  std::size_t size_ = 0;
  std::size_t busiest_ = 0, busiest_before_ = 0;  // most requests at once since the last purge, and before it
  std::size_t least_ = 0;                  // smallest size since the last purge: that many were not needed
  Purge timer_;
};

}  // namespace sluice::backend
