// What actions that rewrite headers have in common: whose headers, whether there is room, and what becomes of a rewrite
// that cannot be done (manual "http-request strict-mode").
#pragma once
#include "proxy/exchange.hpp"

namespace sluice::proxy {

inline http::Fields& fields_of(RuleRun& run) {
  return run.set == RuleSet::http_request ? run.exchange->request.fields : run.exchange->response.fields;
}
inline bool may_rewrite(RuleRun& run, std::size_t more) { return run.exchange->has_room(fields_of(run), more); }
inline Next failed_rewrite(RuleRun& run) {
  run.exchange->count_failed_rewrite();
  if (!run.strict) return Next::go_on;
  run.exchange->answer(nullptr, 500, Exchange::Because::denied);
  return Next::answer;
}

}  // namespace sluice::proxy
