// option httpchk: sends one request and judges the answer by its status or its body (http-check expect).
#include <unistd.h>

#include "async/worker.hpp"
#include "backend/check.hpp"
#include "base/arena.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "http/h1/chunk.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/parse.hpp"

namespace sluice::backend {
namespace {

using Verdict = CheckResult::Verdict;

// Manual "http-check send-state".
std::string state_header(const CheckRun& run) {
  const Server& server = run.server;
  const ServerState& state = server.state();
  const net::Address& address = server.settings().address;
  const std::string host = address.is_unix() ? "unix" : address.host_text();
  const std::string port = address.is_unix() ? "unix" : std::to_string(address.port());
  return fmt::format("{}; address={}; port={}; name={}/{}; node={}; weight={}/{}; scur={}/{}; qcur={}", state.status(), host,
                     port, server.backend().name(), server.name(), run.node, state.effective_weight.load(),
                     server.backend().total_weight(), state.served.load(), server.backend().state().sessions.load(),
                     state.queued.load());
}

std::string request_of(const CheckRun& run, const HttpCheck& check) {
  std::string text = fmt::format("{} {} {}\r\n", check.method, check.uri, check.version);
  bool has_connection = false;
  for (const auto& [name, value] : check.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
    if (equal_nocase(name, "connection")) has_connection = true;
  }
  if (check.send_state) text += fmt::format("x-haproxy-server-state: {}\r\n", state_header(run));
  if (check.has_body) text += fmt::format("content-length: {}\r\n", check.body.size());
  if (!has_connection && check.version != "HTTP/1.0") text += "connection: close\r\n";
  return text + "\r\n" + check.body;
}

// What was read of the answer, and its head. The buffer is only as long as tune.bufsize: the manual says so.
struct Answer {
  static constexpr std::size_t room = 16384;
  std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(room);
  std::size_t size = 0;
  Arena arena;
  http::Response response{arena};
  std::size_t head = 0;
  bool ended = false;  // the server closed

  std::span<char> space() { return {bytes.get() + size, room - size}; }
  std::span<char> body() { return {bytes.get() + head, size - head}; }
};

async::Task<> read_some(CheckRun& run, net::Stream& stream, Answer& answer) {
  const std::size_t got = co_await stream.read(answer.space(), run.deadline);
  answer.size += got;
  answer.ended = got == 0;
}

async::Task<> read_head(CheckRun& run, net::Stream& stream, Answer& answer) {
  http::h1::Cursor cursor;
  for (;;) {
    co_await read_some(run, stream, answer);
    if (answer.ended) co_await fail(Kind::bad_message, Side::server);
    const http::h1::Outcome outcome = http::h1::parse_response_head(cursor, {answer.bytes.get(), answer.size}, answer.response, {},
                                                                   answer.space().empty() ? http::h1::Room::full : http::h1::Room::more);
    if (outcome.state == http::h1::Outcome::State::error) co_await fail(Kind::bad_message, Side::server);
    answer.head = outcome.length;
    if (outcome.state == http::h1::Outcome::State::done) co_return;
  }
}

// The payload read so far, chunk framing taken out; `whole`: there is no more to come.
std::string_view payload(Answer& answer, std::string& decoded, bool& whole) {
  const http::Body body = http::h1::body_of(answer.response, http::Method::get);
  const std::span<char> bytes = answer.body();
  whole = answer.ended || answer.space().empty() || body.kind == http::BodyKind::none;
  if (body.kind == http::BodyKind::chunked) {
    decoded.assign(bytes.data(), bytes.size());
    http::h1::ChunkDecoder decoder;
    const http::h1::ChunkDecoder::Compacted compacted = decoder.compact(decoded);
    if (compacted.state != http::h1::ChunkDecoder::State::need_more) whole = true;
    decoded.resize(compacted.size);
    return decoded;
  }
  std::string_view text(bytes.data(), bytes.size());
  if (body.kind == http::BodyKind::length && text.size() >= body.length) {
    whole = true;
    text = text.substr(0, body.length);
  }
  return text;
}

bool status_matches(const HttpExpect& expect, unsigned status) {
  if (expect.what == HttpExpect::What::rstatus) return expect.regex->matches(std::to_string(status));
  return std::ranges::any_of(expect.statuses, [status](const auto& range) { return status >= range.first && status <= range.second; });
}

std::string with_comment(std::string text, const HttpExpect& expect) {
  return expect.comment.empty() ? text : fmt::format("{} comment: {}", text, expect.comment);
}

CheckResult wrong_status(const CheckRun& run, const Answer& answer, const HttpExpect& expect) {
  return result(run, CheckCode::L7STS, Verdict::failed, with_comment(std::string(answer.response.reason), expect), answer.response.status);
}

// string, rstring: reads on until it matches or nothing more can come.
async::Task<bool> body_matches(CheckRun& run, net::Stream& stream, Answer& answer, const HttpExpect& expect) {
  for (;;) {
    std::string decoded;
    bool whole = false;
    const std::string_view text = payload(answer, decoded, whole);
    const bool matches = expect.what == HttpExpect::What::rstring ? expect.regex->matches(text)
                                                                  : text.find(expect.pattern) != std::string_view::npos;
    if (matches || whole) co_return matches;
    co_await read_some(run, stream, answer);
  }
}

async::Task<CheckResult> judge(CheckRun& run, net::Stream& stream, Answer& answer) {
  const HttpCheck& check = run.server.backend().settings().check.http;
  const unsigned status = answer.response.status;
  if (check.disable_on_404 && status == 404) co_return result(run, CheckCode::L7OKC, Verdict::conditional, {}, 404);
  if (check.expect.empty() && (status < 200 || status > 399)) co_return wrong_status(run, answer, HttpExpect{});
  for (const HttpExpect& expect : check.expect) {
    if (expect.what == HttpExpect::What::status || expect.what == HttpExpect::What::rstatus) {
      if (status_matches(expect, status) == expect.negated) co_return wrong_status(run, answer, expect);
      continue;
    }
    const bool matches = co_await body_matches(run, stream, answer, expect);
    if (matches == expect.negated) {
      std::string why = expect.negated ? "HTTP check matched unwanted content" : "HTTP content check did not match";
      co_return result(run, CheckCode::L7RSP, Verdict::failed, with_comment(std::move(why), expect));
    }
  }
  co_return result(run, CheckCode::L7OK, Verdict::passed, {}, status);
}

async::Task<CheckResult> ask(CheckRun& run, net::Stream& stream) {
  const std::string request = request_of(run, run.server.backend().settings().check.http);
  const Duration patience = run.deadline - run.worker.loop.now();
  co_await stream.write_all(request, patience);
  Answer answer;
  co_await read_head(run, stream, answer);
  CheckResult judged = co_await judge(run, stream, answer);
  co_return judged;
}

async::Task<CheckResult> run(CheckRun& run) {
  Result<std::unique_ptr<net::Stream>> stream = co_await attempt(open(run));
  if (!stream) co_return connect_failure(run, stream.error());
  Result<CheckResult> asked = co_await attempt(ask(run, **stream));
  (*stream)->close(net::Shut::reset);
  if (!asked) co_return layer7_failure(run, asked.error());
  co_return std::move(*asked);
}

const catalog::Add entry{Check{.name = "http", .run = run, .doc = "Sends an HTTP request and judges the answer."}};

}  // namespace
}  // namespace sluice::backend
