// `redirect` and `block`: lines that are short for http-request rules (manual 4.2).
#pragma once
#include <vector>

#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

// `redirect ...` is `http-request redirect ...` after all others and after services.
RuleList compile_redirects(const std::vector<config::Line>& lines, RuleCompile& with);

// `block ...` is `http-request deny ...` before all others.
RuleList compile_blocks(const std::vector<config::Line>& lines, RuleCompile& with);

}  // namespace sluice::proxy
