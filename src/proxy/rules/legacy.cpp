#include "proxy/rules/legacy.hpp"

#include "base/text.hpp"
#include "expr/condition.hpp"
#include "expr/regex.hpp"
#include "http/chars.hpp"
#include "proxy/rules/rewriting.hpp"

namespace sluice::proxy {

namespace {

enum class Verb : std::uint8_t { replace, remove, deny, allow, pass, tarpit, add };

// "reqirep" -> replace, any case.
struct Spelling {
  Verb verb = Verb::replace;
  expr::Letters letters = expr::Letters::exact;
};
std::optional<Spelling> spelling_of(std::string_view keyword) {
  if (keyword == "cliexp" || keyword == "srvexp") return Spelling{};
  std::string_view rest = keyword.substr(3);
  Spelling spelling;
  // No verb begins with an i.
  if (rest.starts_with('i')) {
    spelling.letters = expr::Letters::any_case;
    rest.remove_prefix(1);
  }
  constexpr std::pair<std::string_view, Verb> verbs[] = {{"rep", Verb::replace}, {"del", Verb::remove}, {"deny", Verb::deny},
      {"allow", Verb::allow}, {"pass", Verb::pass}, {"tarpit", Verb::tarpit}, {"add", Verb::add}};
  for (const auto& [name, verb] : verbs)
    if (name == rest) {
      spelling.verb = verb;
      return spelling;
    }
  return std::nullopt;
}

struct LegacyRule {
  Verb verb;
  expr::Regex regex;
  std::string text;  // the replacement, or the line to be added
  std::unique_ptr<expr::Condition> condition;
};

// X-Forwarded-For: how field names were written when these rules were.
std::string_view titled(std::string_view name, Arena& arena) {
  char* const to = arena.allocate(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) to[i] = i == 0 || name[i - 1] == '-' ? to_upper(name[i]) : name[i];
  return {to, name.size()};
}

struct Match {
  std::string_view line;
  expr::Regex::Groups groups;
};

class LegacyRules final : public BoundAction {
 public:
  LegacyRules(LegacySide side, std::vector<LegacyRule> rules) : side_(side), rules_(std::move(rules)) {}

  Next run(RuleRun& run) const override {
    bool passed = false;  // "allow", "pass": only what is added at the end is left
    for (const LegacyRule& rule : rules_) {
      if (passed && rule.verb != Verb::add) continue;
      if (rule.condition && !rule.condition->eval(run.scope)) continue;
      if (rule.verb == Verb::add) {
        if (!add(run, rule.text)) return failed_rewrite(run);
        continue;
      }
      if (!apply(run, rule)) continue;
      switch (rule.verb) {
        case Verb::deny: run.exchange->answer(nullptr, side_ == LegacySide::request ? 403 : 502, Exchange::Because::denied); return Next::answer;
        case Verb::tarpit: run.exchange->tarpit(nullptr, 500); return Next::answer;
        case Verb::allow:
        case Verb::pass: passed = true; break;
        default: break;
      }
    }
    return Next::go_on;
  }

 private:
  http::Fields& fields(RuleRun& run) const {
    return side_ == LegacySide::request ? run.exchange->request.fields : run.exchange->response.fields;
  }
  static bool add(RuleRun& run, std::string_view line) {
    const auto colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
    if (!may_rewrite(run, line.size() + 4)) return false;
    fields_of(run).add(name, value);
    return true;
  }

  std::string_view first_line(const Exchange& exchange, Arena& arena) const {
    const std::string_view blank = " ";
    if (side_ == LegacySide::response) {
      char* const digits = arena.allocate(4);
      fmt::format_to(digits, "{:03} ", exchange.response.status % 1000);
      return arena.join("HTTP/1.1 ", arena.join({digits, 4}, exchange.response.reason));
    }
    const http::Request& request = exchange.request;
    const std::string_view version = request.version == http::http_1_0 ? " HTTP/1.0" : " HTTP/1.1";
    return arena.join(arena.join(arena.join(request.method_text, blank), request.uri.text), version);
  }
  // The first line, then every field, as long as a rule may have something to do. True: a line matched.
  bool apply(RuleRun& run, const LegacyRule& rule) const {
    Exchange& exchange = *run.exchange;
    Arena& arena = exchange.arena();
    bool matched = false;
    const std::string_view first = first_line(exchange, arena);
    if (const auto groups = rule.regex.find(first); groups && rule.verb != Verb::remove) {
      if (rule.verb == Verb::replace) put_first_line(exchange, expr::Regex::expand(rule.text, first, *groups, arena));
      matched = true;
    }
    http::Fields& all = fields(run);
    for (std::size_t i = 0; i < all.size();) {
      const auto match = match_field(rule, all[i], arena);
      if (!match) {
        ++i;
        continue;
      }
      matched = true;
      if (rule.verb == Verb::remove) {
        const http::Field* const gone = &all[i];
        all.remove_if([gone](const http::Field& field) { return &field == gone; });
        continue;
      }
      if (rule.verb != Verb::replace) return true;
      put_field(all, i++, expr::Regex::expand(rule.text, match->line, match->groups, arena));
    }
    return matched;
  }
  // Names are in lower case here, whatever the client wrote; patterns of that time expect capitals.
  static std::optional<Match> match_field(const LegacyRule& rule, const http::Field& field, Arena& arena) {
    const std::string_view value = arena.join(": ", field.value());
    const std::string_view usual = arena.join(titled(field.name(), arena), value);
    if (const auto groups = rule.regex.find(usual)) return Match{usual, *groups};
    const std::string_view low = arena.join(field.name(), value);
    if (const auto groups = rule.regex.find(low)) return Match{low, *groups};
    return std::nullopt;
  }
  void put_first_line(Exchange& exchange, std::string_view line) const {
    const std::string_view one = take_until(line, ' '), two = take_until(line, ' ');
    if (side_ == LegacySide::request) {
      if (one.empty() || two.empty()) return;
      exchange.request.set_method(one);
      exchange.request.set_uri(two);
    } else if (const auto status = parse_uint(two); status && *status >= 100 && *status <= 999) {
      exchange.response.set_status(static_cast<std::uint16_t>(*status), exchange.arena().copy(line));
    }
  }
  // A line that is no field any more is none: it goes.
  static void put_field(http::Fields& all, std::size_t at, std::string_view line) {
    const auto colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    const bool good = colon != line.npos && !name.empty() && std::ranges::all_of(name, [](char c) { return http::is_in(c, http::chars::token); });
    if (good && equal_nocase(name, all[at].name())) return all.replace_value(at, trim(line.substr(colon + 1)));
    const http::Field* const gone = &all[at];
    all.remove_if([gone](const http::Field& field) { return &field == gone; });
    if (good) all.add(name, trim(line.substr(colon + 1)));
  }

  LegacySide side_;
  std::vector<LegacyRule> rules_;
};

bool is_field(std::string_view line) {
  const auto colon = line.find(':');
  const std::string_view name = trim(line.substr(0, colon));
  return colon != line.npos && !name.empty() && std::ranges::all_of(name, [](char c) { return http::is_in(c, http::chars::token); });
}

std::optional<LegacyRule> parse_rule(config::Line& line, Spelling spelling, RuleCompile& with) {
  LegacyRule rule{spelling.verb, {}, {}, nullptr};
  if (rule.verb == Verb::add) {
    const config::Word* const text = line.take("<name>: <value>");
    if (!text) return std::nullopt;
    if (!is_field(text->text)) {
      line.alert(*text, fmt::format("'{}' : '{}' is no header line.", line.keyword(), text->text));
      return std::nullopt;
    }
    rule.text = text->text;
  } else {
    const config::Word* const pattern = line.take("<regex>");
    if (!pattern) return std::nullopt;
    auto regex = expr::Regex::compile(pattern->text, spelling.letters);
    if (!regex) {
      line.alert(*pattern, fmt::format("'{}' : {}.", line.keyword(), regex.error()));
      return std::nullopt;
    }
    rule.regex = std::move(*regex);
    if (rule.verb == Verb::replace) {
      const config::Word* const by = line.take("<replacement>");
      if (!by) return std::nullopt;
      rule.text = by->text;
    }
  }
  if (expr::Condition::starts(line)) {
    auto condition = expr::Condition::parse(line, with.compiler);
    if (!condition) return std::nullopt;
    rule.condition = std::make_unique<expr::Condition>(std::move(*condition));
  }
  return line.finish() ? std::optional(std::move(rule)) : std::nullopt;
}

}  // namespace

void add_legacy_rules(RuleList& list, LegacySide side, const std::vector<config::Line>& lines, RuleCompile& with) {
  std::vector<LegacyRule> rules, added;
  for (config::Line line : lines) {
    const auto spelling = spelling_of(line.keyword());
    if (!spelling) continue;
    auto rule = parse_rule(line, *spelling, with);
    if (rule) (rule->verb == Verb::add ? added : rules).push_back(std::move(*rule));
  }
  std::ranges::move(added, std::back_inserter(rules));  // what is added was never looked at by the others
  if (rules.empty()) return;
  Rule rule;
  rule.action_name = lines.front().keyword();
  rule.place = lines.front().place();
  rule.action = std::make_unique<LegacyRules>(side, std::move(rules));
  list.rules.push_back(std::move(rule));
}

// As exactly as the line lets us say.
std::string modern_form(const config::Line& line) {
  const std::string& keyword = line.keyword();
  const std::string_view set = keyword.starts_with("rsp") || keyword == "srvexp" ? "http-response" : "http-request";
  const auto spelling = spelling_of(keyword);
  const std::string_view first = line.peek() ? std::string_view(line.peek()->text) : std::string_view{};
  std::string condition;
  for (const config::Word& word : line.rest()) {
    if (condition.empty() && word != "if" && word != "unless") continue;
    condition += " " + word.text;
  }
  if (!spelling) return {};
  switch (spelling->verb) {
    case Verb::add: {
      const auto colon = first.find(':');
      if (colon == first.npos) return fmt::format("{} add-header <name> <value>", set);
      return fmt::format("{} add-header {} \"{}\"{}", set, trim(first.substr(0, colon)), trim(first.substr(colon + 1)), condition);
    }
    case Verb::remove: {
      std::string_view name = first.starts_with('^') ? first.substr(1) : first;
      name = name.substr(0, name.find(':'));
      const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
      return plain && first.starts_with('^') ? fmt::format("{} del-header {}{}", set, name, condition)
                                             : fmt::format("{} del-header <name> -m reg{}", set, condition);
    }
    case Verb::replace:
      return set == "http-request" ? "http-request replace-path, replace-uri or replace-header" : "http-response replace-header or set-status";
    case Verb::deny: return fmt::format("{} deny if {{ ... }}", set);
    case Verb::tarpit: return "http-request tarpit if { ... }";
    case Verb::allow: return "http-request allow if { ... }";
    case Verb::pass: return fmt::format("{} rules with conditions", set);
  }
  return {};
}

}  // namespace sluice::proxy
