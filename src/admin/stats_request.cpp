#include "admin/stats_request.hpp"

#include "base/text.hpp"

namespace sluice::admin {
namespace {

bool may_be_in_a_name(char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == ':' || c == '_' || c == '-'; }

// "a+b%20c" -> "a b c"; what is no escape stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// The value of `name` where it stands behind one of ; ? &.
std::optional<std::string_view> value_of(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    if (at == 0 || std::string_view(";?&").find(text[at - 1]) == std::string_view::npos) continue;
    const std::string_view value = text.substr(at + name.size());
    return value.substr(0, value.find_first_of(";?&"));
  }
  return std::nullopt;
}

}  // namespace

StatsRequest parse_stats_request(std::string_view rest) {
  StatsRequest request;
  const auto has = [&](std::string_view option) { return rest.find(option) != rest.npos; };
  if (has(";json-schema")) request.format = StatsFormat::schema;
  else if (has(";json")) request.format = StatsFormat::json;
  else if (has(";typed")) request.format = StatsFormat::typed;
  else if (has(";csv")) request.format = StatsFormat::csv;
  request.hide_down = has(";up");
  request.hide_maintenance = has(";no-maint");
  request.no_refresh = has(";norefresh");
  constexpr std::size_t longest_name_part = 64;
  if (const auto part = value_of(rest, "scope=")) {
    for (const char c : decoded(part->substr(0, longest_name_part)))
      if (may_be_in_a_name(c)) request.name_part += c;
  }
  if (const auto outcome = value_of(rest, "st=")) request.outcome = outcome->substr(0, 4);
  return request;
}

std::string view_options(const StatsRequest& request) {
  std::string out;
  if (request.hide_down) out += ";up";
  if (request.hide_maintenance) out += ";no-maint";
  if (request.no_refresh) out += ";norefresh";
  if (!request.name_part.empty()) out += ";scope=" + request.name_part;
  return out;
}

StatsForm parse_stats_form(std::string_view body) {
  StatsForm form;
  while (!body.empty()) {
    std::string_view value = take_until(body, '&');
    const std::string_view name = take_until(value, '=');
    if (name == "b") {
      form.backend = decoded(value);
    } else if (name == "s") {
      form.servers.push_back(decoded(value));
    } else if (name == "action") {
      form.action = decoded(value);
      form.has_action = true;
    }
  }
  return form;
}

}  // namespace sluice::admin
