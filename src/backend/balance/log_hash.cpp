// log-hash <converters>: what the converters make of a line decides, so that lines about the same thing go to the same server.
#include "backend/hashing.hpp"
#include "backend/weight_map.hpp"
#include "catalog/add.hpp"
#include "expr/expression.hpp"

namespace sluice::backend {
namespace {

// Lines belong to no worker that converters could ask.
class NoAmbient final : public expr::Ambient {
 public:
  Instant now() const override { return {}; }
  WallTime wall() const override { return {}; }
  std::uint64_t random() override { return 0; }
};

class LogHash final : public Balancer {
 public:
  explicit LogHash(const Algorithm::Farm& farm) : plan_(farm.hash), map_(farm.servers.size()) { takes_keys = true; }

  void take_key(PickRequest& request) const override {
    if (!expression_) return;  // it was wrong, and has been complained about
    Arena arena;
    NoAmbient ambient;
    expr::Scope scope;
    scope.arena = &arena;
    scope.ambient = &ambient;
    const auto text = expr::text_of(expression_->convert(expr::Sample::text(request.line), scope), arena);
    if (text) request.key = hash_of(plan_, *text);
  }
  bool compile(config::Line& line, expr::Compiler& compiler) override {
    const config::Word* const word = line.take("<converters>");
    if (!word) return false;
    std::string error;
    expression_ = expr::Expression::parse(fmt::format("str(line),{}", word->text), compiler, &error);
    if (!expression_) line.alert(*word, fmt::format("'balance log-hash' : {}.", error));
    return expression_ && line.finish();
  }

  Server* candidate(const PickRequest& request) override {
    took_turn_ = !request.key;
    return map_.at(request.key ? *request.key : turn_);
  }
  void chosen(Server&) override {
    if (took_turn_) ++turn_;
  }
  void set_weight(Server& server, std::uint32_t weight) override { map_.set_weight(server, weight); }
  void set_aside(Server& server) override { map_.set_aside(server); }
  void bring_back(Server& server) override { map_.bring_back(server); }

 private:
  const HashPlan plan_;
  std::optional<expr::Expression> expression_;
  WeightMap map_;
  std::uint32_t turn_ = 0;  // of lines of which the converters make nothing
  bool took_turn_ = false;
};

const catalog::Add entry{Algorithm{
    .name = "log-hash",
    .args = "<converters>",
    .verify = [](std::string_view argument, std::span<const std::string> words) -> std::string {
      if (!argument.empty()) return no_arguments(argument, {});
      return words.empty() ? "requires a list of converters" : "";
    },
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> { return std::make_unique<LogHash>(farm); },
    .weights = Algorithm::Weights::by_hash_type,
    .shares = Algorithm::Shares::lines,
    .needs_compiling = true,
    .doc = "In mode log: what these converters, separated by commas, make of the line's text decides, map-based."}};

}  // namespace
}  // namespace sluice::backend
