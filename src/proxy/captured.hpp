// The last message of each proxy that could not be parsed, for `show errors`: what came, and where it was wrong. Written
// when a message is refused, read by the runtime API; locked inside, any worker.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace sluice::proxy {

struct CapturedMessage {
  enum class Side : std::uint8_t { request, response } side = Side::request;
  std::uint64_t event = 0;             // its number among all of them
  WallTime at;
  std::string proxy;                   // whose message it was: the frontend's request, the backend's response
  std::string frontend, backend, server, source;
  std::uint64_t session = 0;
  std::string reason;
  std::size_t position = 0;            // of the first byte that was wrong
  std::string bytes;
};

class CapturedMessages {
 public:
  void keep(CapturedMessage message);
  std::uint64_t total() const;
  // Those of a proxy, or all if its name is empty; oldest first.
  std::vector<CapturedMessage> of(std::string_view proxy) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::map<std::pair<std::string, CapturedMessage::Side>, CapturedMessage> last_;
};

}  // namespace sluice::proxy
