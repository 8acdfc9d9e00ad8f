// url_param: a parameter of the query string decides, with check_post also one of a form that is posted.
#include "backend/hashing.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "http/message.hpp"

namespace sluice::backend {
namespace {

class Parameter final : public KeySource {
 public:
  explicit Parameter(std::string name) : name_(std::move(name)) {}

  std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const override {
    if (!scope.request) return std::nullopt;
    std::optional<std::string_view> value = find(scope.request->uri.query);
    // Only there if it was waited for: Destination::searches_forms.
    if (!value && scope.request->method == http::Method::post && scope.request_body) value = find(scope.request_body->bytes);
    if (!value) return std::nullopt;
    return hash_of(plan, *value);
  }

 private:
  std::optional<std::string_view> find(std::string_view text) const {
    while (!text.empty()) {
      const std::string_view item = take_until(text, '&');
      if (item.size() > name_.size() && item.starts_with(name_) && item[name_.size()] == '=') return item.substr(name_.size() + 1);
    }
    return std::nullopt;
  }

  const std::string name_;
};

std::string verify(std::string_view argument, std::span<const std::string> words) {
  if (!argument.empty()) return no_arguments(argument, {});
  if (words.empty()) return "requires a parameter's name";
  // A number behind check_post is of old; it has no effect any more.
  if (words.size() == 1 || (words[1] == "check_post" && (words.size() == 2 || (words.size() == 3 && parse_uint(words[2]))))) return {};
  return fmt::format("knows 'check_post' behind the name, but not '{}'", words[1] == "check_post" ? words[2] : words[1]);
}

const catalog::Add entry{Algorithm{
    .name = "url_param",
    .args = "<param> [ check_post ]",
    .verify = verify,
    .make = [](const Algorithm::Farm& farm) { return balance_by_hash(farm, std::make_unique<Parameter>(farm.words.front())); },
    .weights = Algorithm::Weights::by_hash_type,
    .needs_http = true,
    .doc = "A parameter of the query string decides, or with check_post one of a posted form; those without it take turns."}};

}  // namespace
}  // namespace sluice::backend
