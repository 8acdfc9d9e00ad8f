// What one worker does for one configuration: accepts, runs sessions, stops. Made, used and destroyed on the worker's
// thread (or while no thread runs it).
//
//   Serving serving{worker, proxies, listeners};
//   serving.start();                    // watches this worker's listening sockets
//   serving.stop_accepting();           // soft stop: sessions finish, idle ones are closed
//   serving.sessions() == 0             // finished; on_idle is called then
//   destructor                          // hard stop: sessions are destroyed
#pragma once
#include <functional>
#include <memory>

#include "async/worker.hpp"
#include "net/listener.hpp"
#include "proxy/build.hpp"

namespace sluice::proxy {

class Exchange;

class Serving {
 public:
  Serving(async::Worker& worker, std::shared_ptr<const Proxies> proxies, net::ListenerSet& listeners);
  ~Serving();
  Serving(const Serving&) = delete;

  void start();
  void stop_accepting();
  std::size_t sessions() const;
  std::size_t exchanges_kept() const;
  // Limits, or whether frontends accept, have changed.
  void look_at_limits();
  // Requests and TCP sessions in progress; `visit` may shut them down. On the worker's thread.
  void for_each_exchange(const std::function<void(Exchange&)>& visit);
  std::function<void()> on_idle;  // after stop_accepting, when the last session has ended

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

// Opens every listening socket of the configuration for all workers; errors name the bind line. Before serving.
void open_listeners(const Proxies& proxies, net::ListenerSet& listeners, unsigned workers,
                    config::Diagnostics& diagnostics);

}  // namespace sluice::proxy
