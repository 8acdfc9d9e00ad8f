#include "config/environment.hpp"

#include <stdlib.h>
#include <unistd.h>

#include "config/loading.hpp"

namespace sluice::config {

Environment Environment::of_process() {
  Environment out;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.set(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::optional<std::string_view> Environment::find(std::string_view name) const {
  const auto at = variables_.find(name);
  if (at == variables_.end()) return std::nullopt;
  return at->second;
}
void Environment::set(std::string_view name, std::string_view value) {
  variables_.insert_or_assign(std::string(name), std::string(value));
}
void Environment::remove(std::string_view name) {
  const auto at = variables_.find(name);
  if (at != variables_.end()) variables_.erase(at);
}
void Environment::keep_only(const std::function<bool(std::string_view)>& keep) {
  std::erase_if(variables_, [&](const auto& variable) { return !keep(variable.first); });
}

void Environment::apply_to_process() const {
  ::clearenv();
  for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
}

std::string Loading::directory() const {
  const std::size_t slash = file.rfind('/');
  const std::string of_file(slash == std::string_view::npos ? std::string_view{} : file.substr(0, slash == 0 ? 1 : slash));
  switch (path_from) {
    case PathFrom::current: return {};
    case PathFrom::config: return of_file;
    case PathFrom::parent: return of_file.empty() ? ".." : of_file + "/..";
    case PathFrom::origin: return origin;
  }
  return {};
}

}  // namespace sluice::config
