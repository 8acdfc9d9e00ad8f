// The right to use a server for one request (or one TCP session): the server is chosen and one of its maxconn slots
// is taken. The destructor gives it back, on the worker that got it, and lets the next waiting request in.
#pragma once
#include <cstdint>
#include <utility>

namespace sluice::async {
class Worker;
}

namespace sluice::backend {

class Server;

class Slot {
 public:
  Slot() = default;
  // Takes over one `served` that is already counted.
  Slot(async::Worker& worker, Server& server) : worker_(&worker), server_(&server) {}
  Slot(Slot&& other) noexcept
      : worker_(other.worker_), server_(std::exchange(other.server_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(worker_, other.worker_);
    std::swap(server_, other.server_);
    return *this;
  }
  ~Slot() { release(); }

  explicit operator bool() const { return server_ != nullptr; }
  Server& server() const { return *server_; }
  // Gives the slot back now.
  void release();

 private:
  friend class Backend;
  async::Worker* worker_ = nullptr;
  Server* server_ = nullptr;
};

}  // namespace sluice::backend
