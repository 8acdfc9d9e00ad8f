// The answer's way back to the client, the rest of the request's body on its way to the server, and tunnels.
#include "http/h1/framing.hpp"
#include "http/h1/write.hpp"
#include "proxy/bandwidth.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"
#include "http/cookie.hpp"
#include "proxy/log.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

// The answer's head is in response_bytes_. Nothing waits before the head has been written out, but rules that may, and
// these find it in a buffer. What has to be waited for, or answered instead, is left to deliver_later().
Result<Exchange::Delivery> Exchange::deliver_at_once(RulePlace& at) {
  scope.response = &response;
  variables_.request = nullptr;  // they end with the request (manual 2.8)
  remember_server();
  capture_response();
  response_size_ = response_head_size_;
  if (looks_at_answers()) {
    const auto seen = see_answer_body();
    if (!seen) return fail(seen.error());
  }
  const Next next = run_response_rules(at);
  if (next == Next::later) return Delivery::rules;
  return pass_answer_on(next);
}

// As the rules have decided.
Result<Exchange::Delivery> Exchange::pass_answer_on(Next next) {
  if (next == Next::close && session_->vanishes()) {
    drop_connection();
    closed_by_rule(RuleSet::http_response);
    return Delivery::done;
  }
  if (next == Next::close) {  // tcp-response content reject
    drop_connection();
    rejected_answer();
    return Delivery::done;
  }
  const Quirks* const quirks = destination_->policy.quirks.get();
  if (next != Next::answer && quirks && quirks->check_cache && may_cache_cookie(request, response)) {
    answer(nullptr, 502, Because::denied);
    next = Next::answer;
  }
  if (next == Next::answer) return Delivery::refused;
  if (destination_->backend->settings().cookie) write_persistence();
  prepare_response();
  if (!run_after_response_rules()) return fail(Kind::internal, Side::us);
  if (response.unchanged().empty()) {  // rules cannot change where the body ends
    const bool no_length = unchunk_ || response_body_.kind == http::BodyKind::until_close;
    http::h1::set_framing(response, no_length ? http::Body{http::BodyKind::until_close, 0} : response_body_, request.method);
  }
  if (response_body_.kind != http::BodyKind::tunnel) add_connection_field(response.fields);
  if (paced() && !response_buffer_ && !keep_response_bytes()) return fail(Kind::no_resource);
  const auto left = send_response();
  if (!left) return fail(left.error());
  unsent_ = *left;
  return unsent_.empty() ? head_is_out() : Delivery::unsent;
}

// The client is told nothing, as by 2.6: the rule is about bytes, not about messages.
void Exchange::rejected_answer() {
  facts.termination = {'P', 'D', '-', '-'};
  facts.timers.response = unseen;
  count_denied_answer();
  session_->close_after = true;
}

void Exchange::response_is_out() {
  response_bytes_ = {};
  response_buffer_.release();
  response.clear();
}

// And what came with it; but of a paced body nothing has been sent yet.
Exchange::Delivery Exchange::head_is_out() {
  if (!response_complete_ && paced()) return Delivery::body;
  response_is_out();
  const bool over = response_complete_ && upload_done_ && response_body_.kind != http::BodyKind::tunnel;
  return over ? Delivery::done : Delivery::body;
}

Task<> Exchange::deliver_later(Delivery at, RulePlace place) {
  if (at == Delivery::rules) {
    const Next next = co_await response_rules_later(place);
    at = co_await pass_answer_on(next);
  }
  if (at == Delivery::refused) {
    co_await refuse_answer();
    co_return;
  }
  if (at == Delivery::unsent) {
    const auto sent = co_await attempt(send_rest(*session_->client, unsent_, client_patience()));
    if (!sent) co_await fail(sent.error().on(Side::client));
    at = head_is_out();
  }
  if (at == Delivery::done) co_return;
  if (response_body_.kind == http::BodyKind::tunnel) {
    co_await tunnel();
    co_return;
  }
  if (!response_complete_ && paced()) co_await download_paced();
  if (!response_complete_) co_await download();
  if (!upload_done_) co_await finish_upload();
}

Task<> Exchange::deliver() {
  RulePlace place;
  const Delivery at = co_await deliver_at_once(place);
  if (at != Delivery::done) co_await deliver_later(at, place);
}

// The client gets another answer than the server's.
Task<> Exchange::refuse_answer() {
  drop_connection();
  facts.termination.cause = reply_because_ == Because::denied ? 'P' : 'L';
  facts.termination.phase = 'H';
  facts.timers.response = unseen;  // the server's answer is nobody's
  if (reply_because_ == Because::denied) count_denied_answer();
  const ReplyTemplate& page = reply_ ? *reply_ : page_for(reply_status_);
  co_await reply(page, reply_status_);
}

// The lists in the order they run: those of the backend first, then those of the frontend, as HAProxy does. A listen
// section says it once. Null: there are no more.
const RuleList* Exchange::response_list(unsigned stage, RuleSet& set) const {
  const Policy& back = *destination_->rules;
  const Policy& front = frontend().policy;
  const bool listen = back.section == front.section;  // its rules are compiled as a frontend's
  if (stage >= (listen ? 2U : 4U)) return nullptr;
  set = stage % 2 == 0 ? RuleSet::tcp_response : RuleSet::http_response;
  return &(stage < 2 && !listen ? back : front)[set];
}

Next Exchange::run_response_rules(RulePlace& at) {
  if (!destination_->rules->judges_responses && !frontend().policy.judges_responses) return Next::go_on;
  RuleSet set{};
  while (const RuleList* const list = response_list(at.stage, set)) {
    if (!list->empty()) {
      const Next next = run_list(set, *list, at);
      if (next == Next::answer || next == Next::close || next == Next::later) return next;
    }
    at = {0, static_cast<std::uint8_t>(at.stage + 1), true};
  }
  return Next::go_on;
}

Task<Next> Exchange::response_rules_later(RulePlace at) {
  for (;;) {
    RuleSet set{};
    const RuleList& list = *response_list(at.stage, set);
    Next next = co_await rule_later(set, list, at);
    if (next == Next::go_on) next = run_response_rules(at);
    if (next != Next::later) co_return next;
  }
}

// There are rules that may want to know what has come of the answer's body.
bool Exchange::looks_at_answers() const {
  const Policy& back = *destination_->rules;
  const Policy& front = frontend().policy;
  return !back[RuleSet::http_response].empty() || !front[RuleSet::http_response].empty() ||
         !back[RuleSet::http_after_response].empty() || !front[RuleSet::http_after_response].empty();
}

// Rules that may wait find the answer in a buffer of its own and not in scratch.
bool Exchange::holds_response() const {
  return downloads() || (*destination_->rules)[RuleSet::http_response].may_wait || frontend().policy[RuleSet::http_response].may_wait;
}

// http-after-response: for every answer, also those made here. They cannot refuse it.
bool Exchange::run_after_response_rules() {
  const Policy* const front = &frontend().policy;
  const Policy* const back = destination_ && destination_->rules != front ? destination_->rules : nullptr;
  for (const Policy* const policy : {back, front}) {
    if (!policy || !policy->judges_answers) continue;
    RulePlace at;
    if (run_list(RuleSet::http_after_response, (*policy)[RuleSet::http_after_response], at) == Next::answer) return false;
  }
  return true;
}

void Exchange::capture_response() {
  const Frontend& front = frontend();
  for (std::size_t i = 0; i < front.response_captures.size(); ++i) {
    const HeaderCapture& capture = front.response_captures[i];
    if (capture.name.empty()) continue;  // declared: rules fill it
    if (const auto value = response.fields.value(capture.name))
      response_captures[i] = arena_.copy(value->substr(0, capture.longest));
  }
  if (front.captured_cookie.empty()) return;
  for (const http::Field& field : response.fields) {
    if (field.id() != http::HeaderId::set_cookie) continue;
    const auto cookie = http::set_cookie(field.value());
    if (!cookie || !cookie->text.starts_with(front.captured_cookie)) continue;
    captured_response_cookie = http::text_of(*cookie, arena_).substr(0, front.captured_cookie_longest);
    return;
  }
}

void Exchange::prepare_response() {
  const http::Body sent = looks_at_answers() ? response_body_ : http::h1::body_of(response, request.method);
  response_body_ = http::h1::body_of(response, request.method);
  if (sent.kind == http::BodyKind::none) response_body_ = sent;
  else if (response_body_.kind == http::BodyKind::none) server_close_ = true;  // a rule made it a status without a body
  const bool upgraded = response.status == 101 && response_body_.kind == http::BodyKind::tunnel;
  http::h1::remove_hop_by_hop(response.fields, upgraded ? http::h1::Upgrade::forward : http::h1::Upgrade::drop);
  server_keeps_ = !server_close_ && http::h1::wants_keep_alive(response, response_body_) &&
                  response_body_.kind != http::BodyKind::until_close && response_body_.kind != http::BodyKind::tunnel;
  if (proxy_style_) heed_proxy_connection();
  if (response_body_.kind == http::BodyKind::until_close || response_body_.kind == http::BodyKind::tunnel) client_keeps_ = false;
  // HTTP/1.0 clients know no chunks: they get the payload alone and the end of the connection as its end.
  unchunk_ = response_body_.kind == http::BodyKind::chunked && request.version == http::http_1_0;
  if (unchunk_) {
    client_keeps_ = false;
    response.fields.remove(http::HeaderId::transfer_encoding);
  }
  if (local_.ends(*session_)) client_keeps_ = false;
  if (upgraded && !response.fields.has(http::HeaderId::connection))
    response.fields.append("connection", "upgrade", http::HeaderId::connection);
}

// option http-use-proxy-header: what the next proxy says so is about its connection to us.
void Exchange::heed_proxy_connection() {
  const http::HeaderName name(http::HeaderId::proxy_connection);
  if (!response.fields.has(http::HeaderId::proxy_connection)) return;
  if (response.fields.has_token(name, "close")) server_keeps_ = false;
  response.fields.remove(name);
}

// Tells the client what will become of the connection, if that is not what its version implies. Goes behind what
// http-after-response rules add, which cannot take it away.
void Exchange::add_connection_field(http::Fields& fields) {
  const bool says_old = response.version == http::http_1_0 && response_body_.kind != http::BodyKind::chunked;
  if (client_keeps_ && request.version != http::http_1_0 && !says_old) return;
  const http::HeaderId id = proxy_style_ ? http::HeaderId::proxy_connection : http::HeaderId::connection;
  fields.append(http::name_of(id), client_keeps_ ? "keep-alive" : "close", id);
}

std::size_t Exchange::write_response_head(std::span<char> space) {
  const Quirks* const quirks = frontend().policy.quirks.get();
  if (quirks && quirks->adjust_for_client) adjust_case(response.fields, quirks->cases);
  return http::h1::write_head(space, response);
}

// As it goes out: where it came to if nobody has changed it, else written to scratch. Empty if it is too large.
std::span<char> Exchange::response_head() {
  const std::string_view same = response.unchanged();
  const bool here = same.data() == response_bytes_.data() && same.size() == response_head_size_;
  if (here && !frontend().policy.quirks) return response_bytes_.first(response_head_size_);
  const std::span<char> space = worker_.scratch().first(local_.head_room);
  return space.first(write_response_head(space));
}

// Head and whatever part of the body came with it, in one call. Returns what the kernel did not take.
Result<std::span<iovec>> Exchange::send_response() {
  const std::span<char> head = response_head();
  if (head.empty()) return fail(Kind::too_large, Side::us);
  pieces_[0] = {head.data(), head.size()};
  const std::span<char> body = response_bytes_.subspan(response_head_size_);
  const auto framed = paced() ? frame_nothing() : frame_body(body, std::span(pieces_).subspan(1));
  scope.response = nullptr;
  scope.response_body = nullptr;
  if (!framed) {  // its beginning is wrong already: the client has seen nothing yet, so it can be told
    facts.timers.response = unseen;
    facts.server_status = 0;
    return fail(framed.error());
  }
  facts.status = response.status;
  phase_ = Phase::data;
  std::span<iovec> pieces = std::span(pieces_).first(1 + *framed);
  for (const iovec& piece : pieces) facts.bytes_to_client += piece.iov_len;
  if (frontend().log && frontend().log->as_soon_as_possible()) log_early(LogStep::response);
  log_step(LogStep::response);
  if (pieces.size() == 2 && pieces[1].iov_base == body.data() && head.size() <= room_before(body.data())) {
    // One piece goes out cheaper than two: the head is put where the server's head was, right before the body.
    char* const begin = body.data() - head.size();
    if (begin != head.data()) std::memmove(begin, head.data(), head.size());
    pieces = pieces.first(1);
    pieces[0] = {begin, head.size() + pieces_[1].iov_len};
  }
  release_slot_early();
  const auto left = send_now(*session_->client, pieces);
  if (!left) return fail(left.error().on(Side::client));
  return left;
}

// How much before the answer's body may be written over, once its head is not needed any more.
std::size_t Exchange::room_before(const char* body) {
  if (response_buffer_) return response_head_size_;
  return static_cast<std::size_t>(body - worker_.scratch().data());
}

// The server has done its part: a client that sees its answer and asks again at once, on another worker, finds the
// server free.
void Exchange::release_slot_early() {
  const bool logged_next = frontend().log && frontend().log->as_soon_as_possible();  // with its own connection counted
  if (response_complete_ && upload_done_ && !logged_next) slot_.release();
}

// The body goes by itself, behind the head.
std::size_t Exchange::frame_nothing() {
  response_left_ = response_body_.kind == http::BodyKind::length ? response_body_.length : 0;
  response_complete_ = response_body_.kind == http::BodyKind::none || (response_body_.kind == http::BodyKind::length && response_left_ == 0);
  return 0;
}

// Bytes of the body as they came from the server -> what the client is to get: at most three pieces. Notes the end.
Result<std::size_t> Exchange::frame_body(std::span<char> bytes, std::span<iovec> pieces) {
  switch (response_body_.kind) {
    case http::BodyKind::none:
      response_complete_ = true;
      if (!bytes.empty()) server_keeps_ = false;  // more than it should have sent
      return 0;
    case http::BodyKind::length: {
      const std::size_t here = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), response_body_.length));
      if (here < bytes.size()) server_keeps_ = false;
      response_left_ = response_body_.length - here;
      response_complete_ = response_left_ == 0;
      if (here == 0) return 0;
      pieces[0] = {bytes.data(), here};
      return 1;
    }
    case http::BodyKind::until_close:
    case http::BodyKind::tunnel:
      if (bytes.empty()) return 0;
      pieces[0] = {bytes.data(), bytes.size()};
      return 1;
    case http::BodyKind::chunked: return frame_chunks(bytes, pieces);
  }
  return 0;
}

// Chunks are taken off and made anew, one for all that is here: what the server wrote between them stays here.
Result<std::size_t> Exchange::frame_chunks(std::span<char> bytes, std::span<iovec> pieces) {
  Result<ChunkedBody::Part> got = ChunkedBody::Part{bytes.size(), bytes.size()};
  if (!std::exchange(response_decoded_, false)) got = response_chunks_->take(bytes, worker_.buffers);
  if (!got) return fail(got.error().on(Side::server));
  response_complete_ = response_chunks_->done();
  if (got->used < bytes.size()) server_keeps_ = false;
  return frame_payload({bytes.data(), got->size}, pieces);
}

std::size_t Exchange::frame_payload(std::string_view payload, std::span<iovec> pieces) {
  if (unchunk_) {
    if (payload.empty()) return 0;
    pieces[0] = {const_cast<char*>(payload.data()), payload.size()};
    return 1;
  }
  const Quirks* const quirks = frontend().policy.quirks.get();
  const std::string_view trailers = quirks && quirks->drop_response_trailers ? std::string_view() : response_chunks_.trailers();
  return chunk_frame_.make(pieces, payload, response_complete_ ? ChunkFrame::Last::yes : ChunkFrame::Last::no, trailers);
}

// option splice-request, splice-response of either section: as soon as it can be; else when a flow is large.
net::Splice Exchange::splice_from(Side side) const {
  const Transfer& front = frontend().policy.transfer;
  const Transfer& back = destination_->policy.transfer;
  const bool wanted = side == Side::client ? front.splice_requests || back.splice_requests
                                           : front.splice_responses || back.splice_responses;
  return wanted ? net::Splice::always : net::Splice::adaptive;
}

// What is sent to a side keeps it alive as what it says does; with option independent-streams only itself can.
net::Activity& Exchange::sending_to(Side side) {
  const Policy& policy = side == Side::client ? frontend().policy : destination_->policy;
  if (policy.transfer.independent) return side == Side::client ? client_sending_ : server_sending_;
  return side == Side::client ? client_activity_ : server_activity_;
}

void Exchange::begin_activity(Duration client, Duration server) {
  client_activity_ = client_sending_ = {client, worker_.loop.now()};
  server_activity_ = server_sending_ = {server, worker_.loop.now()};
}

Task<> Exchange::download() {
  begin_activity(client_patience(), server_patience());
  if (response_body_.kind == http::BodyKind::chunked) {
    co_await download_chunks();
    co_return;
  }
  const bool whole = response_body_.kind == http::BodyKind::length;
  net::RelayOptions options;
  if (whole) options.limit = response_left_;
  options.splice = splice_from(Side::server);
  const net::RelayEnd from{connection_->stream(), server_activity_, Side::server};
  const net::RelayEnd to{*session_->client, client_activity_, Side::client};
  const net::Relayed moved = co_await net::relay(from, to, options, facts.bytes_to_client);
  if (whole && moved.end_of_input) co_await fail(Kind::end, Side::server);
  response_complete_ = true;
}

Task<> Exchange::download_chunks() {
  net::Stream& from = connection_->stream();
  while (!response_complete_) {
    const auto ready = co_await attempt(from.readable(server_activity_.deadline()));
    if (!ready && still_active(ready.error(), server_activity_)) continue;
    if (!ready) co_await fail(ready.error().on(Side::server));
    const std::span<char> space = worker_.scratch().subspan(local_.head_room, local_.later_reads);
    const auto got = from.try_read(space);
    if (!got && got.error().kind == Kind::would_block) continue;
    if (!got) co_await fail(got.error().on(Side::server));
    if (*got == 0) co_await fail(Kind::end, Side::server);
    facts.bytes_from_server += *got;
    server_activity_.last = worker_.loop.now();
    std::array<iovec, ChunkFrame::most_pieces> pieces;
    const auto framed = frame_chunks(space.first(*got), pieces);
    if (!framed) co_await fail(framed.error());
    for (std::size_t i = 0; i < *framed; ++i) facts.bytes_to_client += pieces[i].iov_len;
    release_slot_early();
    const auto left = send_now(*session_->client, std::span(pieces).first(*framed));
    if (!left) co_await fail(left.error().on(Side::client));
    if (!left->empty()) {
      const auto sent = co_await attempt(send_rest(*session_->client, *left, client_patience()));
      if (!sent) co_await fail(sent.error().on(Side::client));
    }
  }
}

// ---- the request's body while the answer may come at any time

// The upload runs beside the answer. The answer's end decides; the client's failure ends both; a server that takes no
// more of the body may still be saying why.
Task<> Exchange::upload_alongside() {
  streaming_ = true;
  begin_activity(client_patience(), server_patience());
  Task<> sending = upload();
  Task<> receiving = answer_and_deliver();
  co_await async::race(std::move(sending), std::move(receiving));
}

Task<> Exchange::answer_and_deliver() {
  co_await read_response_head();
  co_await deliver();
}

// Never ends by itself: upload_alongside() waits for the answer.
Task<> Exchange::upload() {
  const auto sent = co_await attempt(send_body());
  if (!sent) {
    if (sent.error().side != Side::server) co_await fail(sent.error());
    upload_broken_ = true;
  }
  upload_done_ = true;
  upload_ended_.wake_all();
  co_await async::sleep_until(worker_.loop, never);
}

Task<> Exchange::send_body() {
  if (uploads()) {
    co_await upload_paced();
    co_return;
  }
  if (request_body_.kind == http::BodyKind::chunked) {
    co_await upload_chunks();
    co_return;
  }
  net::RelayOptions options;
  options.limit = request_body_.length - body_.size();
  options.splice = splice_from(Side::client);
  const net::RelayEnd from{*session_->client, client_activity_, Side::client};
  const net::RelayEnd to{connection_->stream(), sending_to(Side::server), Side::server};
  const std::uint64_t before = facts.bytes_from_client;
  const auto moved = co_await attempt(net::relay(from, to, options, facts.bytes_from_client));
  facts.bytes_to_server += facts.bytes_from_client - before;
  if (!moved) co_await fail(moved.error());
  if (moved->end_of_input) co_await fail(Kind::end, Side::client);
}

Task<> Exchange::upload_chunks() {
  net::Stream& from = *session_->client;
  net::Stream& to = connection_->stream();
  while (!request_chunks_->done()) {
    const auto ready = co_await attempt(from.readable(client_activity_.deadline()));
    if (!ready && still_active(ready.error(), client_activity_)) continue;
    if (!ready) co_await fail(ready.error().on(Side::client));
    const std::span<char> space = worker_.scratch().subspan(local_.head_room, local_.later_reads);
    const auto got = from.try_read(space);
    if (!got && got.error().kind == Kind::would_block) continue;
    if (!got) co_await fail(got.error().on(Side::client));
    if (*got == 0) co_await fail(Kind::end, Side::client);
    client_activity_.last = worker_.loop.now();
    std::array<iovec, ChunkFrame::most_pieces> pieces;
    const auto framed = frame_upload(space.first(*got), pieces);
    if (!framed) co_await fail(framed.error());
    for (std::size_t i = 0; i < *framed; ++i) facts.bytes_to_server += pieces[i].iov_len;
    const auto left = send_now(to, std::span(pieces).first(*framed));
    if (!left) co_await fail(left.error().on(Side::server));
    if (!left->empty()) {
      const auto sent = co_await attempt(send_rest(to, *left, server_patience()));
      if (!sent) co_await fail(sent.error().on(Side::server));
    }
    sending_to(Side::server).last = worker_.loop.now();
  }
}

Result<std::size_t> Exchange::frame_upload(std::span<char> bytes, std::span<iovec> pieces) {
  const auto got = request_chunks_->take(bytes, worker_.buffers);
  if (!got) return fail(got.error().on(Side::client));
  facts.bytes_from_client += got->used;
  // The next request may have come with the end of this one; it goes to a buffer of its own when this one is over.
  const std::span<char> rest = bytes.subspan(got->used);
  if (!rest.empty() && !following_.replace(worker_.buffers, rest)) client_keeps_ = false;
  return chunk_frame_.make(pieces, {bytes.data(), got->size},
                           request_chunks_->done() ? ChunkFrame::Last::yes : ChunkFrame::Last::no, request_trailers());
}

// The answer is complete and the server goes on reading: so do we, or the connection could not be used again.
Task<> Exchange::finish_upload() {
  if (!server_keeps_ || connection_->stream().may_read()) {
    client_keeps_ = false;
    co_return;
  }
  while (!upload_done_) co_await upload_ended_.wait(never);
}

// ---- no message any more: 101, CONNECT, TCP mode

Task<> Exchange::tunnel() {
  phase_ = Phase::data;
  client_keeps_ = server_keeps_ = false;
  const Policy& front = frontend().policy;
  const Policy& back = destination_->policy;
  const std::optional<Duration>& tunnel = adjusted_ && adjusted_->tunnel ? adjusted_->tunnel
                                          : back.timeout_tunnel         ? back.timeout_tunnel
                                                                        : front.timeout_tunnel;
  begin_activity(tunnel ? *tunnel : client_patience(), tunnel ? *tunnel : server_patience());
  net::Stream& client = *session_->client;
  net::Stream& server = connection_->stream();
  const net::RelayEnd from_client{client, client_activity_, Side::client}, to_client{client, sending_to(Side::client), Side::client};
  const net::RelayEnd from_server{server, server_activity_, Side::server}, to_server{server, sending_to(Side::server), Side::server};
  Task<> forth = tunnel_side(from_client, to_server, facts.bytes_to_server);
  Task<> back_again = tunnel_side(from_server, to_client, facts.bytes_to_client);
  const auto ended = co_await attempt(async::both(std::move(forth), std::move(back_again)));
  facts.bytes_from_client = std::max(facts.bytes_from_client, facts.bytes_to_server);
  facts.bytes_from_server = std::max(facts.bytes_from_server, facts.bytes_to_client);
  if (ended || ended.error() == Error{Kind::end, Side::us}) co_return;  // the connection to the server is to be closed
  const Error error = ended.error().kind == Kind::timeout ? ended.error().on(first_silent(ended.error().side)) : ended.error();
  // As HAProxy tells the server that nobody has just said all: a client has broken off, or a tunnel behind HTTP was too silent.
  const bool broken_off = (error.kind == Kind::reset && error.side == Side::client) || (error.kind == Kind::timeout && session_->http);
  if (broken_off && !server.socket().read_hangup()) net::set_linger_reset(worker_.io(), server.socket().fd());
  co_await fail(error);
}

// Whose silence ended it: if both were silent for as long the client's, which HAProxy looks at first.
Side Exchange::first_silent(Side side) {
  return is_silent(*session_->client, client_activity_) ? Side::client : side;
}

bool Exchange::is_silent(net::Stream& stream, const net::Activity& activity) const {
  return !stream.socket().read_hangup() && activity.deadline() <= worker_.loop.now() + milliseconds(1);
}

// The silence of a side ends what it says, and only that; the log tells. Behind HTTP the server's ends both, as with HAProxy.
bool Exchange::fell_silent(Error error, Side side) {
  if (error.kind != Kind::timeout || error.side != side) return false;
  if (session_->http && (side == Side::server || is_silent(connection_->stream(), server_activity_))) return false;
  if (facts.termination.normal()) facts.termination = {first_silent(side) == Side::client ? 'c' : 's', 'D', '-', '-'};
  return true;
}

// From a half-close on a side has its fin timeout, if there is one, also where a relay waits for it already.
void Exchange::half_closed(const net::RelayEnd& end) {
  const bool client = end.side == Side::client;
  const std::optional<Duration>& fin = client ? frontend().policy.timeout_client_fin : destination_->policy.timeout_server_fin;
  if (!fin) return;
  sending_to(end.side).timeout = *fin;
  (client ? client_activity_ : server_activity_).change(end.stream, *fin);
}

// One direction until its end or until its side has been silent for too long, which is passed on as a half-close.
Task<> Exchange::tunnel_side(net::RelayEnd from, net::RelayEnd to, std::uint64_t& bytes) {
  Input& input = session_->input;
  Pace* const pace = from.side == Side::client ? uploads() : downloads();
  while (from.side == Side::client && !input.empty()) {  // what came behind the head
    std::size_t size = input.size();
    if (pace) size = co_await take_turn(*pace, size);
    const std::string_view first{input.bytes().data(), size};
    const auto sent = co_await attempt(to.stream.write_all(first, to.activity.timeout));
    if (!sent) co_await fail(sent.error().on(to.side));
    bytes += first.size();
    input.used(first.size());
    spend(pace, first.size());
  }
  if (from.side == Side::server && !session_->http && !(*destination_->rules)[RuleSet::tcp_response].empty())
    co_await inspect_answer(from, to);
  // A rule may have found the limit with the answer's first bytes.
  Pace* const now = from.side == Side::client ? uploads() : downloads();
  if (now) {
    const auto moved = co_await attempt(relay_paced(from, to, *now, bytes));
    if (!moved && !fell_silent(moved.error(), from.side)) co_await fail(moved.error());
  } else {
    net::RelayOptions options;
    options.splice = splice_from(from.side);
    const auto moved = co_await attempt(net::relay(from, to, options, bytes));
    if (!moved && !fell_silent(moved.error(), from.side)) co_await fail(moved.error());
  }
  const bool hasty = to.side == Side::server && destination_->backend->settings().reset_on_close;
  if (hasty && !to.stream.socket().read_hangup()) co_await fail(Kind::end, Side::us);  // nothing is half-closed
  const auto shut = to.stream.try_shutdown_write();
  if (from.side == Side::server && session_->http) {  // behind HTTP that is the tunnel's end, as with HAProxy
    std::ignore = from.stream.try_shutdown_write();
    co_await fail(Kind::end, Side::us);
  }
  if (!shut) co_return;  // it has gone; the other direction will notice
  half_closed(to);
  half_closed(from);
}

// Before the line about it is written.
void Exchange::drop_connection() {
  if (connection_ && frontend().log && frontend().log->shows_server_source) server_source_ = server_source();
  connection_.reset();
}

void Exchange::release_connection() {
  if (!connection_) return;
  const bool clean = server_keeps_ && response_complete_ && upload_done_ && !upload_broken_ && facts.termination.normal();
  if (clean) {
    const Quirks* const quirks = destination_->policy.quirks.get();
    if (connection_->is_private || destination_->backend->settings().reuse == backend::Reuse::never ||
        (quirks && quirks->prefer_last_server)) {
      if (client_keeps_) session_->kept.keep(std::move(connection_), frontend().most_private_connections);
    } else {
      backend::give_back(worker_, std::move(connection_));
    }
  }
  connection_.reset();
}

}  // namespace sluice::proxy
