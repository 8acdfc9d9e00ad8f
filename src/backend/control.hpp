// Run-time operations on servers (runtime API, agents): effective at once on every worker, told to the sink in
// HAProxy's words. Any worker.
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "backend/backend.hpp"
#include "backend/notice.hpp"
#include "base/time.hpp"

namespace sluice::backend {

// set server <b>/<s> state ready|drain|maint; enable/disable server.
void set_admin(Server& server, Admin wanted, Instant now, const NoticeSink& sink);
// "set server ... weight <n>|<p>%": the error text is for the CLI. Relative to the configured weight.
std::expected<void, std::string> set_weight(Server& server, std::string_view text);
// What a check (or an agent) concluded; called by the checker.
struct CheckResult;
void mark_up(Server& server, const CheckResult* why, Instant now, const NoticeSink& sink);
void mark_down(Server& server, const CheckResult* why, Instant now, const NoticeSink& sink);

}  // namespace sluice::backend
