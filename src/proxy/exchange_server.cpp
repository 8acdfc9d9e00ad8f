// The server's part of an exchange: a slot, a connection, the request on its way, the answer's head, and trying again.
#include "base/text.hpp"
#include "backend/connect.hpp"
#include "backend/control.hpp"
#include "backend/server_formats.hpp"
#include "base/pages.hpp"
#include "config/setting.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/write.hpp"
#include "http/status.hpp"
#include "proxy/exchange.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

namespace {

// A hang-up of the client ends a wait for the server with an error nobody has put a side on.
Error with_side(Error error) {
  const bool from_client = error.side == Side::us && (error.kind == Kind::end || error.kind == Kind::reset);
  return from_client ? error.on(Side::client) : error;
}

// The authority of an absolute target and Host name the same (RFC 9112 section 3.2.2), also if a rule has changed the field.
void follow_host(http::Request& request) {
  const http::Field* const host = request.fields.find(http::HeaderId::host);
  if (!host || http::same_place(request.uri, host->value())) return;
  Arena& arena = request.fields.arena();
  const std::string_view text = request.uri.text;
  const std::size_t at = static_cast<std::size_t>(request.uri.authority.data() - text.data());
  const std::string_view rest = text.substr(at + request.uri.authority.size());
  request.set_uri(arena.join(arena.join(text.substr(0, at), host->value()), rest));
}

// The handshake's last packet was left to the request (net::First::we_do). What the server says is acknowledged as ever: where
// we are slow, a server that says it in two packets would send the second one again.
void acknowledge_again(net::Socket& socket) { net::set_quick_ack(socket.worker().io(), socket.fd(), net::QuickAck::on); }

}  // namespace

// What the server is to get instead of what the client sent, once per request and not per attempt.
void Exchange::prepare_request() {
  http::Fields& fields = request.fields;
  const Policy& front = frontend().policy;
  const Policy& back = destination_->policy;
  upgrading_ = request.framing.upgrade;
  http::h1::remove_hop_by_hop(fields, upgrading_ ? http::h1::Upgrade::forward : http::h1::Upgrade::drop);
  add_address_header(front.forwarded_for, back.forwarded_for, source());
  add_address_header(front.original_to, back.original_to, destination_address());
  if (front.forwarded || back.forwarded) add_forwarded();
  if (!frontend().unique_id_header.empty()) fields.add(frontend().unique_id_header, unique_id());
  if (request_body_.kind != http::BodyKind::none) http::h1::set_framing(fields, request_body_);
  if (request.uri.form == http::UriForm::absolute) follow_host(request);

  const ConnectionMode mode = std::max(front.connection_mode, back.connection_mode);
  server_close_ = server_close_ || mode != ConnectionMode::keep_alive;
  if (upgrading_) {
    // The client's own "connection: upgrade" went through remove_hop_by_hop.
  } else if (server_close_ && !back.pretend_keep_alive && !front.pretend_keep_alive) {
    fields.append("connection", "close", http::HeaderId::connection);
  } else if (request.version == http::http_1_0) {
    fields.append("connection", "keep-alive", http::HeaderId::connection);
  }
}

// option forwardfor, originalto: one more field with the address. The backend's name counts, what either side excepts, and if-none if
// each side that has the option says so.
void Exchange::add_address_header(const AddressHeader& front, const AddressHeader& back, const net::Address& address) {
  const AddressHeader& header = back.name.empty() ? front : back;
  if (header.name.empty() || !address.is_ip() || front.excepts(address) || back.excepts(address)) return;
  const http::HeaderName name(header.name);
  const bool if_none = header.if_none && (front.name.empty() || front.if_none);
  if (if_none && request.fields.count(name)) return;
  char text[46];
  request.fields.add(name, address.write_host(text));
}

// option forwarded
void Exchange::add_forwarded() {
  const Policy& back = destination_->policy;
  const Forwarded& wanted = back.forwarded ? *back.forwarded : *frontend().policy.forwarded;
  const Forwarded::About about{source(), destination_address(), request.host()};
  request.fields.append("forwarded", wanted.text(about, scope), http::HeaderId::forwarded);
}

// One attempt, as far as nothing has to be waited for. False: ask_later() goes on from there.
Result<bool> Exchange::ask_at_once() {
  unsent_ = {};
  const auto connected = connection_at_once();
  if (!connected) return fail(connected.error());
  if (!*connected) return false;
  return send_at_once();
}

Result<bool> Exchange::send_at_once() {
  if (sent_elsewhere_) return true;
  log_step(LogStep::connect);
  const auto left = send_request();
  if (!left) return fail(left.error());
  unsent_ = *left;
  if (connection_->requests == 1) acknowledge_again(connection_->stream().socket());
  if (!unsent_.empty()) return false;
  looks_for_quick_answer_ = connection_->requests == 1 && upload_done_ && server_->quick_answers(worker_).worth_a_look();
  if (looks_for_quick_answer_) connection_->stream().socket().expect_soon();
  server_activity_ = {server_patience(), worker_.loop.now()};
  return true;
}

Task<> Exchange::ask_later() {
  if (unsent_.empty()) {
    co_await get_connection();
    const bool sent = co_await send_at_once();
    if (sent) co_return;
  }
  const auto sent = co_await attempt(send_rest(connection_->stream(), unsent_, server_patience()));
  if (!sent) co_await fail(sent.error().on(Side::server).with(Retry::if_reused));
  server_activity_ = {server_patience(), worker_.loop.now()};
}

// After a failed attempt: makes ready for the next one, or ends with the error.
Task<> Exchange::prepare_retry(Error error) {
  error = with_side(error);
  observe_failure(error);
  if (!may_retry(error)) co_await fail(error);
  co_await turn_around(error);
}

// ---- a server and a connection to it

backend::Wish Exchange::wish() {
  backend::Wish wish;
  wish.pick.scope = &scope;
  wish.pick.random = worker_.loop.random();
  wish.pick.avoid = avoid_;
  wish.priority = priority;
  if (keep_server_ && server_) {
    wish.wanted = server_;
    wish.insist = backend::Wish::Insist::always;  // turn_around() lets go of it where redispatching is allowed
  } else if (affinity_.server) {
    wish.wanted = affinity_.server;
    wish.insist = affinity_.insist;
  }
  if (!wish.wanted && !session_->kept.empty()) prefer_last_server(wish);
  if (!keep_server_) directed_ = wish.wanted != nullptr;
  return wish;
}

// The server whose connection this client has kept, unless too many wait for it.
void Exchange::prefer_last_server(backend::Wish& wish) {
  const Quirks* const quirks = destination_->policy.quirks.get();
  const backend::ServerConnection* const kept = session_->kept.latest(*destination_->backend);
  if (avoid_ || !kept || !(kept->authenticates || (quirks && quirks->prefer_last_server))) return;
  backend::Server& last = kept->server();
  if (quirks && quirks->keep_alive_queue >= 0 && last.state().queued.load() > static_cast<std::uint32_t>(quirks->keep_alive_queue)) return;
  wish.wanted = &last;
}

void Exchange::remember_server() {
  if (stick_keys_) destination_->stick.store(*stick_keys_, scope, *server_, worker_.loop.now());
}

// True if a server is free and there is a connection to it (or the client is told to go there itself). False: get_connection() goes on from there.
Result<bool> Exchange::connection_at_once() {
  phase_ = Phase::queue;
  if (facts.queued_at == Instant{}) facts.queued_at = worker_.loop.now();
  auto slot = destination_->backend->try_acquire(worker_, wish());
  if (!slot) {
    if (slot.error().kind != Kind::would_block) return fail(slot.error());
    return false;
  }
  slot_ = std::move(*slot);
  server_is_chosen();
  return redirects_to_server() || reuse_connection();
}

Task<> Exchange::get_connection() {
  bool connected = false;
  if (!slot_) {
    co_await wait_for_server();
    connected = redirects_to_server() || reuse_connection();
  }
  if (!connected) co_await connect_anew();
}

Task<> Exchange::wait_for_server() {
  if (destination_->policy.quirks && destination_->policy.quirks->small_while_queued) release_pages(session_->input.room());
  const auto& limit = adjusted_ && adjusted_->queue        ? adjusted_->queue
                      : destination_->policy.timeout_queue ? destination_->policy.timeout_queue
                                                           : connect_timeout();
  const Instant until = config::deadline(worker_.loop.now(), limit);
  backend::QueuePlace place;
  backend::Wish wanted = wish();
  wanted.place = &place;
  Task<backend::Slot> waiting = destination_->backend->acquire(worker_, wanted, until);
  Result<backend::Slot> slot;
  if (watches_client()) {
    slot = co_await attempt(net::unless_hangup(*session_->client, net::Hangup::finished, std::move(waiting)));
  } else {
    slot = co_await attempt(std::move(waiting));
  }
  facts.server_queue += place.in_server;
  facts.backend_queue += place.in_backend;
  if (!slot) {
    server_ = place.server;
    scope.server = server_;
    count_queue_time();
    co_await fail(with_side(slot.error()));
  }
  slot_ = std::move(*slot);
  server_is_chosen();
}

// Until a server was chosen; if that had to be done again, until the last time. Attempts on the same server belong to the time
// connecting takes (manual 8.4, Tc).
void Exchange::count_queue_time() { facts.timers.queue = worker_.loop.now() - facts.queued_at; }

void Exchange::server_is_chosen() {
  server_ = &slot_.server();
  scope.server = server_;
  if (affinity_.server) note_server();
  phase_ = Phase::connect;
  if (facts.connecting_at != Instant{}) return;  // knocking at the same door again
  count_queue_time();
  facts.connecting_at = worker_.loop.now();
}

// Manual "redir": the client is told to go to the server itself.
bool Exchange::redirects_to_server() {
  const std::string& prefix = server_->settings().redirect_prefix;
  if (prefix.empty() || (request.method != http::Method::get && request.method != http::Method::head)) return false;
  static const ReplyTemplate empty = [] {
    ReplyTemplate page;
    page.status = 302;
    return page;
  }();
  answer_field("location", arena_.join(prefix, request.uri.path_and_query));
  answer_field("cache-control", "no-cache");
  answer(&empty, 302, Because::intercepted);
  slot_.release();
  sent_elsewhere_ = true;
  return true;
}

// May the client's going away end the wait? Only while nothing is read from it.
bool Exchange::watches_client() const {
  return upload_done_ && destination_->policy.abort_on_close;
}

net::Address Exchange::server_destination() {
  if (!server_ || facts.connecting_at == Instant{}) return {};
  if (connection_ && !server_->settings().socks4)
    if (const net::Address address = connection_->stream().socket().remote_address()) return address;
  return server_->address_for(&destination_address());
}

void Exchange::connection_is_here() {
  if (!facts.server_connection_reused) observe(backend::Observe::layer4, {});
  facts.connected_at = worker_.loop.now();
  facts.timers.connect = facts.connected_at - facts.connecting_at;
}

bool Exchange::reuse_connection() {
  facts.server_connection_reused = false;
  if (!session_->kept.empty()) connection_ = session_->kept.take(*server_);
  if (server_->source().use == backend::Source::Use::header) {  // each request may name another address
    connection_.reset();
    return false;
  }
  // Marks and the like are put on a connection before it is made, and nobody else is to have it.
  const bool plain = !adjusted_ || (!adjusted_->server_mark && !adjusted_->server_tos);
  if (!connection_ && session_->http && !fresh_connection_ && plain) {
    const auto order = session_->requests <= 1 ? backend::RequestOrder::first : backend::RequestOrder::later;
    const std::string_view name = backend::pool_name_of(*server_, scope);
    connection_ = backend::take_idle(worker_, *server_, destination_->backend->settings().reuse, order, name);
  }
  if (!connection_) return false;
  facts.server_connection_reused = true;
  server_->counters(worker_).reuse.add();
  destination_->backend->counters(worker_).reuse.add();
  connection_is_here();
  return true;
}

// usesrc hdr_ip(): the address a header of the request holds; none if it holds none.
net::Address Exchange::named_client() {
  const backend::Source& source = server_->source();
  const auto text = request.fields.element(http::HeaderName(source.use_header), source.use_occurrence);
  const auto address = text ? net::Address::parse_ip(*text) : std::nullopt;
  return address ? *address : net::Address{};
}

Task<> Exchange::connect_anew() {
  server_->counters(worker_).connect.add();
  destination_->backend->counters(worker_).connect.add();
  backend::ConnectOptions options;
  options.client = &source();
  options.client_destination = &destination_address();
  options.scope = &scope;
  if (server_->source().use == backend::Source::Use::header) options.pretended = named_client();
  if (server_->settings().proxy_v2_options & backend::proxy_v2_unique_id) options.unique_id = unique_id();
  if (session_->http) options.first = net::First::we_do;
  if (adjusted_) {
    options.mark = adjusted_->server_mark;
    options.tos = adjusted_->server_tos;
  }
  const Instant until = config::deadline(worker_.loop.now(), connect_timeout());
  Task<std::unique_ptr<backend::ServerConnection>> connecting = backend::connect(worker_, *server_, options, until);
  Result<std::unique_ptr<backend::ServerConnection>> connected;
  if (watches_client()) {
    connected = co_await attempt(net::unless_hangup(*session_->client, net::Hangup::finished, std::move(connecting)));
  } else {
    connected = co_await attempt(std::move(connecting));
  }
  if (!connected) {
    const Error error = with_side(connected.error());
    const Error placed = error.kind == Kind::no_resource ? error.on(Side::us) : error;
    co_await fail(placed);
  }
  connection_ = std::move(*connected);
  connection_is_here();
}

// ---- the request on its way

// Returns what the kernel did not take.
Result<std::span<iovec>> Exchange::send_request() {
  phase_ = Phase::headers;
  if (destination_->policy.quirks) adjust_request(*destination_->policy.quirks);
  std::string_view head = request.unchanged();  // goes out from where it came in
  if (head.empty()) {
    const std::span<char> space = worker_.scratch().first(local_.head_room);
    head = {space.data(), http::h1::write_head(space, request)};
    if (head.empty()) return fail(Kind::too_large, Side::us);
  }
  const std::size_t count = request_pieces(head, pieces_);
  for (std::size_t i = 0; i < count; ++i) facts.bytes_to_server += pieces_[i].iov_len;
  ++connection_->requests;
  const auto left = send_now(connection_->stream(), std::span(pieces_).first(count));
  if (!left) return fail(left.error().on(Side::server).with(Retry::if_reused));
  return left;
}

void Exchange::adjust_request(const Quirks& quirks) {
  if (!quirks.server_name_header.empty()) request.fields.set(http::HeaderName(quirks.server_name_header), server_->name());
  if (quirks.adjust_for_server) adjust_case(request.fields, quirks.cases);
}

std::string_view Exchange::request_trailers() const {
  const Quirks* const quirks = destination_->policy.quirks.get();
  return quirks && quirks->drop_request_trailers ? std::string_view() : request_chunks_.trailers();
}

// Head, then what of the body is here, framed anew if it is chunked.
std::size_t Exchange::request_pieces(std::string_view head, std::span<iovec> pieces) {
  pieces[0] = {const_cast<char*>(head.data()), head.size()};
  if (uploads() && !upload_done_) return 1;
  if (request_body_.kind == http::BodyKind::chunked)
    return 1 + chunk_frame_.make(pieces.subspan(1), body_, body_complete_ ? ChunkFrame::Last::yes : ChunkFrame::Last::no,
                                  request_trailers());
  if (body_.empty()) return 1;
  if (head.data() + head.size() == body_.data()) {  // where they came in: still one piece
    pieces[0].iov_len += body_.size();
    return 1;
  }
  pieces[1] = {const_cast<char*>(body_.data()), body_.size()};
  return 2;
}

// ---- the answer's head

// Reads into the worker's scratch, where the head stays valid until its coroutine waits again: usually it has been
// passed on by then. Only a head that comes in pieces gets a buffer.
void Exchange::begin_answer_head() {
  response_cursor_.reset();
  response_bytes_ = {};
}

// After the server's socket was waited for.
Result<Exchange::AnswerHead> Exchange::take_answer_head(const Result<void>& ready) {
  if (!ready && still_active(ready.error(), server_activity_)) return AnswerHead::more;
  if (!ready && ready.error().kind != Kind::timeout) return fail(ready.error().on(Side::client));
  if (!ready) return fail(ready.error().on(Side::server).with(Retry::always));
  const std::span<char> space = response_room();
  const auto got = connection_->stream().try_read(space);
  if (looks_for_quick_answer_) {
    looks_for_quick_answer_ = false;
    server_->quick_answers(worker_).learn(got.has_value());
  }
  if (!got && got.error().kind == Kind::would_block) return AnswerHead::more;
  if (!got) return fail(got.error().on(Side::server).with(Retry::if_reused));
  // A head cut short is as good as none: the server went away.
  if (*got == 0) return fail(Kind::end, Side::server, Retry::if_reused);
  facts.bytes_from_server += *got;
  server_activity_.last = worker_.loop.now();
  response_bytes_ = {response_bytes_.empty() ? space.data() : response_bytes_.data(), response_bytes_.size() + *got};
  return parse_answer_head();
}

Result<Exchange::AnswerHead> Exchange::parse_answer_head() {
  http::h1::Options options = local_.proxies->parsing;
  options.relax = destination_->policy.relaxed_responses;
  const auto room = response_bytes_.size() >= local_.most_head ? http::h1::Room::full : http::h1::Room::more;
  const std::span<char> head = response_bytes_.first(std::min(response_bytes_.size(), local_.most_head));
  const auto outcome = http::h1::parse_response_head(response_cursor_, head, response, options, room);
  if (outcome.state == http::h1::Outcome::State::error) {
    capture_bad_message(CapturedMessage::Side::response, response_bytes_, outcome);
    return fail(Kind::bad_message, Side::server, Retry::if_reused);
  }
  if (outcome.state != http::h1::Outcome::State::done) {
    if (!keep_response_bytes()) return fail(Kind::no_resource);
    return AnswerHead::more;
  }
  response_head_size_ = outcome.length;
  // Nobody asked to switch: bytes after this head would pass as a tunnel (RFC 9110 section 15.2.2).
  if (response.status == 101 && !upgrading_) return fail(Kind::bad_message, Side::server, Retry::never);
  // A server that speaks WebSocket says that it has seen the key (RFC 6455 section 4.2.2).
  if (response.status == 101 && request.framing.websocket && !response.fields.has(http::HeaderId::sec_websocket_accept))
    return fail(Kind::bad_message, Side::server, Retry::never);
  if (http::is_interim(response.status)) return AnswerHead::interim;
  if (retries_status(response.status)) return fail(Kind::refused, Side::server);
  head_of_answer_is_read();
  return AnswerHead::whole;
}

Task<> Exchange::read_rest_of_head(AnswerHead at) {
  while (at != AnswerHead::whole) {
    if (at == AnswerHead::interim) {
      co_await pass_interim();
      if (!response_bytes_.empty()) {
        at = co_await parse_answer_head();
        continue;
      }
    }
    const auto ready = co_await attempt(net::readable_unless_hangup(connection_->stream(), server_activity_.deadline(), watched_client()));
    at = co_await take_answer_head(ready);
  }
}

Task<> Exchange::read_response_head() {
  begin_answer_head();
  co_await read_rest_of_head(AnswerHead::more);
}

// The deadline of a wait has passed, but the other direction has moved that side's clock meanwhile.
bool Exchange::still_active(Error error, const net::Activity& activity) const {
  return error.kind == Kind::timeout && activity.deadline() > worker_.loop.now();
}

std::span<char> Exchange::response_room() {
  if (response_bytes_.empty()) {
    if (!holds_response()) return worker_.scratch().subspan(local_.head_room, local_.first_read);
    if (!response_buffer_) response_buffer_ = async::Buffer(worker_.buffers);
    if (!response_buffer_) return worker_.scratch().subspan(local_.head_room, local_.first_read);
  }
  return response_buffer_.span().subspan(response_bytes_.size());
}

// Moves what has been read so far out of scratch, which somebody else will use while we wait.
bool Exchange::keep_response_bytes() {
  if (response_buffer_) return response_bytes_.size() < response_buffer_.size();
  if (response_bytes_.size() >= worker_.buffers.size()) return false;
  async::Buffer buffer(worker_.buffers);
  if (!buffer) return false;
  std::memcpy(buffer.begin(), response_bytes_.data(), response_bytes_.size());
  response_buffer_ = std::move(buffer);
  response_bytes_ = {response_buffer_.begin(), response_bytes_.size()};
  return true;
}

// 100 Continue, 103 Early Hints: passed on as they come, then the next head is awaited.
Task<> Exchange::pass_interim() {
  server_->counters(worker_).hrsp_1xx.add();
  if (request.version != http::http_1_0) {
    const std::span<char> space = worker_.scratch().first(local_.head_room);
    const std::size_t size = write_response_head(space);
    iovec piece{space.data(), size};
    const auto left = send_now(*session_->client, {&piece, 1});
    if (!left) co_await fail(left.error().on(Side::client));
    facts.bytes_to_client += size;
    if (!left->empty()) {
      if (!keep_response_bytes()) co_await fail(Kind::no_resource);
      const auto sent = co_await attempt(send_rest(*session_->client, *left, client_patience()));
      if (!sent) co_await fail(sent.error().on(Side::client));
    }
  }
  response.clear();
  response_cursor_.reset();
  // What follows in the same read is the beginning of the next head.
  const std::size_t rest = response_bytes_.size() - response_head_size_;
  if (rest) std::memmove(response_bytes_.data(), response_bytes_.data() + response_head_size_, rest);
  response_bytes_ = response_bytes_.first(rest);
  if (rest == 0) response_buffer_.release();
}

// Schemes that authenticate the connection and not the request (manual "http-reuse", "option prefer-last-server").
bool Exchange::asks_for_connection_credentials() const {
  const http::HeaderId id = response.status == 401 ? http::HeaderId::www_authenticate : http::HeaderId::proxy_authenticate;
  return std::ranges::any_of(response.fields, [&](const http::Field& field) {
    const std::string_view scheme = field.value().substr(0, 4);
    return field.id() == id && (equal_nocase(scheme, "nego") || equal_nocase(scheme, "ntlm"));
  });
}

void Exchange::head_of_answer_is_read() {
  const Instant now = worker_.loop.now();
  if ((response.status == 401 || response.status == 407) && asks_for_connection_credentials())
    connection_->is_private = connection_->authenticates = true;
  facts.response_at = now;
  facts.timers.response = now - facts.connected_at;
  facts.server_status = response.status;
  const bool good = response.status <= 499 || response.status == 501 || response.status == 505;  // manual "observe"
  observe(backend::Observe::layer7, good ? std::string_view{} : std::string_view("Wrong http response"));
}

// ---- trying again

// Manual "retries", "retry-on": a failed connection may always be retried; anything later only if it was asked for, or
// if the connection was an idle one that the server had closed meanwhile (RFC 9112 9.3.1), and nothing is lost by it.
bool Exchange::may_retry(Error error) const {
  if (phase_ == Phase::queue) return false;
  if (error.side != Side::server || facts.retries >= most_retries()) {
    return error.side == Side::server && stale_connection(error);
  }
  const auto& on = destination_->backend->settings().retry_on;
  using Event = backend::RetryOn;
  if (phase_ == Phase::connect) return on.events & Event::conn_failure;
  if (stale_connection(error)) return true;
  if (!body_complete_ || (adjusted_ && adjusted_->only_connect_retries)) return false;
  switch (error.kind) {
    case Kind::end:
    case Kind::reset: return on.events & Event::empty_response;
    case Kind::bad_message: return on.events & Event::junk_response;
    case Kind::timeout: return on.events & Event::response_timeout;
    case Kind::refused: return true;  // by its status, see retries_status()
    default: return false;
  }
}

// retry-on <status>: the answer is thrown away while there are retries left.
bool Exchange::retries_status(std::uint16_t status) const {
  const backend::BackendSettings& settings = destination_->backend->settings();
  return !settings.retry_on.statuses.empty() && body_complete_ && facts.retries < most_retries() &&
         !(adjusted_ && adjusted_->only_connect_retries) &&
         std::ranges::find(settings.retry_on.statuses, status) != settings.retry_on.statuses.end();
}

// A reused connection that ended before a byte of the answer: the server had closed it before it saw the request.
bool Exchange::stale_connection(Error error) const {
  return facts.server_connection_reused && phase_ == Phase::headers && body_complete_ && response_bytes_.empty() &&
         (error.kind == Kind::end || error.kind == Kind::reset) &&
         (http::is_idempotent(request.method) || request_body_.kind == http::BodyKind::none);
}

namespace {

// As the log of a server that goes down for it has it.
std::string_view observed(Error error, bool connecting) {
  if (connecting) return "L4 unsuccessful connection";
  switch (error.kind) {
    case Kind::timeout: return "Read timeout (http)";
    case Kind::end: return "Close from server (http)";
    case Kind::bad_message: return "Invalid http response (headers)";
    case Kind::refused: return "Wrong http response";
    default: return "Read error (http)";
  }
}

}  // namespace

// Connections count in both modes if they fail, but only layer4 is satisfied by one that was made.
void Exchange::tell_observed(backend::Observe layer, std::string_view why) {
  const backend::Observe mode = server_->settings().check.observe;
  const bool matters = mode == layer || (mode == backend::Observe::layer7 && !why.empty());
  const backend::Scene scene{&worker_, worker_.loop.now(), server_->state().backend.states.notice};
  if (matters) backend::observe(scene, *server_, why);
}

void Exchange::observe_failure(Error error) {
  if (error.side != Side::server || !server_) return;
  if (phase_ == Phase::connect) observe(backend::Observe::layer4, observed(error, true));
  else if (phase_ > Phase::connect && !stale_connection(error)) observe(backend::Observe::layer7, observed(error, false));
}

// Before the next attempt: another server if redispatch says so, else a pause before knocking on the same door.
Task<> Exchange::turn_around(Error error) {
  const backend::BackendSettings& settings = destination_->backend->settings();
  const bool stale = stale_connection(error);
  connection_.reset();
  response_buffer_.release();
  response.clear();
  avoid_ = nullptr;
  keep_server_ = false;
  if (stale) {  // not the server's fault: at once, over a fresh connection
    fresh_connection_ = true;
    slot_.release();
    co_return;
  }
  ++facts.retries;
  slot_.release();
  const bool may_redispatch = settings.redispatch != 0 && !forces_persistence_;
  const bool its_time = redispatches_at_once() || redispatches(settings, facts.retries, most_retries());
  // One that checks have found down is not knocked at again; the only one there is gets its pause.
  if (may_redispatch && ((its_time && destination_->backend->has_another(*server_)) || !server_->state().usable_by_persistence())) {
    redispatch();
    co_return;
  }
  server_->counters(worker_).wretr.add();
  destination_->backend->counters(worker_).wretr.add();
  keep_server_ = true;
  if (may_redispatch && its_time) facts.connecting_at = {};  // as if another one had been found
  if (error.kind == Kind::timeout || phase_ != Phase::connect) co_return;
  const Duration connect = connect_timeout().value_or(seconds(1));
  const Instant until = worker_.loop.now() + std::min(connect, seconds(1));
  Task<> sleeping = sleep(worker_.loop, until);
  if (watches_client()) {
    const auto rested = co_await attempt(net::unless_hangup(*session_->client, net::Hangup::finished, std::move(sleeping)));
    if (!rested) co_await fail(rested.error().on(Side::client));
  } else {
    co_await std::move(sleeping);
  }
  // Checks may have found meanwhile that it is down.
  if (may_redispatch && !server_->state().usable_by_persistence()) redispatch();
}

// The next attempt goes to another server.
void Exchange::redispatch() {
  avoid_ = server_;
  keep_server_ = false;
  facts.connecting_at = {};
  lose_affinity();
  facts.redispatched = true;
  server_->counters(worker_).wredis.add();
  destination_->backend->counters(worker_).wredis.add();
}

// A server that only its turn chose is not asked twice, whatever the interval says; one that persistence, use-server or a
// hash chose is.
bool Exchange::redispatches_at_once() const {
  const backend::BackendSettings& settings = destination_->backend->settings();
  constexpr std::string_view by_turn[] = {"roundrobin", "static-rr", "leastconn", "first", "random"};
  return settings.redispatch != 0 && !directed_ && destination_->backend->active_servers() > 1 &&
         std::ranges::find(by_turn, settings.algorithm) != std::end(by_turn);
}

// Manual "option redispatch": n > 0 on every n-th retry, n < 0 on the n-th before the end, -1 being the last one.
bool Exchange::redispatches(const backend::BackendSettings& settings, unsigned retry, unsigned most) {
  if (settings.redispatch == 0) return false;
  if (settings.redispatch > 0) return retry % static_cast<unsigned>(settings.redispatch) == 0;
  return static_cast<int>(retry) == static_cast<int>(most) + 1 + settings.redispatch;
}

}  // namespace sluice::proxy
