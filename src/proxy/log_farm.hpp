// BackendLogs: a backend of mode log as what `log backend@<name>` sends to. Its balancing says for each line which server gets
// it, by datagrams, or through a ring that is forwarded over a stream. Made while a configuration is built, lives as long
// as it; choose() is for any thread.
#pragma once
#include <atomic>
#include <vector>

#include "backend/backend.hpp"
#include "net/syslog.hpp"

namespace sluice::proxy {

class BackendLogs final : public net::LogFarm {
 public:
  // `buffer`: bytes for lines a stream has not taken yet, where the server line does not say. `send_buffer`: see LogTarget.
  BackendLogs(backend::Backend& backend, std::size_t buffer, int send_buffer = 0);
  const std::string& name() const { return backend_.name(); }
  const net::LogTarget* choose(std::string_view line, Instant now) override;
  // Those of servers reached by streams.
  std::vector<std::shared_ptr<net::LogRing>> rings() const;

 private:
  backend::Backend& backend_;
  std::vector<net::LogTarget> targets_;  // where each server is, by position
  std::atomic<std::uint64_t> lines_{0};  // what chance is made of
};

}  // namespace sluice::proxy
