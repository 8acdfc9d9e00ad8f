// Program: the running process, from "listening" to exit. Owns the workers and what each of them serves. Everything
// here happens on worker 0's thread (the main thread) unless it is posted to a worker's mailbox.
//
// How it ends: SIGUSR1 stops accepting and waits for the sessions (hard-stop-after bounds that); SIGTERM and SIGINT
// end at once. In both cases each worker takes down what it serves on its own thread, then its loop stops.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "admin/world.hpp"
#include "async/worker.hpp"
#include "backend/mail.hpp"
#include "net/listener.hpp"
#include "net/signals.hpp"
#include "proxy/serve.hpp"

namespace sluice {

struct ProgramOptions {
  unsigned workers = 1;
  async::WorkerOptions worker;
  std::optional<Duration> hard_stop_after, grace;
  std::vector<std::uint64_t> cpus;  // of each worker, as process::run_on() takes them
};

class Program {
 public:
  Program(const ProgramOptions& options, std::shared_ptr<const proxy::Proxies> proxies, proxy::States& states,
          net::ListenerSet& listeners, admin::World& world);
  ~Program();
  // Until it ends; the exit code.
  int run();

 private:
  struct Station;  // what one worker serves
  void start_station(unsigned id);
  admin::Occupation occupation(unsigned id);  // on that worker's thread
  void look_at_limits();                      // any thread
  void shutdown_sessions(const backend::ServerState& server, backend::Killed why);  // any thread
  void open_stats_sockets();
  void open_stats_socket(const proxy::Bind& bind, int descriptor);
  bool stats_socket_is_full(const proxy::Bind& bind) const;
  async::Task<> serve_stats_client(int fd, const proxy::Bind& bind);
  void on_signal(int signal);
  void soft_stop();
  void give_way();
  void stop_accepting();
  void stop_now();
  void station_has_stopped_accepting();
  void tell_stopped();
  void station_is_idle();
  void dump_state();

  const ProgramOptions options_;
  std::shared_ptr<const proxy::Proxies> proxies_;
  proxy::States& states_;
  net::ListenerSet& listeners_;
  admin::World& world_;
  std::vector<std::unique_ptr<async::Worker>> workers_;
  std::vector<std::unique_ptr<Station>> stations_;  // each made, used and destroyed on its worker's thread
  struct StatsListener {
    const proxy::Bind* bind = nullptr;
    std::unique_ptr<net::Listener> listener;
  };
  std::vector<StatsListener> stats_listeners_;
  std::optional<net::Signals> signals_;
  std::optional<backend::Postman> postman_;  // of the first worker
  unsigned stopped_stations_ = 0, idle_stations_ = 0;
  bool stopping_ = false, told_ = false, ending_ = false;
};

}  // namespace sluice
