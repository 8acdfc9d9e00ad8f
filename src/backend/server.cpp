#include "backend/server.hpp"

#include <xxhash.h>

#include "async/worker.hpp"
#include "backend/backend.hpp"

namespace sluice::backend {

namespace {
std::atomic<std::uint64_t> last_number{0};

net::ConnectOptions options_of(const ServerSettings& server, const Source& source, const BackendSettings& backend) {
  net::ConnectOptions options;
  options.source = source.address;
  options.source_port_first = source.port_low;
  options.source_port_last = source.port_high;
  options.transparent = source.use != Source::Use::none;
  if (source.use == Source::Use::address) options.source = source.use_address;
  options.interface = source.interface;
  options.fast_open = server.tfo;
  options.user_timeout = server.tcp_user_timeout;
  options.keepalive = backend.keepalive;
  options.congestion = server.congestion;
  options.md5_password = server.md5_password;
  options.network_namespace = server.network_namespace;
  return options;
}

// Manual "dynamic-cookie-key": the key, the address and the port, hashed. As Debian's haproxy does it, so that clients stay
// where they are when one replaces the other.
std::string cookie_of(const ServerSettings& server, const BackendSettings& backend) {
  if (!server.cookie.empty() || !backend.cookie.dynamic || !server.address.is_ip()) return server.cookie;
  std::string text = backend.dynamic_cookie_key;
  for (const std::uint8_t byte : server.address.bytes()) text.push_back(static_cast<char>(byte));
  const std::uint16_t port = server.address.port();
  text += std::string{0, 0, static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
  return fmt::format("{:016x}", XXH64(text.data(), text.size(), 0));
}
}  // namespace

Server::Server(Backend& backend, ServerSettings settings, ServerState& state, std::size_t position)
    : backend_(backend), settings_(std::move(settings)), state_(state), position_(position), number_(++last_number),
      source_(settings_.source.set ? settings_.source : backend.settings().source),
      connect_options_(options_of(settings_, source_, backend.settings())), cookie_(cookie_of(settings_, backend.settings())) {}

Counters& Server::counters(const async::Worker& worker) const { return state_.counters.at(worker.id); }

net::Address Server::address() const { return state_.address.get().value_or(settings_.address); }

std::uint32_t Server::maxconn() const {
  const std::int64_t changed = state_.maxconn.load(std::memory_order_relaxed);
  return changed < 0 ? settings_.maxconn : static_cast<std::uint32_t>(changed);
}

// Manual "minconn": between minconn and maxconn in proportion to the backend's sessions, maxconn from fullconn on.
std::uint32_t Server::limit() const {
  const std::uint32_t most = maxconn(), least = settings_.minconn;
  if (least == 0 || least >= most) return std::max(most, least);
  const std::uint32_t full = backend_.fullconn();
  const std::uint32_t sessions = backend_.state().sessions.load(std::memory_order_relaxed);
  if (full == 0 || sessions >= full) return most;
  return std::max(least, static_cast<std::uint32_t>(std::uint64_t{sessions} * most / full));
}

bool Server::reserve() const {
  const std::uint32_t most = limit();
  if (most == 0) {
    state_.served_peak.raise(state_.served.fetch_add(1) + 1);
    return true;
  }
  std::uint32_t served = state_.served.load();
  do {
    if (served >= most) return false;
  } while (!state_.served.compare_exchange_weak(served, served + 1));
  state_.served_peak.raise(served + 1);
  return true;
}

net::Address Server::address_for(const net::Address* client_destination) const {
  const net::Address address = this->address();
  if (!settings_.port_from_client || !client_destination) return address;
  const int port = client_destination->port() + settings_.port_offset;
  return address.with_port(static_cast<std::uint16_t>(port));
}

}  // namespace sluice::backend
