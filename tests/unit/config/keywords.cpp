// Keywords as upper layers have them, for the tests of this layer: it has no `bind` or `server` of its own.
#include "keywords.hpp"

#include "config/keyword.hpp"

namespace sluice::config::test {

const Setting<std::vector<std::string>> binds{in::proxies};
const Setting<std::vector<std::string>> servers{in::proxies};
const Setting<std::vector<Line>> rules{in::proxies};
const Setting<bool> http_log{{.name = "option httplog", .sections = in::front_or_defaults, .modes = only::http, .doc = "Test."}};
const Setting<bool> close_all{{.name = "option httpclose", .sections = in::proxies, .doc = "Test."}};
const Setting<std::uint32_t> retry{{.name = "retries", .args = "<number>", .sections = in::back_or_defaults, .initial = 3, .doc = "Test."}};
const Setting<bool> switched{{.name = "tune.switched", .args = "{ on | off }", .sections = in::global, .doc = "Test."}};
const Setting<std::vector<std::string>> names{{.name = "names", .args = "<name> ...", .sections = in::global, .doc = "Test."}};
const Setting<Duration> pause{{.name = "pause", .args = "<time>", .sections = in::global, .initial = seconds(2), .unit = Unit::s,
                               .longest = seconds(60), .doc = "Test."}};
const Setting<std::string> old_name{{.name = "old-name", .sections = in::global, .deprecated = "names <name>", .doc = "Test."}};
const Setting<bool> no_use{{.name = "no-use", .sections = in::global, .unused = "workers find out themselves", .doc = "Test."}};

namespace {

using catalog::Add;

void parse_bind(Line& line, Section& section) {
  if (const Word* word = line.take("an address"); word && line.finish()) section.change(binds, line).push_back(word->text);
}
const Add bind_entry{Keyword{.name = "bind", .args = "<address>", .sections = in::front, .parse = parse_bind, .doc = "Test."}};

void parse_server(Line& line, Section& section) {
  const Word* name = line.take("a name and an address");
  if (!name || !line.take("a name and an address")) return;
  while (const Word* option = line.next()) {
    if (option->text != "inter") return line.alert(*option, "unknown option");
    if (!line.take_duration("a time")) return;
  }
  section.change(servers, line).push_back(name->text);
}
const Add server_entry{Keyword{.name = "server", .sections = in::back, .parse = parse_server, .doc = "Test."}};

void parse_rule(Line& line, Section& section) { section.change(rules, line).push_back(line); }
const Add http_rule{Keyword{.name = "http-request", .sections = in::rules, .parse = parse_rule, .modes = only::http, .doc = "Test."}};
const Add delay{Keyword{.name = "tcp-request inspect-delay", .sections = in::rules, .parse = parse_rule, .doc = "Test."}};
const Add tcp_rule{Keyword{.name = "tcp-request content", .sections = in::rules, .parse = parse_rule, .doc = "Test."}};
const Add connection_rule{Keyword{.name = "tcp-request connection", .sections = in::front, .parse = parse_rule, .doc = "Test."}};

}  // namespace
}  // namespace sluice::config::test
