// The JSON schema of what `show stat json`, `show info json` and ";json" of the statistics page give.
#pragma once
#include <string_view>

namespace sluice::admin {

std::string_view stats_json_schema();

}  // namespace sluice::admin
