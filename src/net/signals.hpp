// Signals as events of one worker's loop (signalfd): the handler runs in phase 2 like anything else. The signals are
// blocked in the calling thread, so construct this before starting other threads: they inherit the mask.
#pragma once
#include <functional>
#include <initializer_list>

#include "async/worker.hpp"

namespace sluice::net {

class Signals final : private async::Pollable {
 public:
  using Handler = std::function<void(int signal)>;
  Signals(async::Worker& worker, std::initializer_list<int> signals, Handler handler);
  ~Signals();
  // Those that come from now on wait for their Signals. For the calling thread, before there are others.
  static void hold(std::initializer_list<int> signals);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void on_events(std::uint32_t events) override;
  struct Node : async::Waiter { Signals* signals = nullptr; };
  async::Worker& worker_;
  int fd_;
  Handler handler_;
  Node node_;
};

}  // namespace sluice::net
