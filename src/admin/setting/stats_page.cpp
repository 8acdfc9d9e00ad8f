#include "admin/setting/stats_page.hpp"

namespace sluice::admin {

const config::Setting<StatsPage> stats_page{config::in::proxies};

namespace {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
namespace in = config::in;

// Every one of these keywords turns the page on.
StatsPage& page(Line& line, Section& section) {
  StatsPage& changed = section.change(stats_page, line);
  changed.enabled = true;
  return changed;
}

void enable(Line& line, Section& section) {
  if (line.finish()) page(line, section);
}
template <auto flag, bool value = true>
void set_flag(Line& line, Section& section) {
  if (line.finish()) page(line, section).*flag = value;
}
template <auto text>
void set_text(Line& line, Section& section) {
  const config::Word* const word = line.take(text == &StatsPage::uri ? "an URI prefix" : "a realm");
  if (!word) return;
  if (text == &StatsPage::uri && word->text.empty()) return line.alert(*word, "'stats uri' needs an URI prefix.");
  const std::string value = word->text;
  // A tutorial writes a realm of several words without quotes; HAProxy takes the first one.
  if (text == &StatsPage::realm && !line.at_end()) {
    line.warning(*line.peek(), "'stats realm' takes one word: what follows it is ignored.",
                 "put the realm in quotes, or a backslash before each space");
    line.take_rest();
  }
  if (line.finish()) page(line, section).*text = value;
}

void auth(Line& line, Section& section) {
  const config::Word* const word = line.take("a user name and password ('<user>:<password>')");
  if (!word || !line.finish()) return;
  const std::string_view text = word->text;
  const auto colon = text.find(':');
  if (colon == text.npos) line.warning(*word, "'stats auth' without ':': the password of this user is empty.", "write <user>:<password>");
  config::Userlist& accounts = page(line, section).accounts;
  const std::string name(text.substr(0, colon));
  if (accounts.find(name)) return line.warning(*word, fmt::format("'stats auth' : the user '{}' is there already; this line is ignored.", name));
  accounts.users.push_back({.name = name, .secret = std::string(colon == text.npos ? "" : text.substr(colon + 1)), .kind = config::Secret::plain});
}

void refresh(Line& line, Section& section) {
  const auto delay = line.take_duration("<delay>", config::Unit::s);
  if (delay && line.finish()) page(line, section).refresh = *delay;
}

void scope(Line& line, Section& section) {
  const config::Word* const word = line.take("the name of a proxy, or '.' for this one");
  if (word && line.finish()) page(line, section).scope.push_back(word->text);
}

void show_node(Line& line, Section& section) {
  const config::Word* const word = line.next();
  const std::string name = word ? word->text : "";
  if (!line.finish()) return;
  page(line, section).show_node = true;
  page(line, section).node = name;
}

void show_description(Line& line, Section& section) {
  std::string text;
  for (const config::Word& word : line.take_rest()) text += (text.empty() ? "" : " ") + word.text;
  page(line, section).show_description = true;
  page(line, section).description = text;
}

template <auto lines>
void keep(Line& line, Section& section) {
  (page(line, section).*lines).push_back(line);
}

const Add enable_entry{Keyword{.name = "stats enable", .sections = in::proxies, .parse = enable, .modes = config::only::http,
    .doc = "Answers the statistics page, with whatever else is not said as usual."}};
const Add uri_entry{Keyword{.name = "stats uri", .args = "<prefix>", .sections = in::proxies, .parse = set_text<&StatsPage::uri>,
    .modes = config::only::http, .doc = "Requests whose target begins so are for the statistics page; /haproxy?stats by default."}};
const Add realm_entry{Keyword{.name = "stats realm", .args = "<realm>", .sections = in::proxies, .parse = set_text<&StatsPage::realm>,
    .modes = config::only::http, .doc = "What browsers say is asking for the password."}};
const Add auth_entry{Keyword{.name = "stats auth", .args = "<user>:<password>", .sections = in::proxies, .parse = auth,
    .modes = config::only::http, .doc = "Who may see the statistics page; one line per user."}};
const Add refresh_entry{Keyword{.name = "stats refresh", .args = "<delay>", .sections = in::proxies, .parse = refresh,
    .modes = config::only::http, .doc = "Asks browsers to load the page anew so often (seconds)."}};
const Add version_entry{Keyword{.name = "stats hide-version", .sections = in::proxies, .parse = set_flag<&StatsPage::hide_version>,
    .modes = config::only::http, .doc = "Keeps the version off the page."}};
const Add show_version_entry{Keyword{.name = "stats show-version", .sections = in::proxies, .parse = set_flag<&StatsPage::hide_version, false>,
    .modes = config::only::http, .doc = "Shows the version on the page, as is so by default: takes back a hide-version of the defaults."}};
const Add legends_entry{Keyword{.name = "stats show-legends", .sections = in::proxies, .parse = set_flag<&StatsPage::show_legends>,
    .modes = config::only::http, .doc = "Shows ids, modes, addresses, cookies and algorithms, too."}};
const Add modules_entry{Keyword{.name = "stats show-modules", .sections = in::proxies, .parse = set_flag<&StatsPage::show_modules>,
    .modes = config::only::http, .doc = "Shows further counters (connections made and reused, protocols) in columns of their own."}};
const Add node_entry{Keyword{.name = "stats show-node", .args = "[<name>]", .sections = in::proxies, .parse = show_node,
    .modes = config::only::http, .doc = "Shows the name of this node, or the one given."}};
const Add desc_entry{Keyword{.name = "stats show-desc", .args = "[<text>]", .sections = in::proxies, .parse = show_description,
    .modes = config::only::http, .doc = "Shows the description of the process, or the one given."}};
const Add scope_entry{Keyword{.name = "stats scope", .args = "{ <name> | . }", .sections = in::proxies, .parse = scope,
    .modes = config::only::http, .doc = "Shows this proxy, and only those named so."}};
const Add rule_entry{Keyword{.name = "stats http-request", .args = "{ allow | deny | auth [realm <realm>] } [{ if | unless } <condition>]",
    .sections = in::frontend | in::listen | in::backend, .parse = keep<&StatsPage::rules>, .modes = config::only::http,
    .doc = "Who may see the page: the first rule that applies decides."}};
const Add admin_entry{Keyword{.name = "stats admin", .args = "{ if | unless } <condition>",
    .sections = in::frontend | in::listen | in::backend, .parse = keep<&StatsPage::admin_rules>, .modes = config::only::http,
    .doc = "Who may change servers from the page."}};

}  // namespace
}  // namespace sluice::admin
