// load-server-state-from-file, server-state-file-name; global: server-state-file, server-state-base.
#include "backend/setting/state_file.hpp"

namespace sluice::backend::setting {

namespace in = config::in;

const config::Setting<StateFrom> state_from{{
    .name = "load-server-state-from-file", .args = "{global | local | none}", .sections = in::back_or_defaults,
    .initial = StateFrom::nowhere,
    .choices = {{"global", StateFrom::global}, {"local", StateFrom::local}, {"none", StateFrom::nowhere}},
    .doc = "Servers start with the weight, maintenance and health they had when `show servers state` was written to a file: the "
           "one of the global section, or one of the backend's own."}};
const config::Setting<std::string> state_file{{.name = "server-state-file", .args = "<file>", .sections = in::global,
    .doc = "The file with the states of all servers, for backends that load them from the global one."}};
const config::Setting<std::string> state_base{{.name = "server-state-base", .args = "<directory>", .sections = in::global,
    .doc = "Where server state files are, if their names do not begin with a slash."}};

const config::Setting<std::string> state_file_name{in::back_or_defaults};

namespace {

void file_name(config::Line& line, config::Section& section) {
  const config::Word* const word = line.next();
  if (!line.finish()) return;
  section.change(state_file_name, line) = word ? word->text : "use-backend-name";
}
const catalog::Add file_name_entry{config::Keyword{.name = "server-state-file-name", .args = "[{<file> | use-backend-name}]",
    .sections = in::back_or_defaults, .parse = file_name,
    .doc = "The backend's own server state file; without an argument, or if it is not said at all, it is called as the backend."}};

}  // namespace
}  // namespace sluice::backend::setting
