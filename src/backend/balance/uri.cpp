// uri: what is asked for decides, so that each of several caches holds its own part.
#include "backend/hashing.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "http/message.hpp"

namespace sluice::backend {
namespace {

class UriText final : public KeySource {
 public:
  // The words behind `uri`. Says what is wrong with them.
  std::string read(std::span<const std::string> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "whole") {
        whole_ = true;
      } else if (word == "path-only") {
        path_only_ = true;
      } else if (word == "len" || word == "depth") {
        const auto number = i + 1 < words.size() ? parse_uint(words[i + 1]) : std::nullopt;
        if (!number || *number == 0) return fmt::format("'{}' expects a positive integer", word);
        (word == "len" ? longest_ : deepest_) = static_cast<std::size_t>(*number);
        ++i;
      } else {
        return fmt::format("knows 'len', 'depth', 'whole' and 'path-only', but not '{}'", word);
      }
    }
    return {};
  }

  std::optional<std::uint32_t> key(const expr::Scope& scope, const HashPlan& plan) const override {
    if (!scope.request) return std::nullopt;
    const http::Uri& uri = scope.request->uri;
    std::string_view text = uri.text;
    if (path_only_) text = uri.path.starts_with('/') ? text.substr(static_cast<std::size_t>(uri.path.data() - text.data())) : std::string_view{};
    if (longest_ != 0) text = text.substr(0, longest_);
    if (!whole_) text = text.substr(0, text.find('?'));
    return hash_of(plan, text.substr(0, deep(text)));
  }

 private:
  // Where the slash of one level too many is. The one at the beginning opens the first level.
  std::size_t deep(std::string_view text) const {
    if (deepest_ == 0) return text.size();
    std::size_t levels = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '/' && levels++ == deepest_) return i;
    return text.size();
  }

  std::size_t longest_ = 0, deepest_ = 0;  // 0: all
  bool whole_ = false, path_only_ = false;
};

std::string verify(std::string_view argument, std::span<const std::string> words) {
  if (!argument.empty()) return no_arguments(argument, {});
  return UriText().read(words);
}

const catalog::Add entry{Algorithm{
    .name = "uri",
    .args = "[ len <len> ] [ depth <depth> ] [ whole ] [ path-only ]",
    .verify = verify,
    .make = [](const Algorithm::Farm& farm) {
      auto source = std::make_unique<UriText>();
      source->read(farm.words);
      return balance_by_hash(farm, std::move(source));
    },
    .weights = Algorithm::Weights::by_hash_type,
    .needs_http = true,
    .doc = "The target decides, up to the question mark or as a whole, or so many characters or directory levels of it."}};

}  // namespace
}  // namespace sluice::backend
