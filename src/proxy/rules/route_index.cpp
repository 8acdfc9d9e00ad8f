// use_backend rules, and their index. A rule can be looked up instead of evaluated if its condition is one ACL, not
// negated, whose tests all compare the same sample of the request with patterns written in the configuration. Consecutive
// such rules over the same sample become one RuleIndex whose numbers are the rules' places, so the first that would have
// matched is the one that is found. Everything else is evaluated in its place, and so is everything once the runtime API
// has changed one of the patterns.
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"
#include "proxy/nearest.hpp"
#include "proxy/rules/rule_index.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

namespace {

struct Route {
  std::unique_ptr<expr::Condition> condition;
  Destination* to = nullptr;
  std::unique_ptr<expr::LogFormat> name;  // if the backend's name depends on the request

  // Nothing: the backend is passed over and the following rules decide. Null: there is no backend of the name that was made, so
  // default_backend decides.
  std::optional<Destination*> target(expr::Scope& scope, const Frontend& frontend, const Proxies& proxies) const {
    Destination* const found = name ? proxies.route(name->text(scope)) : to;
    if (!found || found->for_lines) return nullptr;
    return frontend.leads_to(*found, scope) ? std::optional(found) : std::nullopt;
  }
};

}  // namespace

struct Routes::Core {
  std::vector<Route> routes;
  std::vector<RuleStretch> stretches;
};

Routes::Routes() : core(std::make_unique<Core>()) {}
Routes::~Routes() = default;
bool Routes::empty() const { return core->routes.empty(); }

std::vector<Destination*> Routes::named() const {
  std::vector<Destination*> out;
  for (const Route& route : core->routes)
    if (route.to) out.push_back(route.to);
  return out;
}

bool Routes::any_name_is_made() const {
  return std::ranges::any_of(core->routes, [](const Route& route) { return route.name != nullptr; });
}

std::size_t Routes::indexed() const {
  std::size_t count = 0;
  for (const RuleStretch& stretch : core->stretches)
    if (stretch.index) count += stretch.last - stretch.first;
  return count;
}

Destination* Routes::choose(expr::Scope& scope, const Frontend& frontend, const Proxies& proxies) const {
  for (const RuleStretch& stretch : core->stretches) {
    if (stretch.can_be_looked_up()) {
      const std::uint32_t best = stretch.find(scope);
      for (std::size_t i = best; i < stretch.last; ++i) {
        const Route& route = core->routes[i];
        if (i != best && !route.condition->eval(scope)) continue;
        if (const auto to = route.target(scope, frontend, proxies)) return *to;
      }
      continue;
    }
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
      const Route& route = core->routes[i];
      if (route.condition && !route.condition->eval(scope)) continue;
      if (const auto to = route.target(scope, frontend, proxies)) return *to;
    }
  }
  return nullptr;
}

namespace {

// Where the condition begins, counted in words; the end if there is none.
std::size_t condition_in(const config::Line& line) {
  const auto words = line.words();
  std::size_t at = 1;
  while (at < words.size() && words[at].text != "if" && words[at].text != "unless") ++at;
  return at;
}
// It applies to everybody. A name made at run time may be that of a disabled backend: the next rule counts then.
bool takes_all(const config::Line& line) {
  const auto words = line.words();
  return words.size() > 1 && condition_in(line) == words.size() && words[1].text.find('%') == words[1].text.npos;
}
// Nothing changes between two use_backend rules, so the same condition never holds for the second one; but for chance, and for a
// name made at run time, which may be nobody's. Empty: there is no condition, or it may hold later.
std::string decisive_condition(const config::Line& line) {
  const auto words = line.words();
  std::string text;
  if (words.size() > 1 && words[1].text.find('%') != words[1].text.npos) return text;
  for (const config::Word& word : words.subspan(condition_in(line))) {
    if (word.text.find("rand") != word.text.npos) return {};
    text.append(word.text).append(1, '\0');
  }
  return text;
}
void advise(const std::vector<config::Line>& lines, std::vector<Advice>& advice) {
  std::unordered_map<std::string, const config::Line*> decided;
  const config::Line* decides_all = nullptr;
  for (const config::Line& line : lines) {
    const std::string condition = decisive_condition(line);
    const auto same = condition.empty() ? decided.end() : decided.find(condition);
    const config::Line* const before = decides_all ? decides_all : same != decided.end() ? same->second : nullptr;
    if (before)
      advice.push_back({line.place(), fmt::format("this 'use_backend' rule is never reached: the one in line {} has {}", before->place().line,
                                                  decides_all ? "no condition and decides" : "the same condition"), {}});
    if (!decides_all && takes_all(line)) decides_all = &line;
    if (!condition.empty()) decided.emplace(condition, &line);
  }
}

}  // namespace

std::optional<config::Place> route_of_all(const std::vector<config::Line>& lines) {
  for (const config::Line& line : lines)
    if (takes_all(line)) return line.place();
  return std::nullopt;
}

void compile_routes(Routes& routes, const std::vector<config::Line>& lines, RuleCompile& with) {
  const expr::EvaluatedAt here(with.compiler, bit(expr::Checkpoint::use_backend));
  advise(lines, with.proxies.advice);
  for (config::Line line : lines) {
    const config::Word* const word = line.peek();
    if (!word) {
      line.take("<backend>");
      continue;
    }
    Route route;
    auto format = expr::LogFormat::parse(line, with.compiler, expr::LogFormat::For::http);
    if (!format) continue;
    if (const auto name = format->constant()) {
      route.to = with.proxies.route(*name);
      if (!route.to) {
        line.alert(*word, fmt::format("unable to find required use_backend: '{}'.", *name), nearest_destination(with.proxies, *name));
        continue;
      }
    } else {
      route.name = std::make_unique<expr::LogFormat>(std::move(*format));
    }
    if (expr::Condition::starts(line)) {
      auto condition = expr::Condition::parse(line, with.compiler);
      if (!condition) continue;
      drop_impossible(line, *condition, bit(expr::Checkpoint::use_backend));
      route.condition = std::make_unique<expr::Condition>(std::move(*condition));
    }
    if (!line.finish()) continue;
    routes.core->routes.push_back(std::move(route));
  }
  const std::vector<Route>& all = routes.core->routes;
  routes.core->stretches = stretches_of(all.size(), [&all](std::size_t i) { return all[i].condition.get(); });
}

void compile_forced_routes(std::vector<std::unique_ptr<expr::Condition>>& conditions, const std::vector<config::Line>& lines, RuleCompile& with) {
  const expr::EvaluatedAt here(with.compiler, bit(expr::Checkpoint::use_backend));
  for (config::Line line : lines) {
    if (!expr::Condition::starts(line)) {
      line.alert("'force-be-switch' requires either 'if' or 'unless' followed by a condition.");
      continue;
    }
    bool fine = true;
    auto condition = take_condition(line, with.compiler, fine);
    if (!fine || !line.finish()) continue;
    drop_impossible(line, *condition, bit(expr::Checkpoint::use_backend));
    conditions.push_back(std::move(condition));
  }
}

}  // namespace sluice::proxy
