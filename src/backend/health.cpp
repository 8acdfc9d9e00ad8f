#include "backend/health.hpp"

#include <algorithm>

namespace sluice::backend {

std::string_view name_of(CheckCode code) {
  switch (code) {
    case CheckCode::none: return "";
    case CheckCode::INI: return "INI";
    case CheckCode::CHECKED: return "CHECKED";
    case CheckCode::HANA: return "HANA";
    case CheckCode::SOCKERR: return "SOCKERR";
    case CheckCode::L4OK: return "L4OK";
    case CheckCode::L4TOUT: return "L4TOUT";
    case CheckCode::L4CON: return "L4CON";
    case CheckCode::L6OK: return "L6OK";
    case CheckCode::L6TOUT: return "L6TOUT";
    case CheckCode::L6RSP: return "L6RSP";
    case CheckCode::L7OK: return "L7OK";
    case CheckCode::L7OKC: return "L7OKC";
    case CheckCode::L7TOUT: return "L7TOUT";
    case CheckCode::L7RSP: return "L7RSP";
    case CheckCode::L7STS: return "L7STS";
    case CheckCode::PROCERR: return "PROCERR";
    case CheckCode::PROCTOUT: return "PROCTOUT";
    case CheckCode::PROCOK: return "PROCOK";
  }
  return "";
}

std::string_view description_of(CheckCode code) {
  switch (code) {
    case CheckCode::none: return "";
    case CheckCode::INI: return "Initializing";
    case CheckCode::CHECKED: return "No status change";
    case CheckCode::HANA: return "Health analyze";
    case CheckCode::SOCKERR: return "Socket error";
    case CheckCode::L4OK: return "Layer4 check passed";
    case CheckCode::L4TOUT: return "Layer4 timeout";
    case CheckCode::L4CON: return "Layer4 connection problem";
    case CheckCode::L6OK: return "Layer6 check passed";
    case CheckCode::L6TOUT: return "Layer6 timeout";
    case CheckCode::L6RSP: return "Layer6 invalid response";
    case CheckCode::L7OK: return "Layer7 check passed";
    case CheckCode::L7OKC: return "Layer7 check conditionally passed";
    case CheckCode::L7TOUT: return "Layer7 timeout";
    case CheckCode::L7RSP: return "Layer7 invalid response";
    case CheckCode::L7STS: return "Layer7 wrong status";
    case CheckCode::PROCERR: return "External check error";
    case CheckCode::PROCTOUT: return "External check timeout";
    case CheckCode::PROCOK: return "External check passed";
  }
  return "";
}

bool has_status(CheckCode code) { return code >= CheckCode::L7OK; }

Health::Change Health::record(bool passed) {
  const unsigned before = value_;
  if (passed) {
    if (value_ == full()) return Change::none;
    ++value_;
    if (value_ == rise_) {
      value_ = full();
      return Change::up;
    }
    if (before >= rise_) value_ = full();  // an up server has its credit back with the first success
    return Change::progress;
  }
  if (value_ == 0) return Change::none;
  --value_;
  if (before >= rise_ && value_ < rise_) {
    value_ = 0;
    return Change::down;
  }
  if (before < rise_) value_ = 0;  // and a down server starts over with the first failure
  return Change::progress;
}

std::string CheckStatus::info() const {
  while (busy_.test_and_set(std::memory_order_acquire)) {
  }
  std::string text(info_.data(), info_size_);
  busy_.clear(std::memory_order_release);
  return text;
}

void CheckStatus::set_info(std::string_view text) {
  while (busy_.test_and_set(std::memory_order_acquire)) {
  }
  info_size_ = static_cast<std::uint8_t>(std::min(text.size(), info_.size()));
  std::copy_n(text.begin(), info_size_, info_.begin());
  busy_.clear(std::memory_order_release);
}

}  // namespace sluice::backend
