#include "config/setting/proxy.hpp"

#include "config/guid.hpp"

namespace sluice::config {

using catalog::Add;

const Setting<Mode> mode{{
    .name = "mode", .args = "{ tcp | http | health | log }", .sections = in::proxies, .initial = Mode::tcp,
    .choices = {{"tcp", Mode::tcp}, {"http", Mode::http}, {"health", Mode::health}, {"log", Mode::log}},
    .doc = "What is spoken on this proxy's connections: anything (tcp), or HTTP, which is then understood. health: nothing, each "
           "gets OK and is closed (HTTP/1.0 200 OK with option httpchk); http-request return has replaced it. log: in a backend, its servers get log lines, from `log backend@<name>`."}};
const Setting<std::optional<std::uint32_t>> id{{
    .name = "id", .args = "<number>", .sections = in::frontend | in::listen | in::backend, .min = 1,
    .doc = "A number that stays with the proxy in statistics when the order of sections changes."}};
const Setting<std::optional<std::uint32_t>> maxconn{{
    .name = "maxconn", .args = "<connections>", .sections = in::front_or_defaults, .min = 0,
    .doc = "How many connections the frontend serves at once; more wait in the kernel's queue."}};
const Setting<std::optional<std::uint32_t>> backlog{{
    .name = "backlog", .args = "<connections>", .sections = in::front_or_defaults, .min = 0,
    .doc = "The length of the kernel's queue of connections not yet accepted."}};
const Setting<std::string> description{in::proxies}, guid{in::proxies};
const Setting<bool> disabled{in::proxies}, switches_mode{in::proxies};

namespace {

void parse_description(Line& line, Section& section) {
  std::string text;
  if (!line.take("a text")) return;
  line.back();
  while (const Word* word = line.next()) text += (text.empty() ? "" : " ") + word->text;
  section.change(description, line) = std::move(text);
}
const Add description_entry{Keyword{
    .name = "description", .args = "<text>", .sections = in::frontend | in::listen | in::backend,
    .parse = parse_description, .doc = "A sentence about the proxy, which the statistics page shows beside its name."}};

void parse_guid(Line& line, Section& section) {
  const Word* const word = line.take("<string>");
  if (word && check_guid(line, *word) && line.finish()) section.change(guid, line) = word->text;
}
const Add guid_entry{Keyword{
    .name = "guid", .args = "<string>", .sections = in::frontend | in::listen | in::backend, .parse = parse_guid,
    .doc = "A name that no other object of the configuration has and that does not change when the proxy is called otherwise."}};

void parse_disabled(Line& line, Section& section) {
  if (line.finish()) section.change(disabled, line) = line.keyword() == "disabled";
}
const Add disabled_entry{Keyword{.name = "disabled", .sections = in::proxies, .parse = parse_disabled,
                                 .doc = "The proxy is checked but not started."}};
const Add enabled_entry{Keyword{.name = "enabled", .sections = in::proxies, .parse = parse_disabled,
                                .doc = "Undoes a `disabled` of the defaults."}};

}  // namespace
}  // namespace sluice::config
