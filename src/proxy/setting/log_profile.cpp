// Sections `log-profile` (manual 8.3.5): other formats, at certain steps, for the log lines that name the profile.
#include "base/text.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice::proxy::setting {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::SectionKind;
using config::Setting;
namespace in = config::in;

const Setting<std::string> profile_tag{{.name = "log-tag", .args = "<string>", .sections = in::log_profile,
    .doc = "The program name of lines of this profile, instead of that of other log-tag lines."}};
const Setting<std::vector<ProfileStep>> profile_steps{in::log_profile};

namespace {

void finish(const Section& section, const config::Config& config, config::Diagnostics& diagnostics) {
  if (config.find(in::log_profile, section.name()) != &section)
    diagnostics.alert(section.place(), fmt::format("log-profile '{}' was declared before", section.name()));
}
const Add kind{SectionKind{.name = "log-profile", .args = "<name>", .bit = in::log_profile, .finish = finish,
    .doc = "Formats, and what is not logged, step by step, for the log targets that name it."}};

// The word read last as a line of its own, for LogFormat::parse.
std::optional<Line> take_format(Line& line, std::string_view what) {
  const config::Word* const word = line.take(what);
  if (!word) return std::nullopt;
  Line format = line.with_words({line.words().front(), *word});
  format.begin(1);
  return format;
}

void on(Line& line, Section& section) {
  const config::Word* const name = line.take("<step>");
  if (!name) return;
  const auto step = log_step_of(name->text);
  if (!step) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < log_step_count; ++i) names.push_back(name_of(static_cast<LogStep>(i)));
    return line.alert(*name, name->text == "quic-init" ? "'on' : there are no QUIC connections in this version."
                                                       : fmt::format("'on' : unknown step '{}'.", name->text),
                      std::string(nearest(name->text, names)));
  }
  ProfileStep made{.step = *step, .drop = false, .format = {}, .data = {}};
  while (!line.at_end()) {
    const std::vector<std::string_view> names{"drop", "format", "sd"};
    const auto at = line.take_one_of(names);
    if (!at) return;
    if (*at == 0) {
      made.drop = true;
      continue;
    }
    std::optional<Line> format = take_format(line, "<fmt>");
    if (!format) return;
    (*at == 1 ? made.format : made.data) = std::move(format);
  }
  std::vector<ProfileStep>& steps = section.change(profile_steps, line);
  std::erase_if(steps, [&](const ProfileStep& other) { return other.step == made.step; });
  steps.push_back(std::move(made));
}
const Add on_entry{Keyword{.name = "on", .args = "<step> [drop] [format <fmt>] [sd <fmt>]", .sections = in::log_profile, .parse = on,
    .doc = "At this step (accept, request, connect, response, close, error, any; tcp-req-conn, tcp-req-sess, tcp-req-cont, "
           "tcp-res-cont, http-req, http-res, http-after-res for do-log): write nothing, or another format."}};

}  // namespace
}  // namespace sluice::proxy::setting
