// Values out of JSON texts by simple paths: "$.a.b[2]", "\\." for a dot in a name (json_query, jwt_*_query). The text is
// walked, never turned into a tree; nothing is allocated but the value itself. No state.
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "catalog/typed.hpp"
#include "expr/sample.hpp"

namespace sluice::expr {
struct JsonPath {
  struct Step {
    std::string name;
    std::int64_t index = -1;  // of an array if not negative
  };
  std::vector<Step> steps;
};
enum class JsonOut : std::uint8_t { as_it_is, integer };

Sample json_query(std::string_view in, Arena& arena, const JsonPath& path, std::optional<JsonOut> out);
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::JsonPath> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::JsonPath, std::string> read(std::string_view text) {
    expr::JsonPath path;
    if (!text.starts_with('$')) return std::unexpected("a JSON path begins with '$'");
    for (std::size_t at = 1; at < text.size();) {
      if (text[at] == '[') {
        const auto end = text.find(']', at);
        const auto index = end == std::string_view::npos ? std::nullopt : parse_uint(text.substr(at + 1, end - at - 1));
        if (!index) return std::unexpected("an index in brackets is expected at '" + std::string(text.substr(at)) + "'");
        path.steps.push_back({{}, static_cast<std::int64_t>(*index)});
        at = end + 1;
        continue;
      }
      if (text[at] != '.') return std::unexpected("'.' or '[' is expected at '" + std::string(text.substr(at)) + "'");
      std::string name;
      for (++at; at < text.size() && text[at] != '.' && text[at] != '['; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        name += text[at];
      }
      if (name.empty()) return std::unexpected("a name is missing behind '.'");
      path.steps.push_back({std::move(name), -1});
    }
    return path;
  }
};
template <>
struct Argument<expr::JsonOut> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::JsonOut, std::string> read(std::string_view text) {
    if (text == "int") return expr::JsonOut::integer;
    return std::unexpected("expected 'int' instead of '" + std::string(text) + "'");
  }
};
}  // namespace sluice::catalog
