// Cookie persistence: `cookie`, `dynamic-cookie-key`, `option persist`, `persist rdp-cookie`, and the servers' `cookie`.
#include "backend/server_option.hpp"
#include "backend/settings.hpp"
#include "catalog/add.hpp"

namespace sluice::backend {

namespace in = config::in;
using config::Setting;

namespace setting {
const Setting<CookiePlan> cookie{in::back_or_defaults};
const Setting<std::string> dynamic_cookie_key{{.name = "dynamic-cookie-key", .args = "<string>", .sections = in::back_or_defaults,
    .doc = "The secret from which, with a server's address and port, 'cookie ... dynamic' makes the server's cookie."}};
const Setting<std::string> rdp_cookie{in::back_or_defaults};
const Setting<bool> persist{{.name = "option persist", .sections = in::back_or_defaults,
    .doc = "Requests with a persistence cookie go to its server even when that is down; retries and redispatch say what then."}};
}  // namespace setting

namespace {

using catalog::Add;
using config::Keyword;
using config::Line;
using config::Section;
using config::Word;

using Mode = CookiePlan::Mode;

bool set_mode(Line& line, const Word& word, CookiePlan& plan, Mode mode) {
  if (plan.mode != Mode::passive && plan.mode != mode) {
    line.alert(word, "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.");
    return false;
  }
  plan.mode = mode;
  return true;
}

// The longest time that is not an overflow there (2^31 - 1 seconds).
bool take_age(Line& line, std::optional<Duration>& age) {
  const auto time = line.take_duration("a time in seconds", config::Unit::s, seconds(2147483647));
  if (!time) return false;
  age = time->us == 0 ? std::nullopt : time;
  return true;
}

// RFC 6265 section 4.1.2.3.
bool take_domain(Line& line, CookiePlan& plan) {
  const Word* const domain = line.take("<domain>");
  if (!domain) return false;
  const std::string_view text = domain->text;
  if (const std::size_t bad = text.find_first_of("; \t,="); bad != text.npos) {
    line.alert(domain->at(bad), fmt::format("character '{}' is not permitted in domain name '{}'.", text[bad], text));
    return false;
  }
  if (text.find('.', 1) == text.npos)
    line.warning(*domain, fmt::format("domain '{}' contains no embedded dot, this configuration may not work properly (see RFC6265#5.2.3).", text));
  plan.domains.push_back(domain->text);
  return true;
}

bool take_attribute(Line& line, CookiePlan& plan) {
  const Word* const attribute = line.take("<value>");
  if (!attribute) return false;
  for (std::size_t i = 0; i < attribute->text.size(); ++i) {
    const auto c = static_cast<unsigned char>(attribute->text[i]);
    if (c >= 0x20 && c != 0x7f && c != ';') continue;
    line.alert(attribute->at(i), fmt::format("character '%x{:02X}' is not permitted in attribute value.", c));
    return false;
  }
  plan.attributes.push_back(attribute->text);
  return true;
}

bool take_option(Line& line, const Word& word, CookiePlan& plan) {
  struct Flag {
    std::string_view name;
    bool CookiePlan::*flag;
  };
  static constexpr Flag flags[] = {{"indirect", &CookiePlan::indirect}, {"nocache", &CookiePlan::nocache},
                                   {"postonly", &CookiePlan::postonly}, {"preserve", &CookiePlan::preserve},
                                   {"httponly", &CookiePlan::httponly}, {"secure", &CookiePlan::secure},
                                   {"dynamic", &CookiePlan::dynamic}};
  if (const auto flag = std::ranges::find(flags, word.text, &Flag::name); flag != std::end(flags)) return plan.*flag->flag = true;
  if (word == "rewrite") return set_mode(line, word, plan, Mode::rewrite);
  if (word == "insert") return set_mode(line, word, plan, Mode::insert);
  if (word == "prefix") return set_mode(line, word, plan, Mode::prefix);
  if (word == "domain") return take_domain(line, plan);
  if (word == "attr") return take_attribute(line, plan);
  if (word == "maxidle") return take_age(line, plan.max_idle);
  if (word == "maxlife") return take_age(line, plan.max_life);
  line.alert(word, fmt::format("'cookie' has no option '{}': it knows rewrite, insert, prefix, indirect, nocache, postonly, preserve, "
                               "httponly, secure, domain, maxidle, maxlife, dynamic and attr.", word.text));
  return false;
}

std::string trailer_of(const CookiePlan& plan) {
  std::string text = "; path=/";
  for (const std::string& domain : plan.domains) text += "; domain=" + domain;
  if (plan.httponly) text += "; HttpOnly";
  if (plan.secure) text += "; Secure";
  for (const std::string& attribute : plan.attributes) text += "; " + attribute;
  return text;
}

void parse_cookie(Line& line, Section& section) {
  const Word* const name = line.take("<cookie_name>");
  if (!name) return;
  if (name->text.empty()) return line.alert(*name, "'cookie' expects <cookie_name> as argument.");
  CookiePlan plan;
  plan.name = name->text;
  while (const Word* const word = line.next())
    if (!take_option(line, *word, plan)) return;
  if (plan.preserve && plan.mode != Mode::insert && !plan.indirect)
    return line.alert("cookie 'preserve' requires at least 'insert' or 'indirect'.");
  plan.trailer = trailer_of(plan);
  section.change(setting::cookie, line) = std::move(plan);
}

// "rdp-cookie" or "rdp-cookie(<name>)"
void parse_persist(Line& line, Section& section) {
  const Word* const word = line.take("rdp-cookie[(<name>)]");
  if (!word) return;
  constexpr std::string_view kind = "rdp-cookie";
  const std::string_view text = word->text;
  if (!text.starts_with(kind)) return line.alert(*word, fmt::format("'persist' knows no method '{}'.", text), "the only one is 'rdp-cookie'");
  const std::string_view rest = text.substr(kind.size());
  const bool named = rest.size() > 2 && rest.front() == '(' && rest.find(')') == rest.size() - 1;
  if (!rest.empty() && !named) return line.alert(*word, "'persist rdp-cookie(<name>)' requires the name of a cookie in parentheses.");
  if (line.finish()) section.change(setting::rdp_cookie, line) = named ? rest.substr(1, rest.size() - 2) : "msts";
}

bool server_cookie(Line& line, ServerSettings& server) {
  const Word* const value = line.take("<value>");
  if (value) server.cookie = value->text;
  return value != nullptr;
}

const Add cookie_entry{Keyword{.name = "cookie",
    .args = "<name> [ rewrite | insert | prefix ] [ indirect ] [ nocache ] [ postonly ] [ preserve ] [ httponly ] [ secure ] "
            "[ domain <domain> ]* [ maxidle <idle> ] [ maxlife <life> ] [ dynamic ] [ attr <value> ]*",
    .sections = in::back_or_defaults, .parse = parse_cookie, .modes = config::only::http,
    .doc = "Clients come back to the server that a cookie names: the application's own, completed, or one that is inserted."}};
const Add persist_entry{Keyword{.name = "persist", .args = "rdp-cookie[(<name>)]", .sections = in::back_or_defaults, .parse = parse_persist,
    .doc = "Clients come back to the server whose address and port a cookie of the RDP protocol tells, msts by default; it must have been waited for."}};
const Add server_cookie_entry{ServerOption{.name = "cookie", .args = "<value>", .parse = server_cookie,
    .doc = "The value by which the persistence cookie names this server; several servers may share one."}};

}  // namespace
}  // namespace sluice::backend
