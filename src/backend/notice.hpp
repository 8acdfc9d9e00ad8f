// Messages about servers and backends ("Server b/s is DOWN, ..."): where they come from knows nothing of logs. main
// hands in the sink, which prints on stderr with the first level and logs to the backend's targets with the second.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace sluice::backend {

class Backend;

enum class Console : std::uint8_t { none, notice, warning, alert };
// syslog's numbers
enum class Level : std::uint8_t { emerg = 0, alert = 1, crit = 2, err = 3, warning = 4, notice = 5, info = 6, debug = 7 };

struct Notice {
  const Backend& backend;
  Console console = Console::warning;
  Level level = Level::notice;
  std::string_view text;          // for the log, without newline
  std::string_view console_text;  // for stderr; usually the same
  std::optional<Level> mail{};    // also for mails (email-alert), and how bad it is there
};

// The same about a frontend.
struct FrontendNotice {
  Console console = Console::warning;
  Level level = Level::warning;
  std::string_view text{};
  std::string_view console_text{};
};

// Called from any worker, never under a lock; must be safe for that. May be empty: then nobody is told.
using NoticeSink = std::function<void(const Notice&)>;

}  // namespace sluice::backend
