#include "proxy/log/profile.hpp"

#include <algorithm>

#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy {
namespace {

constexpr std::array<std::string_view, log_step_count> names = {
    "accept",   "request",      "connect",  "response", "close",          "tcp-req-conn", "tcp-req-sess", "tcp-req-cont",
    "tcp-res-cont", "http-req", "http-res", "http-after-res", "error", "any"};

bool compile(const std::optional<config::Line>& text, expr::Compiler& compiler, std::optional<expr::LogFormat>& format) {
  if (!text) return true;
  config::Line line = *text;
  format = expr::LogFormat::parse(line, compiler, expr::LogFormat::For::log);
  return format.has_value();
}

}  // namespace

std::string_view name_of(LogStep step) { return names[static_cast<std::size_t>(step)]; }
std::optional<LogStep> log_step_of(std::string_view name) {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? std::nullopt : std::optional(static_cast<LogStep>(at - names.begin()));
}

std::unique_ptr<LogProfile> LogProfile::make(const config::Section& section, expr::Compiler& compiler) {
  auto profile = std::make_unique<LogProfile>();
  profile->tag_ = section[setting::profile_tag];
  bool fine = true;
  for (const setting::ProfileStep& said : section[setting::profile_steps]) {
    Step& step = profile->steps_[static_cast<std::size_t>(said.step)].emplace(Step{});
    step.drop = said.drop;
    fine = compile(said.format, compiler, step.format) && fine;
    fine = compile(said.data, compiler, step.data) && fine;
  }
  return fine ? std::move(profile) : nullptr;
}

const LogProfile::Step* LogProfile::at(LogStep step, Outcome outcome) const {
  const auto& own = steps_[static_cast<std::size_t>(outcome == Outcome::wrong ? LogStep::error : step)];
  if (own) return &*own;
  const auto& any = steps_[static_cast<std::size_t>(LogStep::any)];
  return any ? &*any : nullptr;
}

bool LogProfile::mentions(std::string_view item) const {
  return std::ranges::any_of(steps_, [&](const std::optional<Step>& step) {
    return step && ((step->format && step->format->mentions(item)) || (step->data && step->data->mentions(item)));
  });
}

}  // namespace sluice::proxy
