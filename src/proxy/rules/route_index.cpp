// use_backend rules, and their index. A rule can be looked up instead of evaluated if its condition is one ACL, not
// negated, whose tests all compare the same text of the request with plain beginnings, wholes or ends. Consecutive such
// rules over the same text become one TextIndex whose numbers are the rules' places, so the first that would have
// matched is the one that is found. Everything else is evaluated in its place.
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"
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
  std::unique_ptr<TextIndex> index;
  std::shared_ptr<const expr::Acl> holder;   // keeps `text` alive
  const expr::Expression* text = nullptr;
};

std::optional<TextIndex::Where> where_of(std::string_view match) {
  if (match == "beg") return TextIndex::Where::begins;
  if (match == "str") return TextIndex::Where::equals;
  if (match == "end") return TextIndex::Where::ends;
  return std::nullopt;
}

// The one positive ACL the condition consists of, or null.
std::shared_ptr<const expr::Acl> single_acl(const expr::Condition& condition) {
  if (condition.is_unless() || condition.alternatives().size() != 1 || condition.alternatives()[0].size() != 1) return nullptr;
  const auto& term = condition.alternatives()[0][0];
  return term.negated ? nullptr : term.acl;
}

// The text a rule could be looked up by: the source of its expression, or empty.
std::string_view index_key(const Route& route) {
  if (!route.condition) return {};
  const auto acl = single_acl(*route.condition);
  if (!acl || acl->tests.empty()) return {};
  const std::string_view source = acl->tests[0].expression().source();
  for (const expr::AclTest& test : acl->tests) {
    const expr::Type type = test.expression().type();
    if (test.expression().source() != source || test.from_files() || !where_of(test.match())) return {};
    if (type != expr::Type::str && type != expr::Type::method) return {};
    if (test.patterns().empty()) return {};
  }
  return source;
}

void add_to_index(TextIndex& index, const Route& route, std::uint32_t number) {
  const auto acl = single_acl(*route.condition);
  for (const expr::AclTest& test : acl->tests) {
    for (const expr::Pattern& pattern : test.patterns()) {
      const auto letters = pattern.letters == expr::Letters::exact ? TextIndex::Case::matters : TextIndex::Case::ignored;
      index.add(*where_of(test.match()), letters, pattern.text, number);
    }
  }
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
    if (stretch.index) {
      std::uint32_t best = TextIndex::none;
      const auto look = [&](const expr::Sample& sample) {
        if (const auto text = expr::text_of(sample, *scope.arena)) best = std::min(best, stretch.index->find(*text));
        return best == stretch.first;  // nothing comes before it
      };
      const expr::Visit visit{[](void* state, const expr::Sample& sample) { return (*static_cast<const decltype(look)*>(state))(sample); },
                              const_cast<void*>(static_cast<const void*>(&look))};
      stretch.text->any(scope, visit);
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
      stretch.index = std::make_unique<TextIndex>();
      for (std::size_t n = i; n < end; ++n) add_to_index(*stretch.index, core.routes[n], static_cast<std::uint32_t>(n));
      stretch.index->freeze();
      stretch.holder = single_acl(*core.routes[i].condition);
      stretch.text = &stretch.holder->tests[0].expression();
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
