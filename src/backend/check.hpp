// CheckRun: one health check of one server while it is being made, and the engine that takes the plan's steps: one
// coroutine, from the first connect to a result; errors are results here. On the worker that checks the server; made
// anew for every check. It holds a buffer (tune.bufsize, which is all that is ever looked at) only while it waits for
// an answer.
#pragma once
#include <memory>
#include <string_view>

#include "async/buffer.hpp"
#include "async/task.hpp"
#include "backend/backend.hpp"
#include "backend/check_plan.hpp"
#include "backend/connection.hpp"
#include "backend/health.hpp"
#include "expr/scope.hpp"
#include "expr/variables.hpp"
#include "http/h1/parse.hpp"
#include "net/stream.hpp"

namespace sluice::backend {

// What checks need to know of where they run: the same for all of one worker.
struct CheckPlace {
  async::Worker& worker;
  std::string_view node;                               // our name, for http-check send-state
  expr::Ambient* ambient = nullptr;                    // null: no expressions (tests)
  expr::ProcessVariables* process_variables = nullptr;
  const expr::VariableNames* names = nullptr;          // null: no variables
  const expr::VariableLimits* limits = nullptr;        // of their variables; null: none
};

// Where and for how long. Connecting has `connect_patience` each time; all else has `patience` from the first connect
// on, or from the last one if `patience_from_connect` (timeout check).
struct CheckTarget {
  net::Address address;
  bool send_proxy = false, via_socks4 = false;
  Duration connect_patience{}, patience{};
  bool patience_from_connect = false;
  bool reuse_pool = false;  // it is where traffic goes, and idle connections are for checks, too
};

class CheckRun {
 public:
  CheckRun(const CheckPlace& place, Server& server, const CheckPlan& plan, const CheckTarget& target);
  CheckRun(const CheckRun&) = delete;

  async::Task<CheckResult> perform();

  // For messages and expectations:
  Server& server() const { return server_; }
  const CheckPlan& plan() const { return plan_; }
  const CheckStep& step() const { return *step_; }
  async::Worker& worker() const { return place_.worker; }
  std::string_view node() const { return place_.node; }
  std::string_view input() const { return {buffer_.begin(), size_}; }  // since the last thing sent
  bool at_end() const { return ended_ || (buffer_ && size_ == buffer_.size()); }  // nothing more can come
  const expr::Scope& scope() const { return scope_; }
  void will_answer_head() { head_only_ = true; }                       // the request just made is a HEAD
  bool keeps_connection() const { return shares_; }                    // the server is to leave it open
  // HTTP: the answer's head, null until it is whole; `broken` if it never will be.
  const http::Response* response();
  bool response_broken() const { return broken_; }
  // What of its body is here, without chunk framing; `whole`: that is all of it.
  std::string_view body(bool& whole);

 private:
  async::Task<CheckResult> take_steps();
  net::Stream& stream() { return connection_->stream(); }
  bool may_share(const ConnectStep& how) const;
  bool is_as_found();
  async::Task<> connect(const CheckStep& step);
  async::Task<> send_proxy_header();
  async::Task<> read_more();
  async::Task<std::optional<CheckResult>> take_connect(const CheckStep& step);
  async::Task<std::optional<CheckResult>> take_send(const CheckStep& step);
  async::Task<std::optional<CheckResult>> take_expect(const CheckStep& step);
  Finding look(const CheckStep& step);
  Finding empty_answer(const CheckStep& step) const;
  net::Address where(const ConnectStep& how);
  void forget_answer();
  void close();
  CheckResult finish(CheckResult::Verdict verdict, CheckCode code, std::string info = {}, int status = -1) const;
  CheckResult failed(const CheckStep& step, const Finding& finding) const;
  CheckResult broke(const CheckStep& step, Error error, CheckCode on_timeout) const;
  std::string at_step(const CheckStep& step) const;

  const CheckPlace place_;
  Server& server_;
  const CheckPlan& plan_;
  const CheckTarget target_;
  const net::ConnectOptions connect_options_;
  const CheckStep* step_ = nullptr;
  Instant begun_, deadline_;
  std::unique_ptr<ServerConnection> connection_;
  // shares_: it comes from the pool of idle ones or may go there; found_: it comes from there; heard_: it has been answered over.
  bool shares_ = false, found_ = false, spoke_ = false, heard_ = false, insists_on_new_ = false;
  bool linger_ = false, head_only_ = false, ended_ = false, broken_ = false, parsed_ = false;
  async::Buffer buffer_;
  std::size_t size_ = 0, head_size_ = 0;
  std::string decoded_;
  Arena arena_;
  http::Response response_{arena_};
  http::h1::Cursor cursor_;
  expr::VariableStore check_variables_, session_variables_;
  expr::Variables variables_;
  expr::Received received_, received_body_;
  expr::Scope scope_;
  Finding passed_;           // of the last expectation
};

}  // namespace sluice::backend
