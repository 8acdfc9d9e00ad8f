// global, defaults, frontend, listen, backend.
#include "config/keyword.hpp"
#include "config/section.hpp"
#include "config/setting/proxy.hpp"
#include "config/setting/timeouts.hpp"

namespace sluice::config {
namespace {

using catalog::Add;

// `listen web 10.0.0.1:80`, as it was written before there was a `bind` keyword.
void address_on_header(Line& line, Section& section) {
  const Word* word = line.next();
  if (!word) return;
  if (word->text.find_first_of(":/@") == std::string::npos) {
    line.back();
    line.finish();
    return;
  }
  std::vector<Word> words{*word, *word};
  words[0].text = "bind";
  words[0].columns.clear();
  for (const Word& more : line.rest()) words.push_back(more);
  line.take_rest();
  line.warning(*word, fmt::format("an address on the line of a '{}' is an old form", section.kind_name()),
               fmt::format("write 'bind {}' below it", word->text));
  Line bind = line.with_words(std::move(words));
  dispatch(bind, section);
}

bool wrote(const Section& section, std::string_view name) {
  return std::ranges::any_of(section.uses(), [&](const Section::Use& use) { return use.keyword->name == name; });
}

// A proxy without time-outs keeps dead connections for ever.
void look_for_timeouts(const Section& section, const Config&, Diagnostics& diagnostics) {
  if (section[disabled]) return;
  std::vector<std::string_view> missing;
  if (section.is(in::front) && !section[timeout_client]) missing.push_back("client");
  if (section.is(in::back) && section[mode] != Mode::log && wrote(section, "server")) {
    if (!section.said("timeout connect")) missing.push_back("connect");
    if (!section[timeout_server] && (section[mode] == Mode::http || !section[timeout_tunnel])) missing.push_back("server");
  }
  if (missing.empty()) return;
  diagnostics.warning(section.place(),
                      fmt::format("missing timeouts for {} '{}': set {} to a non-zero value, or connections that died "
                                  "unnoticed stay for ever",
                                  section.kind_name(), section.name(), listed(missing)));
}

const Add global{SectionKind{.name = "global", .bit = in::global, .naming = Naming::none,
                             .doc = "What concerns the whole process. May come several times, best first."}};
const Add defaults{SectionKind{.name = "defaults", .args = "[<name>] [from <defaults>]", .bit = in::defaults,
                               .naming = Naming::optional,
                               .doc = "Settings for the proxies that follow, or that name it with `from`."}};
const Add frontend{SectionKind{.name = "frontend", .args = "<name> [from <defaults>]", .bit = in::frontend,
                               .header = address_on_header, .finish = look_for_timeouts,
                               .doc = "Accepts connections of clients."}};
const Add listen{SectionKind{.name = "listen", .args = "<name> [from <defaults>]", .bit = in::listen,
                             .header = address_on_header, .finish = look_for_timeouts,
                             .doc = "A frontend and a backend in one."}};
const Add backend{SectionKind{.name = "backend", .args = "<name> [from <defaults>]", .bit = in::backend,
                              .finish = look_for_timeouts, .doc = "Servers, and how to choose among them."}};

}  // namespace
}  // namespace sluice::config
