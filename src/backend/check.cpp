#include "backend/check.hpp"

#include <cstring>

#include "async/worker.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/framing.hpp"
#include "http/status.hpp"
#include "net/connect.hpp"
#include "net/proxy_protocol.hpp"
#include "net/socks4.hpp"

namespace sluice::backend {

using async::attempt;
using async::Task;
using Verdict = CheckResult::Verdict;
using NoResultYet = std::optional<CheckResult>;

namespace {

// Never as somebody else (manual "source": usesrc is for traffic).
net::ConnectOptions options_of(const Server& server) {
  net::ConnectOptions options = server.connect_options();
  options.transparent = false;
  options.source = server.source().address;
  return options;
}

}  // namespace

CheckRun::CheckRun(const CheckPlace& place, Server& server, const CheckPlan& plan, const CheckTarget& target)
    : place_(place), server_(server), plan_(plan), target_(target), connect_options_(options_of(server)),
      begun_(place.worker.loop.now()), deadline_(begun_ + target.patience) {
  if (place.names) {
    std::atomic<std::uint64_t>* const total = place.process_variables ? place.process_variables->of_checks() : nullptr;
    check_variables_.begin(arena_, place.names->count(expr::Life::check), total);
    session_variables_.begin(arena_, place.names->count(expr::Life::sess), total);
  }
  variables_.names = place.names;
  variables_.limits = place.limits;
  variables_.process = place.process_variables;
  variables_.session = &session_variables_;
  variables_.check = &check_variables_;
  scope_.arena = &arena_;
  scope_.ambient = place.ambient;
  scope_.variables = &variables_;
  scope_.backend = &server.backend();
  scope_.server = &server;
  scope_.direction = expr::Direction::response;
  scope_.response_bytes = &received_;
  scope_.response_body = &received_body_;
}

Task<CheckResult> CheckRun::perform() {
  CheckResult result = co_await take_steps();
  // A server may close an idle connection while we take it: that tells nothing about its health.
  const bool in_time = place_.worker.loop.now() < deadline_;
  if (result.verdict == Verdict::failed && found_ && !heard_ && in_time) {
    insists_on_new_ = true;
    passed_ = {};
    result = co_await take_steps();
  }
  co_return result;
}

Task<CheckResult> CheckRun::take_steps() {
  for (const CheckStep& step : plan_.steps) {
    step_ = &step;
    NoResultYet result;
    switch (step.kind) {
      case CheckStep::Kind::comment: break;
      case CheckStep::Kind::act: step.action->run(*this); break;
      case CheckStep::Kind::connect: result = co_await take_connect(step); break;
      case CheckStep::Kind::send: result = co_await take_send(step); break;
      case CheckStep::Kind::expect: result = co_await take_expect(step); break;
    }
    if (!result) continue;
    close();
    co_return std::move(*result);
  }
  close();
  if (passed_.verdict != Finding::Verdict::passed) co_return finish(Verdict::passed, plan_.success, plan_.success_info, plan_.success_status);
  const CheckCode code = passed_.code.value_or(plan_.success);
  const std::string& info = passed_.info.empty() ? plan_.success_info : passed_.info;
  co_return finish(code == CheckCode::L7OKC ? Verdict::conditional : Verdict::passed, code, info, passed_.status);
}

// ---- connect

net::Address CheckRun::where(const ConnectStep& how) {
  net::Address to = how.address ? *how.address : target_.address;
  if (how.address && to.port() == 0) to = to.with_port(target_.address.port());
  if (how.port != 0) to = to.with_port(how.port);
  if (!how.port_from) return to;
  const expr::Sample port = how.port_from->eval_as(expr::Type::sint, scope_);
  const bool usable = port && port.integer() > 0 && port.integer() <= 65535;
  return to.with_port(usable ? static_cast<std::uint16_t>(port.integer()) : 0);
}

Task<NoResultYet> CheckRun::take_connect(const CheckStep& step) {
  close();
  forget_answer();
  Task<> connecting = connect(step);
  const Result<void> connected = co_await attempt(std::move(connecting));
  if (connected) co_return std::nullopt;
  const Error error = connected.error();
  if (error.kind == Kind::timeout) co_return finish(Verdict::failed, CheckCode::L4TOUT, at_step(step));
  // What went wrong behind the handshake (SOCKS, PROXY) is told as what it is.
  const std::string why = error.sys != 0 ? std::strerror(error.sys) : std::string(name_of(error.kind));
  co_return finish(Verdict::failed, CheckCode::L4CON, why + at_step(step));
}

Task<> CheckRun::connect(const CheckStep& step) {
  const ConnectStep& how = step.connect;
  async::Worker& worker = place_.worker;
  const Instant until = target_.patience_from_connect ? worker.loop.now() + target_.connect_patience : deadline_;
  const net::Address to = where(how);
  shares_ = may_share(how);
  found_ = spoke_ = heard_ = false;
  linger_ = how.linger;
  if (shares_ && !insists_on_new_ && server_.state().usable_by_persistence()) {
    const ServerSettings& settings = server_.settings();
    connection_ = take_idle(worker, server_, server_.backend().settings().reuse, RequestOrder::later, settings.check.pool_name);
    found_ = connection_ != nullptr;
    if (found_ && target_.patience_from_connect) deadline_ = worker.loop.now() + target_.patience;
    if (found_) co_return;
  }
  if (to.is_ip() && to.port() == 0) co_await fail(Kind::refused, Side::server, Retry::never, EADDRNOTAVAIL);
  const bool through_socks = server_.settings().socks4 && (how.via_socks4 || (how.by_default && target_.via_socks4));
  const net::Address first = through_socks ? *server_.settings().socks4 : to;
  std::unique_ptr<net::Stream> stream = co_await net::connect(worker, first, connect_options_, until);
  connection_ = std::make_unique<ServerConnection>(server_, std::move(stream));
  connection_->is_private = !shares_;
  if (shares_ && !server_.settings().check.pool_name.empty())
    connection_->pool_name = std::make_unique<const std::string>(server_.settings().check.pool_name);
  if (target_.patience_from_connect) deadline_ = worker.loop.now() + target_.patience;
  if (through_socks) co_await net::ask_socks4(this->stream(), to, deadline_);
  if (how.send_proxy || (how.by_default && target_.send_proxy)) co_await send_proxy_header();
}

// Version 1 has no way to say that there is no client: it tells the check's own addresses.
Task<> CheckRun::send_proxy_header() {
  const ServerSettings& settings = server_.settings();
  const net::Address from = stream().socket().local_address(), to = where(step_->connect);
  std::string header;
  if (settings.send_proxy == SendProxy::v2) {
    net::ProxyV2Options options;
    options.local = !(settings.proxy_v2_options & proxy_v2_never_local);
    options.crc32c = settings.proxy_v2_options & proxy_v2_crc32c;
    header = options.local ? net::proxy_header_v2({}, {}, options) : net::proxy_header_v2(from, to, options);
  } else {
    header = net::proxy_header_v1(from, to);
  }
  const Duration patience = deadline_ - place_.worker.loop.now();
  co_await stream().write_all(header, patience);
}

// ---- send

Task<NoResultYet> CheckRun::take_send(const CheckStep& step) {
  forget_answer();
  const std::optional<std::string> bytes = step.message->bytes(*this);
  if (!bytes) co_return finish(Verdict::failed, CheckCode::SOCKERR, "the message is too long" + at_step(step));
  if (bytes->empty()) co_return std::nullopt;
  if (!connection_) co_return finish(Verdict::failed, CheckCode::SOCKERR, "not connected" + at_step(step));
  ++connection_->requests;
  spoke_ = true;
  const Duration patience = deadline_ - place_.worker.loop.now();
  const Result<void> sent = co_await attempt(stream().write_all(*bytes, patience));
  if (!sent) co_return broke(step, sent.error(), CheckCode::L7TOUT);
  co_return std::nullopt;
}

void CheckRun::forget_answer() {
  size_ = head_size_ = 0;
  buffer_.release();
  ended_ = broken_ = parsed_ = head_only_ = false;
  response_.clear();
  cursor_.reset();
  scope_.response = nullptr;
  received_ = received_body_ = {};
}

// ---- expect

Task<NoResultYet> CheckRun::take_expect(const CheckStep& step) {
  for (;;) {
    const Finding finding = look(step);
    if (finding.verdict == Finding::Verdict::failed) co_return failed(step, finding);
    if (finding.verdict == Finding::Verdict::passed) {
      passed_ = finding;
      co_return std::nullopt;
    }
    Task<> reading = read_more();
    const Result<void> read = co_await attempt(std::move(reading));
    if (!read) co_return broke(step, read.error(), step.expectation->on_timeout);
  }
}

Task<> CheckRun::read_more() {
  if (!connection_) co_await fail(Kind::end, Side::server);
  if (!buffer_) {
    co_await stream().readable(deadline_);
    buffer_ = async::Buffer(place_.worker.buffers);
    if (!buffer_) co_await fail(Kind::no_resource);
  }
  const std::size_t got = co_await stream().read(buffer_.span().subspan(size_), deadline_);
  size_ += got;
  ended_ = got == 0;
  if (!ended_) heard_ = true;
}

// Its comment is told in another way than that of a wrong answer.
Finding CheckRun::empty_answer(const CheckStep& step) const {
  Finding finding = Finding::failed(step.expectation->on_empty, fmt::format("TCPCHK got an empty response at step {}", step.number));
  if (!step.comment.empty()) finding.info += fmt::format(" comment: '{}'", step.comment);
  finding.has_comment = true;
  return finding;
}

Finding CheckRun::look(const CheckStep& step) {
  if (!buffer_ && !ended_) return Finding::more();
  received_ = {input(), at_end()};
  if (plan_.http) {
    const http::Response* const answer = response();
    if (!answer) return broken_ ? Finding::failed(CheckCode::L7RSP) : Finding::more();
    // A server that is down does not come back by a 404 (manual "http-check disable-on-404").
    if (plan_.disable_on_404 && answer->status == 404 && server_.state().operational.load() != Operational::stopped)
      return Finding::failed(CheckCode::L7OKC, {}, 404);
  } else if (ended_ && size_ == 0) {
    return empty_answer(step);
  }
  Finding finding = step.expectation->look(*this);
  if (finding.verdict == Finding::Verdict::more && at_end()) return Finding::failed(CheckCode::L7RSP);
  return finding;
}

const http::Response* CheckRun::response() {
  while (!parsed_ && !broken_) {
    if (size_ == 0) {
      broken_ = ended_;
      return nullptr;
    }
    const auto room = at_end() ? http::h1::Room::full : http::h1::Room::more;
    const http::h1::Outcome outcome = http::h1::parse_response_head(cursor_, {buffer_.begin(), size_}, response_, {}, room);
    if (outcome.state == http::h1::Outcome::State::need_more) {
      broken_ = at_end();
      return nullptr;
    }
    broken_ = outcome.state == http::h1::Outcome::State::error;
    head_size_ = outcome.length;
    parsed_ = !broken_ && !http::is_interim(response_.status);
    if (broken_ || parsed_) continue;
    size_ -= head_size_;  // 100, 103: the answer comes behind it
    std::memmove(buffer_.begin(), buffer_.begin() + head_size_, size_);
    response_.clear();
    cursor_.reset();
    if (size_ == 0) return nullptr;
  }
  scope_.response = parsed_ ? &response_ : nullptr;
  return scope_.response;
}

std::string_view CheckRun::body(bool& whole) {
  const http::Body framing = http::h1::body_of(response_, head_only_ ? http::Method::head : http::Method::get);
  const std::string_view bytes = input().substr(head_size_);
  std::string_view text = bytes;
  whole = at_end() || framing.kind == http::BodyKind::none;
  if (framing.kind == http::BodyKind::none) {
    text = {};
  } else if (framing.kind == http::BodyKind::chunked) {
    decoded_.assign(bytes);
    http::h1::ChunkDecoder decoder;
    const http::h1::ChunkDecoder::Compacted compacted = decoder.compact(decoded_);
    whole = whole || compacted.state != http::h1::ChunkDecoder::State::need_more;
    decoded_.resize(compacted.size);
    text = decoded_;
  } else if (framing.kind == http::BodyKind::length && bytes.size() >= framing.length) {
    whole = true;
    text = bytes.substr(0, framing.length);
  }
  received_body_ = {text, whole};
  return text;
}

// ---- the end

void CheckRun::close() {
  if (!connection_) return;
  if (shares_ && is_as_found()) return give_back(place_.worker, std::move(connection_));
  stream().close(linger_ ? net::Shut::orderly : net::Shut::reset);  // no TIME_WAIT for checks
  connection_.reset();
}

// Traffic goes the same way, and nothing is done to the connection that others would notice.
bool CheckRun::may_share(const ConnectStep& how) const {
  const bool plain = !how.address && how.port == 0 && !how.port_from && !how.linger && !how.send_proxy && !how.via_socks4;
  return target_.reuse_pool && plain && server_.backend().settings().reuse != Reuse::never;
}

// It was not used, or for one HTTP request whose answer is all here and lets it live on.
bool CheckRun::is_as_found() {
  if (!spoke_) return found_ && !ended_ && size_ == 0;
  if (!plan_.http || !parsed_ || connection_->is_private || ended_) return false;
  const http::Body framing = http::h1::body_of(response_, head_only_ ? http::Method::head : http::Method::get);
  bool whole = false;
  const std::size_t decoded = body(whole).size();
  const std::size_t here = size_ - head_size_;
  const bool nothing_behind = framing.kind == http::BodyKind::none     ? here == 0
                              : framing.kind == http::BodyKind::length ? here == framing.length && decoded == framing.length
                                                                       : false;
  return whole && nothing_behind && http::h1::wants_keep_alive(response_, framing);
}

CheckResult CheckRun::finish(Verdict verdict, CheckCode code, std::string info, int status) const {
  CheckResult result;
  result.verdict = verdict;
  result.code = code;
  result.status = status;
  result.duration = place_.worker.loop.now() - begun_;
  result.info = std::move(info);
  return result;
}

CheckResult CheckRun::failed(const CheckStep& step, const Finding& finding) const {
  const CheckCode code = finding.code.value_or(CheckCode::L7RSP);
  std::string info = finding.info;
  if (!step.comment.empty() && !finding.has_comment) info += fmt::format(" comment: {}", step.comment);
  return finish(code == CheckCode::L7OKC ? Verdict::conditional : Verdict::failed, code, std::move(info), finding.status);
}

// The connection failed, or nothing came in time.
CheckResult CheckRun::broke(const CheckStep& step, Error error, CheckCode on_timeout) const {
  if (error.kind == Kind::timeout) return finish(Verdict::failed, on_timeout, at_step(step));
  if (error.kind == Kind::reset)
    return finish(Verdict::failed, CheckCode::SOCKERR, std::strerror(error.sys != 0 ? error.sys : ECONNRESET) + at_step(step));
  return finish(Verdict::failed, CheckCode::L7RSP, std::string(name_of(error.kind)) + at_step(step));
}

std::string CheckRun::at_step(const CheckStep& step) const {
  if (!plan_.numbers_steps) return {};
  if (step.number == 0) return " at initial connection step of tcp-check";
  std::string text = fmt::format(" at step {} of tcp-check ({})", step.number, step.title);
  if (!step.comment.empty()) text += fmt::format(" comment: '{}'", step.comment);
  return text;
}

}  // namespace sluice::backend
