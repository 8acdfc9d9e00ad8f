// hash <expression>, and rdp-cookie(<name>), which is one of them: any sample decides.
#include "backend/hashing.hpp"
#include "catalog/add.hpp"
#include "expr/expression.hpp"

namespace sluice::backend {
namespace {

class SampleBytes : public KeySource {
 public:
  std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const override {
    if (!expression_) return std::nullopt;  // it was wrong, and has been complained about
    const expr::Sample sample = expression_->eval(scope);
    char bytes[16];
    switch (sample.type()) {
      case expr::Type::boolean:
      case expr::Type::sint: return hash_of(plan, big_endian(bytes, static_cast<std::uint64_t>(sample.integer()), 8));
      case expr::Type::ipv4: return hash_of(plan, big_endian(bytes, sample.ipv4().value, 4));
      case expr::Type::ipv6: {
        std::memcpy(bytes, sample.ipv6().bytes.data(), sizeof bytes);
        return hash_of(plan, {bytes, sizeof bytes});
      }
      default: break;
    }
    if (!sample.is_text()) return std::nullopt;
    return hash_of(plan, sample.view());
  }
  bool compile(config::Line& line, expr::Compiler& compiler) override {
    expression_ = expr::Expression::parse(line, compiler);
    return expression_ && line.finish();
  }

 protected:
  static std::string_view big_endian(char* to, std::uint64_t number, std::size_t size) {
    for (std::size_t i = size; i-- > 0; number >>= 8) to[i] = static_cast<char>(number & 0xff);
    return {to, size};
  }
  std::optional<expr::Expression> expression_;
};

class RdpCookie final : public SampleBytes {
 public:
  explicit RdpCookie(std::string_view name) : name_(name) {}
  bool compile(config::Line& line, expr::Compiler& compiler) override {
    std::string error;
    expression_ = expr::Expression::parse(fmt::format("req.rdp_cookie({})", name_), compiler, &error);
    if (!expression_) line.alert(fmt::format("'balance rdp-cookie' : {}.", error));
    return expression_.has_value();
  }

 private:
  const std::string name_;
};

const catalog::Add hash_entry{Algorithm{
    .name = "hash",
    .args = "<expression>",
    .verify = [](std::string_view argument, std::span<const std::string> words) -> std::string {
      if (!argument.empty()) return no_arguments(argument, {});
      return words.empty() ? "requires a sample expression" : "";
    },
    .make = [](const Algorithm::Farm& farm) { return balance_by_hash(farm, std::make_unique<SampleBytes>()); },
    .weights = Algorithm::Weights::by_hash_type,
    .needs_compiling = true,
    .doc = "A sample of the request decides; requests that have none take turns."}};

const catalog::Add rdp_entry{Algorithm{
    .name = "rdp-cookie",
    .args = "[(<name>)]",
    .verify = [](std::string_view, std::span<const std::string> words) { return no_arguments({}, words); },
    .make = [](const Algorithm::Farm& farm) {
      return balance_by_hash(farm, std::make_unique<RdpCookie>(farm.argument.empty() ? "mstshash" : farm.argument));
    },
    .weights = Algorithm::Weights::by_hash_type,
    .needs_compiling = true,
    .doc = "A cookie of the RDP protocol decides, mstshash (the user) by default; it must have been waited for."}};

}  // namespace
}  // namespace sluice::backend
