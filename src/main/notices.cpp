#include "main/notices.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "proxy/setting/log_settings.hpp"

namespace sluice {
namespace {

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

}  // namespace

void say(std::string_view severity, std::string_view text) {
  const std::string line = fmt::format("{:<10} ({}) : {}\n", fmt::format("[{}]", severity), ::getpid(), text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Notices::Notices(const proxy::Proxies& proxies, ConsoleUse console) : console_(console) {
  for (const auto& destination : proxies.destinations) {
    const config::Section& section = *destination->policy.section;
    by_backend_[section.name()] = {proxy::setting::log_targets(section, proxies),
                                   proxy::setting::log_identity(section, *proxies.config)};
  }
}

void Notices::tell(const proxy::Frontend& frontend, const proxy::Proxies& proxies, const backend::FrontendNotice& notice) {
  write(notice.console, notice.console_text);
  const std::lock_guard lock(mutex_);
  for (const net::LogTarget& target : proxy::setting::log_targets(*frontend.section, proxies))
    sender_.send(target, static_cast<net::Severity>(notice.level), proxy::setting::log_identity(*frontend.section, *proxies.config), wall_now(),
                 notice.text);
}

void Notices::write(backend::Console console, std::string_view text) {
  constexpr std::string_view words[] = {"", "NOTICE", "WARNING", "ALERT"};
  if (console_ == ConsoleUse::shown && console != backend::Console::none) say(words[static_cast<std::size_t>(console)], text);
}

void Notices::tell(const backend::Notice& notice) {
  write(notice.console, notice.console_text);
  const auto found = by_backend_.find(notice.backend.name());
  if (found == by_backend_.end() || notice.text.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const net::LogTarget& target : found->second.targets)
    sender_.send(target, static_cast<net::Severity>(notice.level), found->second.who, wall_now(), notice.text);
}

}  // namespace sluice
