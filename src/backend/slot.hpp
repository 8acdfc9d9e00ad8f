// The right to use a server for one request (or one TCP session): the server is chosen and one of its maxconn slots
// is taken. The destructor gives it back, on any worker, and lets the next waiting request in.
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
  Slot(Server& server, std::uint32_t before_in_server_queue = 0, std::uint32_t before_in_backend_queue = 0)
      : server_(&server), in_server_queue_(before_in_server_queue), in_backend_queue_(before_in_backend_queue) {}
  Slot(Slot&& other) noexcept
      : server_(std::exchange(other.server_, nullptr)),
        in_server_queue_(other.in_server_queue_),
        in_backend_queue_(other.in_backend_queue_) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(server_, other.server_);
    std::swap(in_server_queue_, other.in_server_queue_);
    std::swap(in_backend_queue_, other.in_backend_queue_);
    return *this;
  }
  ~Slot() { release(); }

  explicit operator bool() const { return server_ != nullptr; }
  Server& server() const { return *server_; }
  // How many requests were before this one when it was queued (%sq, %bq).
  std::uint32_t server_queue_position() const { return in_server_queue_; }
  std::uint32_t backend_queue_position() const { return in_backend_queue_; }
  // Gives the slot back now.
  void release();

 private:
  Server* server_ = nullptr;
  std::uint32_t in_server_queue_ = 0;
  std::uint32_t in_backend_queue_ = 0;
};

}  // namespace sluice::backend
