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
      : worker_(other.worker_), server_(std::exchange(other.server_, nullptr)), ahead_in_server_(other.ahead_in_server_),
        ahead_in_backend_(other.ahead_in_backend_) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(worker_, other.worker_);
    std::swap(server_, other.server_);
    std::swap(ahead_in_server_, other.ahead_in_server_);
    std::swap(ahead_in_backend_, other.ahead_in_backend_);
    return *this;
  }
  ~Slot() { release(); }

  explicit operator bool() const { return server_ != nullptr; }
  Server& server() const { return *server_; }
  // How many requests were before this one when it was queued (%sq, %bq).
  std::uint32_t server_queue_position() const { return ahead_in_server_; }
  std::uint32_t backend_queue_position() const { return ahead_in_backend_; }
  // Gives the slot back now.
  void release();

 private:
  friend class Backend;
  async::Worker* worker_ = nullptr;
  Server* server_ = nullptr;
  std::uint32_t ahead_in_server_ = 0;
  std::uint32_t ahead_in_backend_ = 0;
};

}  // namespace sluice::backend
