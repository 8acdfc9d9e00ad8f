// The health of one checked server as a pure state machine, and the codes of the last check. No I/O, no clock: the
// checker (checker.hpp) feeds it results and asks when to check next.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "net/address.hpp"

namespace sluice::backend {

// Result of the last check, named as the statistics' check_status column (management 9.1).
enum class CheckCode : std::uint8_t {
  none,    // no check configured
  INI,     // not checked yet
  CHECKED, HANA, SOCKERR, L4OK, L4TOUT, L4CON, L6OK, L6TOUT, L6RSP, L7TOUT, L7RSP, L7OK, L7OKC, L7STS, PROCERR, PROCTOUT, PROCOK,
};
std::string_view name_of(CheckCode code);         // "L4OK"
std::string_view description_of(CheckCode code);  // "Layer4 check passed", as in the logs' "reason:"
bool has_status(CheckCode code);                  // it comes with a number: check_code

struct CheckResult {
  enum class Verdict : std::uint8_t { failed, passed, conditional /* disable-on-404: stop new sessions */ };
  Verdict verdict = Verdict::failed;
  CheckCode code = CheckCode::none;
  int status = -1;        // HTTP (or other layer 7) status, -1 = none: check_code
  Duration duration{-1};  // negative: it took no time, or none that means anything
  std::string info;       // "Connection refused", "HTTP status check returned code <503>": logs and last_chk
};

// Counts successes and failures in a row: `rise` of them bring a server up, `fall` take it down.
class Health {
 public:
  // Starts barely up: the first failure takes it down.
  Health(unsigned rise, unsigned fall) : Health(rise, fall, rise) {}
  Health(unsigned rise, unsigned fall, unsigned value) : rise_(rise), fall_(fall), value_(std::min(value, full())) {}
  enum class Change : std::uint8_t { none, progress /* towards up or down */, up, down };
  Change record(bool passed);
  void force_up() { value_ = full(); }
  void force_down() { value_ = 0; }
  bool up() const { return value_ >= rise_; }
  // Neither fully up nor fully down: fastinter applies.
  bool in_transition() const { return value_ != 0 && value_ != full(); }
  unsigned value() const { return value_; }
  unsigned rise() const { return rise_; }
  unsigned fall() const { return fall_; }

 private:
  unsigned full() const { return rise_ + fall_ - 1; }
  unsigned rise_, fall_;
  unsigned value_;  // 0 .. rise + fall - 1; up from `rise` on
};

// An address set at run time instead of the configured one. Any thread.
class AddressOverride {
 public:
  std::optional<net::Address> get() const {
    if (!set_.load(std::memory_order_acquire)) return std::nullopt;
    const Hold hold(busy_);
    return address_;
  }
  void set(const net::Address& address) {
    const Hold hold(busy_);
    address_ = address;
    set_.store(true, std::memory_order_release);
  }

 private:
  struct Hold {
    explicit Hold(std::atomic_flag& flag) : busy(flag) {
      while (busy.test_and_set(std::memory_order_acquire)) {
      }
    }
    ~Hold() { busy.clear(std::memory_order_release); }
    std::atomic_flag& busy;
  };
  std::atomic<bool> set_{false};
  mutable std::atomic_flag busy_{};
  net::Address address_;
};

// What others may read of a server's checks; written by the one worker that checks it.
struct CheckStatus {
  std::atomic<CheckCode> code{CheckCode::none};
  std::atomic<std::int32_t> status{-1};
  std::atomic<std::uint32_t> duration_ms{0};
  std::atomic<std::uint32_t> health{0};
  std::atomic<std::uint32_t> rise{0}, fall{0};
  std::atomic<bool> running{false};  // a check is in progress
  std::atomic<bool> enabled{false};
  AddressOverride address;           // set server check-addr
  std::atomic<std::uint16_t> port{0};  // set server check-port, 0: as configured
  std::atomic<bool> paused{false};   // by the administrator: enabled, but none is made
  // Text of the last failure or success, read by CSV (last_chk). Short, replaced as a whole.
  std::string info() const;
  void set_info(std::string_view text);

 private:
  mutable std::atomic_flag busy_{};
  std::array<char, 128> info_{};
  std::uint8_t info_size_ = 0;
};

}  // namespace sluice::backend
