// What statistics say of an exchange: bytes on the way, denials and failures when they happen, the rest at its end.
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

// As they are at the end: the server's slot has been given back, the visit to the backend counts no more.
void Exchange::count_connections() {
  facts.counts.process = local_.states.connections.load(std::memory_order_relaxed);
  facts.counts.frontend = frontend().state.sessions.load(std::memory_order_relaxed);
  if (destination_) facts.counts.backend = std::max(destination_->backend->state().sessions.load(std::memory_order_relaxed), 1u) - 1;
  if (server_) facts.counts.server = server_->state().served.load(std::memory_order_relaxed);
}

// What has come from the client and gone to it since the last time.
void Exchange::count_bytes() {
  const std::uint64_t in = facts.bytes_from_client - std::exchange(counted_in_, facts.bytes_from_client);
  const std::uint64_t out = facts.bytes_to_client - std::exchange(counted_out_, facts.bytes_to_client);
  session_->count<&FrontendCounters::bin>(in);
  session_->count<&FrontendCounters::bout>(out);
  local_.states.rates.at(worker_.id).bytes_out.add(worker_.loop.now(), out);
  if (!destination_) return;
  backend::Counters& back = destination_->backend->counters(worker_);
  back.bin.add(in);
  back.bout.add(out);
  if (!server_) return;
  backend::Counters& its = server_->counters(worker_);
  its.bin.add(in);
  its.bout.add(out);
}

void Exchange::count_so_far() {
  if (silent || phase_ < Phase::headers || !server_ || !frontend().policy.transfer.counts_on_the_way) return;
  // A relay counts what it has sent on; at the end the two are made one.
  if (!session_->http) facts.bytes_from_client = std::max(facts.bytes_from_client, facts.bytes_to_server);
  count_bytes();
}

void Exchange::count_end() {
  FrontendCounters& front = session_->counters;
  count_bytes();
  if (session_->http) front.count_status(facts.status);  // none is one of the others
  if (!destination_) return;
  enum class Of : std::uint8_t { backend, server };
  const Timers& timers = facts.timers;
  const std::int64_t queue = shown_ms(timers.queue), connect = shown_ms(timers.connect), response = shown_ms(timers.response);
  const std::int64_t active = timers.active.ms();
  const auto count = [&](backend::Counters& counters, Of whose) {
    // A server is asked for what it said, whatever became of that; our own error pages are not the server's.
    const unsigned status = whose == Of::backend ? facts.status : facts.server_status;
    if (session_->http && (whose == Of::backend || status != 0)) {
      counters.req_tot.add();
      counters.count_status(status);
    }
    if (!facts.termination.normal()) [[unlikely]] count_cause(counters);
    if (queue >= 0) counters.qtime.add(static_cast<std::uint64_t>(queue));
    if (connect >= 0) counters.ctime.add(static_cast<std::uint64_t>(connect));
    if (response >= 0) counters.rtime.add(static_cast<std::uint64_t>(response));
    counters.ttime.add(static_cast<std::uint64_t>(active));
  };
  count(destination_->backend->counters(worker_), Of::backend);
  if (server_) count(server_->counters(worker_), Of::server);
}

void Exchange::count_cause(backend::Counters& counters) const {
  const char cause = facts.termination.cause;
  const bool waiting = session_->http && phase_ == Phase::connect;  // as HAProxy: nothing of the transfer has begun
  if ((cause == 'C' || (cause == 'c' && phase_ != Phase::request)) && !waiting) counters.cli_abrt.add();
  if ((cause == 'S' || cause == 's') && phase_ >= Phase::data) counters.srv_abrt.add();
  const bool killed = cause == 'K' || cause == 'D' || cause == 'U';
  if (killed && session_->http && phase_ >= Phase::data) counters.srv_abrt.add();
  if (cause == 'S' && phase_ >= Phase::data) counters.eresp.add();  // manual 9.1: srv_abrt is counted here, too
}

// What the connection to a server came to (bc_err); none where it is not the connection that failed.
ConnectionError Exchange::connection_error(Error error) const {
  using enum ConnectionError;
  if (!server_ || error.side == Side::client || phase_ < Phase::connect) return none;
  const bool asks_socks = phase_ == Phase::connect && server_->settings().socks4;
  if (asks_socks && error.kind == Kind::end) return socks_aborted;
  switch (error.sys) {
    case EMFILE: return process_descriptors;
    case ENFILE: return system_descriptors;
    case ENOMEM:
    case ENOBUFS: return system_buffers;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT: return no_protocol;
    case EADDRNOTAVAIL: return no_free_port;
    case EADDRINUSE: return address_in_use;
    case EPERM: return asks_socks ? socks_denied : socket_error;
    case ECONNREFUSED: return refused;
    case ECONNRESET: return reset;
    case ENETUNREACH:
    case EHOSTUNREACH: return unreachable;
    case EPIPE: return broken_pipe;
    case 0:
    case ETIMEDOUT: return none;
    default: return socket_error;
  }
}

void Exchange::count_error(Error error) {
  facts.server_error = connection_error(error);
  if (destination_) count_failure(error);
  if (error.side == Side::client && phase_ == Phase::request && !silent) session_->count<&FrontendCounters::ereq>();
  if (error.kind == Kind::internal) {
    session_->count<&FrontendCounters::eint>();
    if (destination_) destination_->backend->counters(worker_).eint.add();
    if (server_) server_->counters(worker_).eint.add();
  }
  // One that could not be read was a request all the same.
  if (session_->http && facts.head_done == Instant{} && !silent) session_->counters.req_tot.add();
}

// Requests are counted and not attempts (manual 9.1, econ and eresp): this is for the last one's error.
void Exchange::count_failure(Error error) {
  const bool connecting = phase_ <= Phase::connect;
  const bool no_port = phase_ == Phase::connect && error.kind == Kind::no_resource && server_;
  if (no_port) server_->counters(worker_).stot.take_back();  // there was not even an attempt
  if (error.side != Side::server && !no_port) return;
  const bool ended = !connecting && (phase_ < Phase::data || error.kind == Kind::bad_message) && !stale_connection(error);
  const auto count = [&](backend::Counters& counters) {
    if (connecting) counters.econ.add();
    else if (ended) counters.eresp.add();
  };
  if (server_) count(server_->counters(worker_));
  if (destination_ && (server_ || connecting)) count(destination_->backend->counters(worker_));
}

void Exchange::count_denied_answer() {
  session_->count<&FrontendCounters::dresp>();
  destination_->backend->counters(worker_).dresp.add();
  server_->counters(worker_).dresp.add();
}

void Exchange::count_failed_rewrite() {
  session_->count<&FrontendCounters::wrew>();
  if (!destination_) return;
  destination_->backend->counters(worker_).wrew.add();
  if (server_) server_->counters(worker_).wrew.add();
}

}  // namespace sluice::proxy
