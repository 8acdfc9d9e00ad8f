// The environment variables of a configuration: a copy of the process's, changed by presetenv, setenv, unsetenv and
// resetenv. A copy so that reloading starts from the original one again. Part of the Config; const after loading.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

class Environment {
 public:
  Environment() = default;
  static Environment of_process();

  std::optional<std::string_view> find(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  // Only the variables `keep` says yes to stay.
  void keep_only(const std::function<bool(std::string_view)>& keep);
  // Makes the process's environment this one: programs it starts inherit it.
  void apply_to_process() const;
  const std::map<std::string, std::string, std::less<>>& all() const { return variables_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace sluice::config
