#include "proxy/captured.hpp"

#include <algorithm>

namespace sluice::proxy {

void CapturedMessages::keep(CapturedMessage message) {
  const std::lock_guard lock(mutex_);
  message.event = total_++;
  auto key = std::pair(message.proxy, message.side);
  last_.insert_or_assign(std::move(key), std::move(message));
}

std::uint64_t CapturedMessages::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::vector<CapturedMessage> CapturedMessages::of(std::string_view proxy) const {
  const std::lock_guard lock(mutex_);
  std::vector<CapturedMessage> found;
  for (const auto& [key, message] : last_)
    if (proxy.empty() || proxy == key.first) found.push_back(message);
  std::ranges::sort(found, {}, &CapturedMessage::event);
  return found;
}

}  // namespace sluice::proxy
