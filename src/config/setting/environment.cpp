// setenv, presetenv, unsetenv, resetenv, default-path, expose-...-directives: they act while the files are being read.
#include "config/keyword.hpp"
#include "config/loading.hpp"

namespace sluice::config {
namespace {

using catalog::Add;

void parse_setenv(Line& line, Section&) {
  const Word* name = line.take("a name and a value");
  const Word* value = name ? line.take("a name and a value") : nullptr;
  if (!value || !line.finish()) return;
  Environment& environment = line.loading().environment;
  if (name->text.empty() || name->text.contains('=')) {
    line.alert(*name, fmt::format("'{}' is no name of a variable", name->text));
    return;
  }
  if (line.keyword() == "setenv" || !environment.find(name->text)) environment.set(name->text, value->text);
}
const Add setenv_entry{Keyword{.name = "setenv", .args = "<name> <value>", .sections = in::global, .parse = parse_setenv,
                               .doc = "Sets an environment variable for the lines that follow."}};
const Add presetenv_entry{Keyword{.name = "presetenv", .args = "<name> <value>", .sections = in::global, .parse = parse_setenv,
                                  .doc = "As setenv, unless the variable is set already."}};

void parse_unsetenv(Line& line, Section&) {
  if (!line.take("at least one variable name")) return;
  line.back();
  while (const Word* name = line.next()) line.loading().environment.remove(name->text);
}
const Add unsetenv_entry{Keyword{.name = "unsetenv", .args = "<name> ...", .sections = in::global, .parse = parse_unsetenv,
                                 .doc = "Removes environment variables."}};

void parse_resetenv(Line& line, Section&) {
  std::vector<std::string> kept;
  while (const Word* name = line.next()) kept.push_back(name->text);
  line.loading().environment.keep_only([&](std::string_view name) { return std::ranges::find(kept, name) != kept.end(); });
}
const Add resetenv_entry{Keyword{.name = "resetenv", .args = "[<name> ...]", .sections = in::global, .parse = parse_resetenv,
                                 .doc = "Removes all environment variables but these."}};

void parse_default_path(Line& line, Section&) {
  static constexpr Choice<PathFrom> choices[] = {{"current", PathFrom::current}, {"config", PathFrom::config},
                                                 {"parent", PathFrom::parent}, {"origin", PathFrom::origin}};
  const auto from = line.take_choice<PathFrom>(choices);
  if (!from) return;
  std::string origin;
  if (*from == PathFrom::origin) {
    const Word* word = line.take("a directory");
    if (!word) return;
    origin = word->text;
  }
  if (!line.finish()) return;
  line.loading().path_from = *from;
  line.loading().origin = std::move(origin);
}
const Add default_path_entry{Keyword{
    .name = "default-path", .args = "{ current | config | parent | origin <path> }", .sections = in::global,
    .parse = parse_default_path, .doc = "The directory relative file names start from, for the lines that follow."}};

void expose_deprecated(Line& line, Section&) {
  if (line.finish()) line.loading().deprecated_is_meant = true;
}
const Add expose_entry{Keyword{.name = "expose-deprecated-directives", .sections = in::global, .parse = expose_deprecated,
    .doc = "Says no more that dispatch and transparent, for which there is another way now, are deprecated."}};

}  // namespace
}  // namespace sluice::config
