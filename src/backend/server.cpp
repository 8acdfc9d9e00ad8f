#include "backend/server.hpp"

#include <xxhash.h>

#include <algorithm>

#include "async/worker.hpp"
#include "backend/backend.hpp"
#include "backend/server_formats.hpp"
#include "backend/server_option.hpp"

namespace sluice::backend {

namespace {
std::atomic<std::uint64_t> last_number{0};

net::ConnectOptions options_of(const ServerSettings& server, const Source& source, const BackendSettings& backend) {
  net::ConnectOptions options = connect_options_of(server, source);
  options.keepalive = backend.keepalive;
  options.reset_on_close = backend.reset_on_close;
  options.late_acknowledgement = backend.smart_connect;
  options.receive_buffer = backend.receive_buffer;
  options.send_buffer = backend.send_buffer;
  options.most_unsent = backend.most_unsent;
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

net::ConnectOptions connect_options_of(const ServerSettings& server, const Source& source) {
  net::ConnectOptions options;
  options.source = source.address;
  options.source_port_first = source.port_low;
  options.source_port_last = source.port_high;
  options.transparent = source.use != Source::Use::none;
  if (source.use == Source::Use::address) options.source = source.use_address;
  options.interface = source.interface;
  options.fast_open = server.tfo;
  options.user_timeout = server.tcp_user_timeout;
  options.congestion = server.congestion;
  options.multipath = server.multipath;
  options.md5_password = server.md5_password;
  options.network_namespace = server.network_namespace;
  return options;
}

Server::Server(Backend& backend, ServerSettings settings, ServerState& state, std::size_t position)
    : backend_(backend), settings_(std::move(settings)), state_(state), position_(position), number_(++last_number),
      source_(settings_.source.set ? settings_.source : backend.settings().source),
      connect_options_(options_of(settings_, source_, backend.settings())), cookie_(cookie_of(settings_, backend.settings())) {}

Server::~Server() = default;
void Server::set_formats(std::unique_ptr<const ServerFormats> formats) { formats_ = std::move(formats); }

Counters& Server::counters(const async::Worker& worker) const { return state_.counters.at(worker.id); }
QuickAnswers& Server::quick_answers(const async::Worker& worker) const { return state_.shares.at(worker.id).quick_answers; }

net::Address Server::address() const { return state_.address.get().value_or(settings_.address); }

std::uint32_t Server::maxconn() const {
  const std::int64_t changed = state_.maxconn.load(std::memory_order_relaxed);
  return changed < 0 ? settings_.maxconn : static_cast<std::uint32_t>(changed);
}

// Manual "minconn": between minconn and maxconn in proportion to the backend's sessions, maxconn from fullconn on.
std::uint32_t Server::limit() const {
  const std::uint32_t percent = state_.warm_percent.load(std::memory_order_relaxed);
  const auto warm = [percent](std::uint32_t slots) {
    return percent >= 100 || slots == 0 ? slots : std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::uint64_t{slots} * percent / 100));
  };
  const std::uint32_t most = maxconn(), least = settings_.minconn;
  if (least == 0 || least >= most) return warm(std::max(most, least));
  const std::uint32_t full = backend_.fullconn();
  const std::uint32_t sessions = backend_.state().sessions.load(std::memory_order_relaxed);
  if (full == 0 || sessions >= full) return warm(most);
  return warm(std::max(least, static_cast<std::uint32_t>(std::uint64_t{sessions} * most / full)));
}

std::uint32_t Server::scaled_weight(std::uint32_t scale) const {
  const std::uint64_t whole = std::uint64_t{state_.user_weight.load(std::memory_order_relaxed)} * scale;
  const std::uint32_t percent = backend_.weights_are_fixed() ? 100 : state_.warm_percent.load(std::memory_order_relaxed);
  return static_cast<std::uint32_t>((whole * percent + 99) / 100);
}

void Server::begin_slowstart(Instant now) const {
  if (settings_.slowstart.us == 0) return;
  const std::lock_guard lock(state_.backend.mutex);
  if (state_.warming_since_us.exchange(std::max<std::int64_t>(now.us, 1)) == 0) state_.backend.warming.fetch_add(1);
  state_.warm_percent = 1;
  state_.effective_weight = scaled_weight(1);
}

// Under BackendState::mutex: of two workers the one whose clock is ahead counts.
bool Server::warm_up(Instant now) const {
  const std::int64_t since = state_.warming_since_us.load();
  if (since == 0) return false;
  const std::int64_t whole = settings_.slowstart.us;
  const std::int64_t earned = whole == 0 ? 100 : std::clamp<std::int64_t>((now.us - since) * 100 / whole, 1, 100);
  const auto percent = static_cast<std::uint32_t>(earned);
  if (percent <= state_.warm_percent.load()) return false;
  state_.warm_percent = percent;
  if (percent == 100 && state_.warming_since_us.exchange(0) != 0) state_.backend.warming.fetch_sub(1);
  state_.effective_weight = scaled_weight(1);
  state_.backend.version.fetch_add(1);
  return true;
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
