// log-hash <converters>: what the converters make of a line decides, so that lines about the same thing go to the same server.
#include "backend/hashing.hpp"
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

class LineText final : public KeySource {
 public:
  std::optional<std::uint32_t> key(const expr::Scope&, const HashPlan&) const override { return std::nullopt; }
  std::optional<std::uint32_t> key_of_line(std::string_view line, const HashPlan& plan) const override {
    if (!expression_) return std::nullopt;  // it was wrong, and has been complained about
    Arena arena;
    NoAmbient ambient;
    expr::Scope scope;
    scope.arena = &arena;
    scope.ambient = &ambient;
    const auto text = expr::text_of(expression_->convert(expr::Sample::text(line), scope), arena);
    return text ? std::optional(hash_of(plan, *text)) : std::nullopt;
  }
  bool compile(config::Line& line, expr::Compiler& compiler) override {
    const config::Word* const word = line.take("<converters>");
    if (!word) return false;
    std::string error;
    expression_ = expr::Expression::parse(fmt::format("str(line),{}", word->text), compiler, &error);
    if (!expression_) line.alert(*word, fmt::format("'balance log-hash' : {}.", error));
    return expression_ && line.finish();
  }

 private:
  std::optional<expr::Expression> expression_;
};

const catalog::Add entry{Algorithm{
    .name = "log-hash",
    .args = "<converters>",
    .verify = [](std::string_view argument, std::span<const std::string> words) -> std::string {
      if (!argument.empty()) return no_arguments(argument, {});
      return words.empty() ? "requires a list of converters" : "";
    },
    .make = [](const Algorithm::Farm& farm) -> std::unique_ptr<Balancer> { return make_hash_map(farm, std::make_unique<LineText>()); },
    .weights = Algorithm::Weights::by_hash_type,
    .shares = Algorithm::Shares::lines,
    .needs_compiling = true,
    .doc = "In mode log: what these converters, separated by commas, make of the line's text decides, map-based."}};

}  // namespace
}  // namespace sluice::backend
