#include "proxy/stick.hpp"

#include <xxhash.h>

#include "backend/server.hpp"
#include "expr/condition.hpp"
#include "expr/expression.hpp"
#include "proxy/build.hpp"
#include "proxy/frontend.hpp"

namespace sluice::proxy {

struct StickRules::Rule {
  enum Does : unsigned { match = 1, store_request = 2, store_response = 4 };
  unsigned does = 0;
  std::unique_ptr<expr::Condition> condition;
  std::optional<expr::Expression> expression;
  table::Table* table = nullptr;  // of the configuration this belongs to
};

StickRules::StickRules() = default;
StickRules::~StickRules() = default;

namespace {

std::uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t key_of(const table::Table& table, const backend::Server& server) {
  if (table.definition().server_key == table::ServerKey::name) return hash_of(server.name());
  return hash_of(server.settings().address.text());
}

bool applies(const std::unique_ptr<expr::Condition>& condition, const expr::Scope& scope) {
  return !condition || condition->eval(scope);
}

}  // namespace

void StickRules::add(Rule rule, const backend::Backend& backend) {
  rules_.push_back(std::move(rule));
  if (!servers_.empty()) return;
  servers_ = backend.servers();
  for (const auto& server : servers_) by_name_.emplace(hash_of(server->name()), server.get());
}

// The server that had the key, first by what names it, then by its number: a table may be another backend's.
backend::Server* StickRules::server_of(const table::Table& table, const table::Affinity& affinity) const {
  if (table.definition().server_key == table::ServerKey::name) {
    if (const auto found = by_name_.find(affinity.server_key); found != by_name_.end()) return found->second;
  } else {
    for (const auto& server : servers_)
      if (key_of(table, *server) == affinity.server_key) return server.get();
  }
  for (const auto& server : servers_)
    if (server->id() == affinity.server_id) return server.get();
  return nullptr;
}

// Only the first key for each table is kept.
void StickRules::take_key(const Rule& rule, const expr::Scope& scope, StickKeys& keys) {
  if (keys.count == keys.keys.size()) return;
  const auto taken = std::span(keys.keys).first(keys.count);
  if (std::ranges::any_of(taken, [&](const StickKeys::Key& key) { return key.table == rule.table; })) return;
  if (!applies(rule.condition, scope)) return;
  const auto bytes = rule.table->key_of(rule.expression->eval(scope), *scope.arena);
  if (bytes) keys.keys[keys.count++] = {rule.table, scope.arena->copy(*bytes)};
}

StickKeys& StickRules::begin(const expr::Scope& scope, Instant now) const {
  StickKeys& keys = scope.arena->make<StickKeys>();
  bool found = false;
  for (const Rule& rule : rules_) {
    if ((rule.does & Rule::match) && !found && applies(rule.condition, scope)) {
      const auto bytes = rule.table->key_of(rule.expression->eval(scope), *scope.arena);
      const auto affinity = bytes ? rule.table->match(*bytes, now) : std::nullopt;
      found = affinity.has_value();
      if (found) keys.server = server_of(*rule.table, *affinity);
    }
    if (rule.does & Rule::store_request) take_key(rule, scope, keys);
  }
  return keys;
}

void StickRules::store(StickKeys& keys, const expr::Scope& scope, const backend::Server& server, Instant now) const {
  if (server.settings().never_stuck_to) return;
  for (const Rule& rule : rules_)
    if (rule.does & Rule::store_response) take_key(rule, scope, keys);
  for (std::size_t i = 0; i < keys.count; ++i) {
    table::Table& table = *keys.keys[i].table;
    table.store(keys.keys[i].bytes, {server.id(), key_of(table, server)}, now);
  }
}

void compile_stick_rules(Destination& destination, const std::vector<config::Line>& lines, RuleCompile& with) {
  using Rule = StickRules::Rule;
  for (config::Line line : lines) {
    const std::string_view keyword = line.keyword();
    const unsigned does = keyword == "stick on"              ? Rule::match | Rule::store_request
                          : keyword == "stick match"         ? Rule::match
                          : keyword == "stick store-request" ? Rule::store_request
                                                             : Rule::store_response;
    const config::Word* const written = line.peek();
    auto expression = expr::Expression::parse(line, with.compiler);
    if (!expression) continue;
    if (written && (does & (Rule::match | Rule::store_request)) && expression->origin() == expr::Origin::response) {
      line.alert(*written, fmt::format("'{}' : '{}' needs the response, which is not there yet when a server is looked for.", keyword,
                                       expression->fetch_name()));
      continue;
    }
    std::string_view name = with.section.name();
    const config::Word* named = nullptr;
    if (line.accept("table")) {
      named = line.take("<table>");
      if (!named) continue;
      name = named->text;
    }
    bool fine = true;
    std::unique_ptr<expr::Condition> condition;
    if (expr::Condition::starts(line)) condition = take_condition(line, with.compiler, fine);
    if (!fine || !line.finish()) continue;
    table::Table* const table = with.proxies.table(name);
    if (!table) {
      const std::string text = fmt::format("unable to find stick-table '{}'.", name);
      if (named) line.alert(*named, text);
      else line.alert(text);
      continue;
    }
    destination.stick.add({does, std::move(condition), std::move(*expression), table}, *destination.backend);
  }
}

}  // namespace sluice::proxy
