// A connection to a server, and the idle ones each worker keeps per server. Owned by the exchange (or tunnel) that
// uses it, by the session between its requests when it is private, or by the worker's IdlePool. Never leaves its
// worker. Idle connections hold no buffer and are watched: one that the server closes is gone at once.
#pragma once
#include <memory>

#include "backend/backend.hpp"
#include "backend/server.hpp"
#include "base/intrusive.hpp"
#include "base/time.hpp"
#include "net/stream.hpp"

namespace sluice::backend {

class IdlePool;

class ServerConnection : public ListNode {
 public:
  ServerConnection(async::Worker& worker, Server& server, std::unique_ptr<net::Stream> stream);
  ~ServerConnection();

  net::Stream& stream() { return *stream_; }
  Server& server() const { return *server_; }  // of the configuration that opened or last took it
  async::Worker& worker() const { return worker_; }

  // Reuse facts.
  unsigned requests = 0;        // sent over it so far
  bool is_private = false;      // belongs to one client session (NTLM, PROXY header, client's source address)
  bool reused = false;          // has served a second request: known to survive one
  Instant idle_since{};

 private:
  friend class IdlePool;
  async::Worker& worker_;
  Server* server_;
  std::unique_ptr<net::Stream> stream_;
  IdlePool* pool_ = nullptr;    // while idle
};

// Takes the best idle connection to this server that the policy allows, or null. `first_request`: of its client
// session (manual "http-reuse": safe never risks a first request, aggressive only over a proven connection).
enum class RequestOrder : std::uint8_t { first, later };
std::unique_ptr<ServerConnection> take_idle(async::Worker& worker, Server& server, Reuse policy, RequestOrder order);
// Keeps it for later if it may be shared and the limits (pool-max-conn, max-reuse, pool-purge-delay 0) allow, else
// closes it. The connection must have nothing unread.
void give_back(async::Worker& worker, std::unique_ptr<ServerConnection> connection);
// Closes everything this worker keeps idle: at its end, and for servers that no configuration has any more.
void close_idle(async::Worker& worker, States& states);

}  // namespace sluice::backend
