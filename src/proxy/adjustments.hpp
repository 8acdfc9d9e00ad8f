// What rules change for one exchange alone. Made in the exchange's arena when the first such rule runs, gone with it.
#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace sluice::proxy {

struct Pace;

struct Adjustments {
  std::optional<Duration> client, connect, queue, server, tarpit, tunnel;  // set-timeout
  std::optional<unsigned> retries;              // set-retries
  std::optional<std::uint32_t> server_mark;     // set-bc-mark
  std::optional<std::uint8_t> server_tos;       // set-bc-tos
  Pace* uploads = nullptr;                      // set-bandwidth-limit, by a filter bwlim-in; null: as fast as it goes
  Pace* downloads = nullptr;                    // bwlim-out
  bool only_connect_retries = false;            // disable-l7-retry
};

}  // namespace sluice::proxy
