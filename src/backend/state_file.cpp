#include "backend/state_file.hpp"

#include <chrono>
#include <fstream>
#include <sstream>

#include "backend/setting/state_file.hpp"
#include "base/text.hpp"

namespace sluice::backend {
namespace {

enum Column : std::size_t {
  backend_name = 1, server_name = 3, address = 4, operational = 5, admin = 6, user_weight = 7, initial_weight = 8,
  since_change = 9, check_health = 12, host = 17, port = 18, fewest = 19,
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::string_view word = take_until(line, ' ');
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

template <class T>
bool number(std::string_view text, T& to) {
  const auto value = parse_int(text);
  if (!value || !std::in_range<T>(*value)) return false;
  to = static_cast<T>(*value);
  return true;
}

std::string text_or_nothing(std::string_view text) { return text == "-" ? std::string() : std::string(text); }

}  // namespace

bool StateFile::read(std::string_view text) {
  if (trim(take_until(text, '\n')) != "1") return false;
  while (!text.empty()) {
    const std::vector<std::string_view> words = words_of(trim(take_until(text, '\n')));
    if (words.size() < fewest || words[0].starts_with('#')) continue;
    Entry entry;
    const bool fine = number(words[operational], entry.operational) && number(words[admin], entry.admin) &&
                      number(words[user_weight], entry.weight) && number(words[initial_weight], entry.initial_weight) &&
                      number(words[since_change], entry.seconds_since_change) && number(words[check_health], entry.health) &&
                      number(words[port], entry.port) && entry.weight <= 256 && entry.seconds_since_change >= 0;
    if (!fine) continue;
    entry.address = text_or_nothing(words[address]);
    entry.host = text_or_nothing(words[host]);
    entries_[fmt::format("{}/{}", words[backend_name], words[server_name])] = std::move(entry);
  }
  return true;
}

const StateFile::Entry* StateFile::find(std::string_view backend, std::string_view server) const {
  const auto found = entries_.find(fmt::format("{}/{}", backend, server));
  return found == entries_.end() ? nullptr : &found->second;
}

const StateFile* StateFiles::of(const config::Section& section) {
  std::string path;
  switch (section[setting::state_from]) {
    case setting::StateFrom::nowhere: return nullptr;
    case setting::StateFrom::global:
      path = global_[setting::state_file];
      if (path.empty())
        diagnostics_.warning(section.place(setting::state_from),
                             fmt::format("{} '{}' loads server states from the global file, but the global section has no 'server-state-file'.",
                                         section.kind_name(), section.name()));
      break;
    case setting::StateFrom::local:
      path = section[setting::state_file_name];
      if (path.empty() || path == "use-backend-name") path = section.name();
      break;
  }
  if (path.empty()) return nullptr;
  const std::string& base = global_[setting::state_base];
  if (!path.starts_with('/') && !base.empty()) path = base + (base.ends_with('/') ? "" : "/") + path;
  auto& file = files_[path];
  if (!file) {
    file = std::make_unique<StateFile>();
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) diagnostics_.warning(section.place(), fmt::format("cannot read the server state file '{}'.", path));
    else if (!file->read(text.str())) diagnostics_.warning(section.place(), fmt::format("'{}' is no server state file of version 1.", path));
  }
  return file.get();
}

void restore(Server& server, const StateFile::Entry& entry) {
  ServerState& state = server.state();
  const ServerSettings& settings = server.settings();
  if (entry.initial_weight == settings.weight && entry.weight != settings.weight) {
    state.user_weight = state.effective_weight = entry.weight;
    state.weight_changed = true;
  }
  constexpr unsigned forced_maintenance = 1, forced_drain = 8;
  if (!settings.disabled) {
    if (entry.admin & forced_maintenance) state.admin = state.own_admin = Admin::maint;
    else if (entry.admin & forced_drain) state.admin = state.own_admin = Admin::drain;
  }
  if (settings.check.enabled && state.admin.load() != Admin::maint) {
    const bool stopped = entry.operational == 0;
    state.operational = stopped ? Operational::stopped : entry.operational == 3 ? Operational::stopping : Operational::running;
    const std::uint32_t most = settings.check.rise + settings.check.fall - 1;
    state.check.health = stopped ? std::min(entry.health, settings.check.rise - 1)
                                 : std::clamp(entry.health, static_cast<std::uint32_t>(settings.check.rise), most);
  }
  using std::chrono::duration_cast, std::chrono::steady_clock;
  const std::int64_t now = duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch()).count();  // as loops count
  state.changed_us = now - std::min<std::int64_t>(entry.seconds_since_change * 1'000'000, now - 1);
}

}  // namespace sluice::backend
