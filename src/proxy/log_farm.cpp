#include "proxy/log_farm.hpp"

#include <algorithm>

#include "net/syslog_ring.hpp"

namespace sluice::proxy {

namespace {

net::LogTarget target_of(const backend::Server& server, std::size_t buffer, int send_buffer) {
  const backend::ServerSettings& settings = server.settings();
  net::LogTarget target;
  if (settings.datagrams) {
    target.address = server.address();
    target.send_buffer = send_buffer;
    return target;
  }
  target.ring = std::make_shared<net::LogRing>(fmt::format("{}/{}", server.backend().name(), server.name()));
  target.ring->implicit = true;
  target.ring->size = settings.log_bufsize ? settings.log_bufsize : buffer;
  target.ring->longest = static_cast<std::uint32_t>(std::min<std::size_t>(65535, target.ring->size - 16));
  target.ring->timeout_connect = server.backend().settings().timeout_connect;
  target.ring->servers.push_back({.name = server.name(), .address = server.address(),
                                  .framing = settings.counts_lines ? net::LogRing::Framing::counted : net::LogRing::Framing::lines,
                                  .connect = server.connect_options(), .socks4 = settings.socks4});
  return target;
}

// splitmix64
std::uint64_t mixed(std::uint64_t z) {
  z *= 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace

BackendLogs::BackendLogs(backend::Backend& backend, std::size_t buffer, int send_buffer) : backend_(backend) {
  for (const auto& server : backend.servers()) targets_.push_back(target_of(*server, buffer, send_buffer));
}

const net::LogTarget* BackendLogs::choose(std::string_view line, Instant now) {
  const backend::Server* const server = backend_.pick_for_line(line, mixed(lines_.fetch_add(1, std::memory_order_relaxed) + 1), now);
  return server ? &targets_[server->position()] : nullptr;
}

std::vector<std::shared_ptr<net::LogRing>> BackendLogs::rings() const {
  std::vector<std::shared_ptr<net::LogRing>> rings;
  for (const net::LogTarget& target : targets_)
    if (target.ring) rings.push_back(target.ring);
  return rings;
}

}  // namespace sluice::proxy
