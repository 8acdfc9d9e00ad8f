// use_backend rules, and their index. A rule can be looked up instead of evaluated if its condition is one ACL, not
// negated, whose tests all compare the same sample of the request with patterns written in the configuration. Consecutive
// such rules over the same sample become one RuleIndex whose numbers are the rules' places, so the first that would have
// matched is the one that is found. Everything else is evaluated in its place, and so is everything once the runtime API
// has changed one of the patterns.
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"
#include "proxy/rules/rule_index.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

namespace {

struct Route {
  std::unique_ptr<expr::Condition> condition;
  Destination* to = nullptr;
  std::unique_ptr<expr::LogFormat> name;  // if the backend's name depends on the request

  Destination* target(expr::Scope& scope, const Proxies& proxies) const {
    return name ? proxies.destination(name->text(scope)) : to;
  }
};

// Rules [first, last) one after the other, or looked up.
struct Stretch {
  std::size_t first = 0, last = 0;
  std::unique_ptr<RuleIndex> index;
  std::shared_ptr<const expr::Acl> holder;   // keeps `sample` alive
  const expr::Expression* sample = nullptr;
};

// The one positive ACL the condition consists of, or null.
std::shared_ptr<const expr::Acl> single_acl(const expr::Condition& condition) {
  if (condition.is_unless() || condition.alternatives().size() != 1 || condition.alternatives()[0].size() != 1) return nullptr;
  const auto& term = condition.alternatives()[0][0];
  return term.negated ? nullptr : term.acl;
}

// The sample a rule could be looked up by: the source of its expression, or empty.
std::string_view index_key(const Route& route) {
  if (!route.condition) return {};
  const auto acl = single_acl(*route.condition);
  return acl ? RuleIndex::key(*acl) : std::string_view{};
}

}  // namespace

struct Routes::Core {
  std::vector<Route> routes;
  std::vector<Stretch> stretches;
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
  for (const Stretch& stretch : core->stretches)
    if (stretch.index) count += stretch.last - stretch.first;
  return count;
}

Destination* Routes::choose(expr::Scope& scope, const Proxies& proxies) const {
  for (const Stretch& stretch : core->stretches) {
    if (stretch.index && stretch.index->is_current()) {
      const std::uint32_t best = stretch.index->find(*stretch.sample, scope);
      // A name that leads nowhere lets the following rules decide.
      for (std::size_t i = best; i < stretch.last; ++i) {
        const Route& route = core->routes[i];
        if (i != best && !route.condition->eval(scope)) continue;
        if (Destination* const to = route.target(scope, proxies)) return to;
      }
      continue;
    }
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
      const Route& route = core->routes[i];
      if (route.condition && !route.condition->eval(scope)) continue;
      if (Destination* const to = route.target(scope, proxies)) return to;
    }
  }
  return nullptr;
}

namespace {

constexpr std::size_t worth_an_index = 3;  // fewer rules are as fast one by one

void build_stretches(Routes::Core& core) {
  const std::size_t count = core.routes.size();
  for (std::size_t i = 0; i < count;) {
    const std::string_view key = index_key(core.routes[i]);
    std::size_t end = i + 1;
    while (end < count && index_key(core.routes[end]) == key) ++end;
    Stretch stretch;
    stretch.first = i;
    stretch.last = end;
    if (!key.empty() && end - i >= worth_an_index) {
      stretch.index = std::make_unique<RuleIndex>();
      for (std::size_t n = i; n < end; ++n) stretch.index->add(*single_acl(*core.routes[n].condition), static_cast<std::uint32_t>(n));
      stretch.index->freeze();
      stretch.holder = single_acl(*core.routes[i].condition);
      stretch.sample = &stretch.holder->tests[0].expression();
    }
    core.stretches.push_back(std::move(stretch));
    i = end;
  }
}

}  // namespace

void compile_routes(Routes& routes, const std::vector<config::Line>& lines, RuleCompile& with) {
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
      route.to = with.proxies.destination(*name);
      if (!route.to) {
        line.alert(*word, fmt::format("unable to find required use_backend: '{}'.", *name));
        continue;
      }
    } else {
      route.name = std::make_unique<expr::LogFormat>(std::move(*format));
    }
    if (expr::Condition::starts(line)) {
      auto condition = expr::Condition::parse(line, with.compiler);
      if (!condition) continue;
      if (const auto fetch = condition->invalid_fetch(expr::Checkpoint::use_backend))
        line.warning(fmt::format("'use_backend' : the condition will never match because it uses '{}' which is not available here.", *fetch));
      route.condition = std::make_unique<expr::Condition>(std::move(*condition));
    }
    if (!line.finish()) continue;
    routes.core->routes.push_back(std::move(route));
  }
  build_stretches(*routes.core);
}

}  // namespace sluice::proxy
