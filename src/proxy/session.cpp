#include "proxy/session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "config/setting.hpp"
#include "net/proxy_protocol.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "proxy/log.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

bool Input::open(async::BufferPool& pool) {
  if (!buffer_) {
    buffer_ = async::Buffer(pool);
    begin_ = end_ = 0;
  }
  return static_cast<bool>(buffer_);
}

void Input::move_to_front() {
  if (begin_ == 0) return;
  std::memmove(buffer_.begin(), buffer_.begin() + begin_, size());
  end_ -= begin_;
  begin_ = 0;
}

async::Buffer Input::move_to(async::Buffer larger, std::string_view& kept) {
  if (!kept.empty()) std::memcpy(larger.begin(), kept.data(), kept.size());
  std::memcpy(larger.begin() + kept.size(), bytes().data(), size());
  end_ = static_cast<std::uint32_t>(kept.size() + size());
  begin_ = static_cast<std::uint32_t>(kept.size());
  kept = {larger.begin(), kept.size()};
  return std::exchange(buffer_, std::move(larger));
}

bool Input::replace(async::BufferPool& pool, std::span<const char> bytes) {
  if (!open(pool) || bytes.size() > buffer_.size()) return false;
  std::memcpy(buffer_.begin(), bytes.data(), bytes.size());
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(bytes.size());
  return true;
}

Session::Session(Local& where, const Frontend& front, const Bind& bound, std::unique_ptr<net::Stream> stream,
                 const net::Address& from)
    : local(where),
      frontend(front),
      bind(bound),
      counters(front.state.counters.at(where.worker.id)),
      client(std::move(stream)),
      connection_source(from),
      accepted(where.worker.loop.now()),
      accepted_at(where.worker.loop.wall()),
      idle_since(accepted),
      number(where.states.sessions_total.fetch_add(1, std::memory_order_relaxed)),
      http(front.http) {
  ++local.session_count;
  front.state.sessions_peak.raise(front.state.sessions.load(std::memory_order_relaxed));
  local.states.connections_peak.raise(local.states.connections.load(std::memory_order_relaxed));
  count<&FrontendCounters::conn_tot>();
  counters.connections.add(accepted);
  auto& rates = where.states.rates.at(where.worker.id);
  rates.connections.add(accepted);
  rates.sessions.add(accepted);
  count<&FrontendCounters::stot>();
  if (bind.state) bind.state->sessions_peak.raise(bind.sessions->load(std::memory_order_relaxed));
  counters.sessions.add(accepted);
}

Session::~Session() {
  dismiss(local.states, frontend, bind);
  --local.session_count;
  // option nolinger: the end is told all the same, then the connection is gone with all that was not sent yet.
  if (bind.options.reset_on_close) worker().io().shutdown(client->socket().fd(), SHUT_WR);
  client.reset();
  if (local.session_ended) local.session_ended();
}

async::Worker& Session::worker() const { return local.worker; }

const net::Address& Session::connection_destination() {
  if (!connection_destination_) connection_destination_ = client->socket().local_address();
  return connection_destination_;
}
const net::Address& Session::source() const { return rare_ && rare_->source ? rare_->source : connection_source; }
const net::Address& Session::destination() {
  return rare_ && rare_->destination ? rare_->destination : connection_destination();
}
Session::Rare& Session::rare() {
  if (!rare_) rare_.reset(new Rare);
  return *rare_;
}
void Session::set_source(const net::Address& address) { rare().source = address; }
void Session::set_destination(const net::Address& address) { rare().destination = address; }

void Session::vanish(int hops) {
  vanishes_ = close_after = true;
  const net::Address& here = connection_destination();
  if (!here.is_ip()) return;
  async::Io& io = worker().io();
  const int fd = client->socket().fd();
  net::set_quick_ack(io, fd, net::QuickAck::on);  // else the client repeats what was not acknowledged, and the kernel answers
  const auto set = [&](int level, int name, int value) { return io.set_option(fd, level, name, &value, sizeof value); };
  // In repair mode the kernel forgets a connection without a word; that needs CAP_NET_ADMIN.
  if (hops == 0 && set(IPPROTO_TCP, TCP_REPAIR, 1) == 0) return;
  const int most = hops == 0 ? 1 : hops;
  if (here.family() == net::Family::ipv6) set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, most);
  else set(IPPROTO_IP, IP_TTL, most);
  net::set_linger_reset(io, fd);
}

expr::VariableStore* Session::variables(const expr::VariableNames& names) {
  const std::size_t count = names.count(expr::Life::sess);
  if (count == 0) return nullptr;
  std::optional<expr::VariableStore>& store = rare().variables;
  if (!store) store.emplace().begin(rare_->arena, count, local.states.variables.of_sessions());
  return &*store;
}

void Session::describe(expr::Client& seen) {
  seen = expr::Client{};
  seen.source = &source();
  seen.destination = &destination();
  seen.real_source = &connection_source;
  seen.real_destination = &connection_destination();
  seen.frontend = frontend.name;
  seen.frontend_id = frontend.id;
  seen.defaults = frontend.defaults_name;
  seen.listener = bind.name;
  seen.listener_id = bind.id;
  seen.accepted_at = accepted_at;
  seen.received_proxy = received_proxy_;
}

Task<> Session::begin(std::unique_ptr<Session> session) {
  const bool at_once = session->http && session->frontend.health.empty() && !session->needs_greeting();
  return at_once ? live_http(std::move(session)) : live(std::move(session));
}

Task<> Session::live(std::unique_ptr<Session> session) {
  Session& s = *session;
  if (s.needs_greeting()) {
    const auto greeted = co_await attempt(s.greet());
    if (!greeted) {
      if (s.frontend.log) s.frontend.log->refused(s, greeted.error());
      co_return;
    }
  }
  if (!s.frontend.health.empty()) {
    co_await attempt(s.client->write_all(s.frontend.health, seconds(10)));
    co_return;
  }
  if (!s.http) co_await Exchange::serve_tcp(s);
  if (s.http) co_await live_http(std::move(session));
}

// Request after request. Between them only this frame, the Session and the socket remain.
Task<> Session::live_http(std::unique_ptr<Session> session) {
  session->local.sessions_http.push_back(*session);
  while (!session->close_after) {
    if (session->input.empty() && !session->client->may_read()) {
      session->idle_ = true;
      const auto ready = co_await attempt(session->client->readable(session->wait_deadline()));
      session->idle_ = false;
      if (!ready && session->requests > 0) co_return;  // an idle client is not told why it is left
    }
    co_await Exchange::serve(*session);
  }
}

bool Session::needs_greeting() const {
  const Policy& policy = frontend.policy;
  return bind.accept_proxy || bind.cip_magic || !policy[RuleSet::tcp_connection].empty() || !policy[RuleSet::tcp_session].empty();
}

Task<> Session::greet() {
  if (run_rules(RuleSet::tcp_connection) != Next::go_on) {
    uncount_session(local.states, frontend);
    count<&FrontendCounters::dcon>();
    co_await fail(Kind::denied);
  }
  if (bind.accept_proxy || expects_proxy_) co_await read_client_header(Header::proxy);
  if (bind.cip_magic || expects_cip_) co_await read_client_header(Header::cip);
  if (run_rules(RuleSet::tcp_session) != Next::go_on) {
    count<&FrontendCounters::dses>();
    co_await fail(Kind::denied);
  }
  handshake = worker().loop.now() - accepted;
  idle_since = worker().loop.now();
}

Next Session::run_rules(RuleSet set) {
  const RuleList& list = frontend.policy[set];
  if (list.empty()) return Next::go_on;
  Arena arena;
  expr::Client seen;
  describe(seen);
  expr::Variables reachable;
  reachable.process = &local.states.variables;
  reachable.session = variables(local.proxies->variables);
  reachable.names = &local.proxies->variables;
  reachable.limits = local.limits_of_variables();
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &local.ambient;
  scope.variables = &reachable;
  scope.client = &seen;
  scope.session = this;
  scope.frontend = const_cast<Frontend*>(&frontend);
  if (frontend.own_half) scope.backend = frontend.own_half->backend.get();
  RuleRun rules{set, *this, nullptr, scope, seen, true};
  std::size_t from = 0;
  const Next next = run(list, rules, from);
  return next == Next::stop ? Next::go_on : next;
}

// bind ... accept-proxy, accept-netscaler-cip: who the client really is stands in its first bytes.
Task<> Session::read_client_header(Header which) {
  const Policy& policy = frontend.policy;
  const Instant until = config::deadline(accepted, policy.timeout_client_hs ? policy.timeout_client_hs : policy.timeout_client);
  if (!input.open(worker().buffers)) co_await fail(Kind::no_resource);
  awaits_cip_ = which == Header::cip;
  for (;;) {
    const auto header = which == Header::proxy ? net::parse_proxy_header(input.bytes())
                                               : net::parse_cip_header(input.bytes(), bind.cip_magic.value_or(0));
    if (!header) co_await fail(header.error().on(Side::client));
    if (*header) {
      if (which == Header::proxy) received_proxy_ = true;
      awaits_cip_ = false;
      take_addresses(**header);
      input.used((*header)->size);
      input.settle();
      co_return;
    }
    if (input.room().empty()) co_await fail(Kind::too_large, Side::client);
    const auto got = co_await attempt(client->read(input.room(), until));
    if (!got) co_await fail(got.error().on(Side::client));
    if (*got == 0) co_await fail(Kind::end, Side::client);
    input.added(*got);
  }
}

void Session::take_addresses(const net::ProxyHeader& header) {
  if (!header.tlvs.empty()) rare().proxy_tlvs.emplace(header.tlvs.data(), header.tlvs.size());
  if (header.local || !header.source) return;
  set_source(header.source);
  set_destination(header.destination);
}

std::optional<std::string_view> Session::proxy_tlv(net::Tlv type) const {
  if (!rare_ || !rare_->proxy_tlvs) return std::nullopt;
  net::ProxyHeader header;
  header.tlvs = *rare_->proxy_tlvs;
  return header.tlv(type);
}

// How long to wait for the first byte of a request: timeout http-keep-alive between requests, timeout http-request
// for the first one, timeout client if there is neither.
Instant Session::wait_deadline() const {
  const Policy& policy = frontend.policy;
  if (requests > 0 && policy.timeout_keep_alive) return idle_since + *policy.timeout_keep_alive;
  if (policy.timeout_http_request) return idle_since + *policy.timeout_http_request;
  return config::deadline(worker().loop.now(), policy.timeout_client);
}

}  // namespace sluice::proxy
