// reqrep, rspdel and their like: rules HAProxy had until 2.0, which see a message as text lines. They still do what they
// did, after all http-request rules and before `redirect` (http-response: after all others), each list in one action.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

enum class LegacySide : std::uint8_t { request, response };

// The rule that runs `lines` of one side, added to `list` if there are any.
void add_legacy_rules(RuleList& list, LegacySide side, const std::vector<config::Line>& lines, RuleCompile& with);

// What would be written today instead of this line: "http-request add-header X-A b".
std::string modern_form(const config::Line& line);

}  // namespace sluice::proxy
