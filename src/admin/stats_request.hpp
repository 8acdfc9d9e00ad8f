// What a request for the statistics page asks for: its options behind the prefix, and the form a POST brings. Pure text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "admin/command.hpp"

namespace sluice::admin {

enum class StatsFormat : std::uint8_t { html, csv, json, typed, schema };

struct StatsRequest {
  StatsFormat format = StatsFormat::html;
  bool hide_down = false, hide_maintenance = false, no_refresh = false;
  std::string name_part;      // ;scope=: proxies whose name contains it; only letters, digits and .:_- get through
  std::string_view outcome;   // ;st=: what the last action came to, four letters
};
// `rest`: the target behind the page's prefix. What is unknown is ignored.
StatsRequest parse_stats_request(std::string_view rest);

// ";up;no-maint;norefresh;scope=x": the options that lead to the same view again.
std::string view_options(const StatsRequest& request);

// An application/x-www-form-urlencoded body: backend, action and servers, decoded.
struct StatsForm {
  std::string backend;  // a name, or #<id>
  std::string action;
  bool has_action = false;
  std::vector<std::string> servers;
};
StatsForm parse_stats_form(std::string_view body);

}  // namespace sluice::admin
