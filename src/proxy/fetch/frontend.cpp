// fe_*: what is known of frontends.
#include "proxy/fetch/arguments.hpp"
#include "proxy/local.hpp"
#include "proxy/session.hpp"

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;

// The frontend that was named, else the one the session came in by.
const Frontend* which(Session& session, const std::optional<FrontendArg>& named) {
  return named ? session.local.proxies->frontend(named->name) : &session.frontend;
}

std::optional<Int> fe_conn(Session& session, std::optional<FrontendArg> named) {
  const Frontend* const frontend = which(session, named);
  if (!frontend) return std::nullopt;
  return frontend->state.sessions.load(std::memory_order_relaxed);
}
template <backend::Rate FrontendCounters::*rate>
std::optional<Int> fe_rate(Session& session, std::optional<FrontendArg> named) {
  const Frontend* const frontend = which(session, named);
  if (!frontend) return std::nullopt;
  std::uint64_t total = 0;
  for (unsigned i = 0; i < frontend->state.counters.size(); ++i)
    total += (frontend->state.counters.at(i).*rate).per_second(session.worker().loop.now());
  return static_cast<Int>(total);
}
std::string_view fe_defbe(Session& session) {
  return session.frontend.fallback ? std::string_view(session.frontend.fallback->backend->name()) : std::string_view();
}
Int fe_client_timeout(Session& session) {
  const auto& time = session.frontend.policy.timeout_client;
  return time ? time->ms() : 0;
}

const Add fe_conn_entry{Fetch{.name = "fe_conn", .args = {"frontend"}, .run = typed<fe_conn>,
    .doc = "How many connections the frontend has now.", .examples = {{"fe_conn(web)", "1"}, {"fe_conn(other)", "0"}}}};
const Add fe_sess_rate_entry{Fetch{.name = "fe_sess_rate", .args = {"frontend"}, .run = typed<fe_rate<&FrontendCounters::sessions>>,
    .doc = "How many sessions per second are created on the frontend.", .examples = {{"fe_sess_rate(web)", "1"}}}};
const Add fe_req_rate_entry{Fetch{.name = "fe_req_rate", .args = {"frontend"}, .run = typed<fe_rate<&FrontendCounters::requests>>,
    .doc = "How many HTTP requests per second reach the frontend.",
    .examples = {{"fe_req_rate(web)", "1"}, {"fe_req_rate(other)", "0"}}}};
const Add fe_defbe_entry{Fetch{.name = "fe_defbe", .run = typed<fe_defbe>, .doc = "The name of the frontend's default backend.",
    .examples = {{"fe_defbe", "farm"}}}};
const Add fe_timeout_entry{Fetch{.name = "fe_client_timeout", .run = typed<fe_client_timeout>,
    .doc = "timeout client of the frontend, in milliseconds.", .examples = {{"fe_client_timeout", "30000"}}}};

}  // namespace
}  // namespace sluice::proxy
