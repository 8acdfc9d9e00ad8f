// Where messages about servers and backends go: to stderr while somebody may be reading it, and to the log targets of
// the backend's section. Made before the workers, used by all of them; sending is under a lock, for such messages are
// rare and short.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/notice.hpp"
#include "net/syslog_sender.hpp"
#include "proxy/build.hpp"

namespace sluice {

enum class ConsoleUse : std::uint8_t { shown, silent };

class Notices {
 public:
  Notices(const proxy::Proxies& proxies, ConsoleUse console);
  void tell(const backend::Notice& notice);
  // "Paused frontend f."
  void tell(const proxy::Frontend& frontend, const proxy::Proxies& proxies, const backend::FrontendNotice& notice);

 private:
  void write(backend::Console console, std::string_view text);
  struct Targets {
    std::vector<net::LogTarget> targets;
    net::LogIdentity who;
  };
  std::map<std::string, Targets, std::less<>> by_backend_;
  const ConsoleUse console_;
  std::mutex mutex_;
  net::LogSender sender_;
};

// "[ALERT]    (pid) : text" on stderr.
void say(std::string_view severity, std::string_view text);

}  // namespace sluice
