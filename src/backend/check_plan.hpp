// A check plan: the steps of one health check, in order: connect, send, expect, set a variable. Built once from the
// configuration (plan_builder.hpp; what a kind of check consists of stands in check/), immutable afterwards, any worker.
// The engine that takes the steps is check.hpp: it knows no protocol.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/health.hpp"
#include "expr/expression.hpp"
#include "net/address.hpp"

namespace sluice::backend {

class CheckRun;

// What a step sends. Nothing: it could not be made (out of room); ends the check.
class CheckMessage {
 public:
  virtual ~CheckMessage() = default;
  virtual std::optional<std::string> bytes(CheckRun& run) const = 0;
};

// What an expectation makes of the bytes received so far.
struct Finding {
  enum class Verdict : std::uint8_t { more, passed, failed } verdict = Verdict::more;
  std::optional<CheckCode> code;  // else what the plan has for success, L7RSP for failure
  int status = -1;                // check_code; -1: none
  std::string info;               // what logs and last_chk say; empty: the plan's own words
  bool has_comment = false;       // the step's comment is in it

  static Finding more() { return {}; }
  static Finding passed(std::string info = {}, int status = 0) { return {Verdict::passed, std::nullopt, status, std::move(info)}; }
  static Finding failed(CheckCode code, std::string info = {}, int status = 0) { return {Verdict::failed, code, status, std::move(info)}; }
};

class Expectation {
 public:
  virtual ~Expectation() = default;
  // `more` while it cannot be said yet; at the end of input (CheckRun::at_end) it must be said.
  virtual Finding look(CheckRun& run) const = 0;
  CheckCode on_timeout = CheckCode::L7TOUT;
  CheckCode on_empty = CheckCode::L7RSP;  // the server closed without a word
};

// Sets or unsets variables.
class CheckAction {
 public:
  virtual ~CheckAction() = default;
  virtual void run(CheckRun& run) const = 0;
};

// How a step connects. `by_default`: as the server line says, where nothing else is said here.
struct ConnectStep {
  bool by_default = false, send_proxy = false, via_socks4 = false, linger = false;
  std::optional<net::Address> address;
  std::uint16_t port = 0;                          // 0: see port_from, else the server's
  std::shared_ptr<const expr::Expression> port_from;
};

struct CheckStep {
  enum class Kind : std::uint8_t { connect, send, expect, act, comment } kind = Kind::comment;
  unsigned number = 0;     // as messages count them, from 1; 0: implied
  std::string comment;     // for messages when it fails; its own, or that of a comment step before it
  std::string title;       // "connect port 80", "expect string '+OK'"
  ConnectStep connect{};
  std::shared_ptr<const CheckMessage> message{};
  std::shared_ptr<const Expectation> expectation{};
  std::shared_ptr<const CheckAction> action{};
};

// option external-check: a program instead of steps.
struct ExternalCheck {
  std::string command, path;
  std::string proxy_address, proxy_port;  // of the first bind line; empty: none
  unsigned proxy_id = 0;
  bool keep_environment = false, may_fork = false, http = false;
};

struct CheckPlan {
  std::vector<CheckStep> steps;
  CheckCode success = CheckCode::L4OK;  // if no expectation says otherwise
  int success_status = -1;
  std::string success_info;             // "(tcp-check)"
  bool numbers_steps = false;           // errors say at which step (option tcp-check)
  bool http = false;                    // what is received are HTTP answers
  bool disable_on_404 = false;
  std::unique_ptr<const ExternalCheck> external;
};

}  // namespace sluice::backend
