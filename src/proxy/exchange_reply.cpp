// Answers made here: error pages, return, deny, redirect, monitor-uri.
#include "expr/authentication.hpp"
#include "expr/log_format.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/write.hpp"
#include "http/status.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

void Exchange::answer(const ReplyTemplate* reply, int status, Because because) {
  reply_ = reply;
  reply_status_ = static_cast<std::uint16_t>(status);
  reply_because_ = because;
}

void Exchange::tarpit(const ReplyTemplate* reply, int status) {
  answer(reply, status, Because::denied);
  tarpit_ = true;
}

void Exchange::answer_field(std::string_view name, std::string_view value) {
  answer_fields_.emplace_back(arena_.copy(name), arena_.copy(value));
}

expr::AuthorizationField Exchange::authorization_field() const {
  return proxy_style_ ? expr::AuthorizationField::to_proxy : expr::AuthorizationField::to_server;
}

void Exchange::ask_for_password(std::string_view challenge) {
  const bool to_proxy = authorization_field() == expr::AuthorizationField::to_proxy;
  answer(nullptr, to_proxy ? 407 : 401, Because::intercepted);
  answer_field(to_proxy ? "proxy-authenticate" : "www-authenticate", challenge);
}

void Exchange::hint(std::string_view name, std::string_view value) {
  if (!hints_) hints_ = new (arena_.allocate(sizeof(http::Fields), alignof(http::Fields))) http::Fields(arena_);
  hints_->add(name, value);
}

// One 103 (RFC 8297) with all that was hinted at since the last one. HTTP/1.0 knows no such thing.
Task<> Exchange::send_hints() {
  http::Fields* const hints = std::exchange(hints_, nullptr);
  if (!hints || request.version == http::http_1_0) co_return;
  std::size_t size = 64;
  for (const http::Field& field : *hints) size += field.name().size() + field.value().size() + 4;
  char* const text = arena_.allocate(size);
  char* end = fmt::format_to(text, "HTTP/1.1 103 Early Hints\r\n");
  for (const http::Field& field : *hints) end = fmt::format_to(end, "{}: {}\r\n", field.name(), field.value());
  end = fmt::format_to(end, "\r\n");
  const std::string_view head{text, static_cast<std::size_t>(end - text)};
  facts.bytes_to_client += head.size();
  const auto sent = co_await attempt(session_->client->write_all(head, client_patience()));
  if (!sent) co_await fail(sent.error().on(Side::client));
}

// An error on the way becomes its termination state and, while the client can still be told, its page.
Task<> Exchange::reply_to(Error error) {
  const Outcome outcome = outcome_of(error, phase_);
  if (facts.termination.normal()) {
    facts.termination.cause = outcome.cause;
    facts.termination.phase = outcome.phase;
    // Its own body was still on the way: that is the phase the client went away in.
    if (outcome.cause == 'C' && phase_ == Phase::headers && streaming_ && !upload_done_) facts.termination.phase = 'D';
  }
  client_keeps_ = client_keeps_ && error.side != Side::client && outcome.status != 0;
  server_keeps_ = false;
  drop_connection();
  slot_.release();
  scope.response = nullptr;
  response.clear();
  count_error(error);
  if (outcome.status == 0 || !session_->http || silent) {
    client_keeps_ = false;
    co_return;
  }
  // A reused connection that died under a request which cannot be repeated: the client is to repeat it, so it sees a
  // closed connection and no error (RFC 9112 9.3.1).
  if (error.side == Side::server && phase_ == Phase::headers && facts.server_connection_reused && session_->requests > 1 &&
      response_bytes_.empty() && (error.kind == Kind::end || error.kind == Kind::reset)) {
    client_keeps_ = false;
    facts.status = 502;
    co_return;
  }
  const bool bad = facts.bad_request && error_status_ != 0;
  facts.status = bad ? error_status_ : outcome.status;
  co_await reply(page_for(facts.status), facts.status);
}

const ReplyTemplate& Exchange::page_for(int status) const {
  if (destination_)
    if (const ReplyTemplate* page = destination_->policy.page(status)) return *page;
  if (const ReplyTemplate* page = frontend().policy.page(status)) return *page;
  return ReplyTemplate::built_in(status);
}

// Sends it. What of the request's body has not come with the head is not waited for: the connection ends instead. A page
// may have a status of its own; logs and counters have the one that was `meant`, unless a rule changed it.
Task<> Exchange::reply(const ReplyTemplate& page, std::uint16_t meant) {
  if (page.silent) {
    client_keeps_ = false;
    facts.status = page.status;
    co_return;
  }
  if (streaming_) {
    if (!upload_done_) client_keeps_ = false;
  } else if (facts.head_done != Instant{}) {
    const auto body = take_buffered_body();
    if (!body || !body_complete_) client_keeps_ = false;
  } else {
    client_keeps_ = false;
    request.version = http::http_1_1;
    if (&page == &ReplyTemplate::built_in(page.status)) {
      co_await send_unparsed(page);
      co_return;
    }
  }
  // These say that the connection cannot be trusted any more, whoever sends them.
  if (&page == &ReplyTemplate::built_in(page.status) && (page.status == 400 || page.status == 408)) client_keeps_ = false;
  facts.status = meant;  // formats may tell it
  const std::string_view body = compose(page);
  const std::uint16_t composed = response.status;
  const bool fine = run_after_response_rules();
  if (!fine) client_keeps_ = false;
  const auto kind = body.empty() || response.status == 204 ? http::BodyKind::none : http::BodyKind::length;
  http::h1::set_framing(response, {kind, body.size()}, request.method);
  add_connection_field(response.fields);
  const std::span<char> space = worker_.scratch().first(local_.head_room);
  const std::size_t size = write_response_head(space);
  if (size == 0) co_await fail(Kind::too_large, Side::us);
  std::array<iovec, 2> pieces;
  pieces[0] = {space.data(), size};
  std::size_t count = 1;
  if (!body.empty() && request.method != http::Method::head) pieces[count++] = {const_cast<char*>(body.data()), body.size()};
  for (std::size_t i = 0; i < count; ++i) facts.bytes_to_client += pieces[i].iov_len;
  facts.status = response.status == composed ? meant : response.status;
  scope.response = nullptr;
  const auto left = send_now(*session_->client, std::span(pieces).first(count));
  if (!left) co_await fail(left.error().on(Side::client));
  if (left->empty()) co_return;
  const auto sent = co_await attempt(send_long(*left, space.first(size)));
  if (!sent) co_await fail(sent.error().on(Side::client));
}

// What was received is no request: HAProxy then writes its page as it stands in its source, past rules and counters.
Task<> Exchange::send_unparsed(const ReplyTemplate& page) {
  const std::string_view reason = page.reason.empty() ? http::reason_of(page.status) : std::string_view(page.reason);
  const std::span<char> space = worker_.scratch().first(local_.head_room);
  const auto end = fmt::format_to_n(space.data(), space.size(),
                                    "HTTP/1.1 {} {}\r\nContent-length: {}\r\nCache-Control: no-cache\r\nConnection: close\r\n"
                                    "Content-Type: text/html\r\n\r\n{}",
                                    page.status, reason, page.body.size(), page.body);
  iovec piece{space.data(), end.size};
  facts.status = page.status;
  const auto left = send_now(*session_->client, {&piece, 1});
  if (!left) co_await fail(left.error().on(Side::client));
  if (!left->empty()) co_await send_rest(*session_->client, *left, client_patience());
}

// The rest of an answer made here. Its head is in scratch and is copied; the body stays where it is.
Task<> Exchange::send_long(std::span<iovec> pieces, std::span<const char> head) {
  const char* const at = static_cast<const char*>(pieces.front().iov_base);
  if (at >= head.data() && at < head.data() + head.size()) {
    co_await send_rest(*session_->client, pieces.first(1), client_patience());
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) co_return;
  co_await session_->client->write_all(pieces, client_patience());
}

// Builds the response's head and returns its body, in the arena or in the page. Formats tell of the messages the rule has
// seen, the server's answer among them: they come first.
std::string_view Exchange::compose(const ReplyTemplate& page) {
  const std::string_view body = page.body_format ? page.body_format->text(scope) : std::string_view(page.body);
  const std::size_t leading = page.leading_headers.size();
  const std::size_t count = leading + page.headers.size();
  const auto header = [&](std::size_t i) -> const ReplyTemplate::Header& {
    return i < leading ? page.leading_headers[i] : page.headers[i - leading];
  };
  std::string_view* const values = new (arena_.allocate(count * sizeof(std::string_view), alignof(std::string_view))) std::string_view[count];
  for (std::size_t i = 0; i < count; ++i) values[i] = header(i).format ? header(i).format->text(scope) : std::string_view(header(i).value);
  scope.response_body = nullptr;
  response.clear();
  response.version = http::http_1_1;
  const auto status = reply_status_ && reply_ == &page && page.status == 0 ? reply_status_ : page.status;
  response.set_status(status, page.reason);
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, body.size()).ptr;
  http::Fields& fields = response.fields;
  for (std::size_t i = 0; i < leading; ++i)  // a rule's field without a value is not sent, as HAProxy does
    if (!values[i].empty()) fields.add(header(i).name, values[i]);
  if (!page.has_length && status >= 200 && status != 204 && status != 304) fields.add(http::HeaderId::content_length, {digits, static_cast<std::size_t>(end - digits)});
  if (!page.content_type.empty()) fields.add(http::HeaderId::content_type, page.content_type);
  for (std::size_t i = leading; i < count; ++i) fields.add(header(i).name, values[i]);
  for (const auto& field : answer_fields_) fields.remove(field.first);  // what an error page says of them
  for (const auto& [name, value] : answer_fields_) fields.add(name, value);
  scope.response = &response;
  return body;
}

}  // namespace sluice::proxy
