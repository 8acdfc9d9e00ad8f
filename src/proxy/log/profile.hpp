// LogProfile: a log-profile section, its formats compiled for one frontend (or one do-log rule). Immutable, owned by the
// frontend's log or by the rule, any worker.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "expr/log_format.hpp"
#include "proxy/log.hpp"

namespace sluice::proxy {

class LogProfile {
 public:
  // Null: diagnosed.
  static std::unique_ptr<LogProfile> make(const config::Section& section, expr::Compiler& compiler);

  // What the profile says about a line; null: nothing. What went wrong has a step of its own, "error".
  struct Step {
    bool drop = false;
    std::optional<expr::LogFormat> format, data;
  };
  enum class Outcome : std::uint8_t { fine, wrong };
  const Step* at(LogStep step, Outcome outcome) const;
  const std::string& tag() const { return tag_; }  // empty: as elsewhere
  bool mentions(std::string_view item) const;

 private:
  std::string tag_;
  std::array<std::optional<Step>, log_step_count> steps_;
};

}  // namespace sluice::proxy
