// be_*_timeout, fe_*_timeout: as configured; cur_*: as rules have changed them for this request (manual 7.3.3). Milliseconds.
#include "expr/entries.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {

// That of the request; in rules of a listen section that come before the choice, the section's own.
const Destination* destination_of(const Exchange& exchange) {
  return exchange.destination() ? exchange.destination() : exchange.frontend().own_half;
}

using catalog::Add;
using catalog::typed;
using expr::Fetch;
using expr::Int;
using expr::Origin;
using Time = std::optional<Duration>;

Int milliseconds(const Time& time) { return time ? time->ms() : 0; }

// timeout queue and timeout tarpit are timeout connect where they are not said.
template <Time Policy::*timeout>
Int in_force(const Policy& policy) {
  constexpr bool falls_back = timeout == &Policy::timeout_queue || timeout == &Policy::timeout_tarpit;
  return milliseconds(falls_back && !(policy.*timeout) ? policy.timeout_connect : policy.*timeout);
}

template <Time Policy::*timeout>
std::optional<Int> of_backend(Exchange& exchange) {
  const Destination* const to = destination_of(exchange);
  if (!to) return std::nullopt;
  return in_force<timeout>(to->policy);
}
template <Time Policy::*timeout>
Int of_frontend(Session& session) {
  return in_force<timeout>(session.frontend.policy);
}
template <Time Policy::*timeout, Time Adjustments::*adjusted>
std::optional<Int> now(Exchange& exchange) {
  if (exchange.adjusted() && exchange.adjusted()->*adjusted) return milliseconds(exchange.adjusted()->*adjusted);
  return of_backend<timeout>(exchange);
}
Int client_now(Exchange& exchange) {
  if (exchange.adjusted() && exchange.adjusted()->client) return milliseconds(exchange.adjusted()->client);
  return milliseconds(exchange.frontend().policy.timeout_client);
}
Int tarpit_now(Exchange& exchange) {
  if (exchange.adjusted() && exchange.adjusted()->tarpit) return milliseconds(exchange.adjusted()->tarpit);
  return in_force<&Policy::timeout_tarpit>(exchange.destination() ? exchange.destination()->policy : exchange.frontend().policy);
}
std::optional<Int> be_max_retries(Exchange& exchange) {
  const Destination* const to = destination_of(exchange);
  if (!to) return std::nullopt;
  return to->backend->settings().retries;
}
std::optional<Int> cur_max_retries(Exchange& exchange) {
  if (exchange.adjusted() && exchange.adjusted()->retries) return *exchange.adjusted()->retries;
  return be_max_retries(exchange);
}

constexpr auto chosen = Origin::chosen_backend;
const Add a{Fetch{.name = "be_connect_timeout", .run = typed<of_backend<&Policy::timeout_connect>>, .origin = chosen, .doc = "timeout connect of the backend.",
    .examples = {{"be_connect_timeout", "5000"}}}};
const Add b{Fetch{.name = "be_queue_timeout", .run = typed<of_backend<&Policy::timeout_queue>>, .origin = chosen, .doc = "timeout queue of the backend.",
    .examples = {{"be_queue_timeout", "4000"}}}};
const Add c{Fetch{.name = "be_tarpit_timeout", .run = typed<of_backend<&Policy::timeout_tarpit>>, .origin = chosen, .doc = "timeout tarpit of the backend.",
    .examples = {{"be_tarpit_timeout", "3000"}}}};
const Add d{Fetch{.name = "fe_tarpit_timeout", .run = typed<of_frontend<&Policy::timeout_tarpit>>, .doc = "timeout tarpit of the frontend.",
    .examples = {{"fe_tarpit_timeout", "3000"}}}};
const Add e{Fetch{.name = "be_max_retries", .run = typed<be_max_retries>, .origin = chosen, .doc = "retries of the backend.",
    .examples = {{"be_max_retries", "2"}}}};
const Add f{Fetch{.name = "cur_client_timeout", .run = typed<client_now>, .doc = "timeout client as it holds for this request.",
    .examples = {{"cur_client_timeout", "30000"}}}};
const Add g{Fetch{.name = "cur_connect_timeout", .run = typed<now<&Policy::timeout_connect, &Adjustments::connect>>, .origin = chosen,
                  .doc = "timeout connect as it holds for this request.", .examples = {{"cur_connect_timeout", "5000"}}}};
const Add h{Fetch{.name = "cur_queue_timeout", .run = typed<now<&Policy::timeout_queue, &Adjustments::queue>>, .origin = chosen,
                  .doc = "timeout queue as it holds for this request.", .examples = {{"cur_queue_timeout", "4000"}}}};
const Add i{Fetch{.name = "cur_server_timeout", .run = typed<now<&Policy::timeout_server, &Adjustments::server>>, .origin = chosen,
                  .doc = "timeout server as it holds for this request.", .examples = {{"cur_server_timeout", "15000"}}}};
const Add j{Fetch{.name = "cur_tunnel_timeout", .run = typed<now<&Policy::timeout_tunnel, &Adjustments::tunnel>>, .origin = chosen,
                  .doc = "timeout tunnel as it holds for this request.", .examples = {{"cur_tunnel_timeout", "60000"}}}};
const Add k{Fetch{.name = "cur_tarpit_timeout", .run = typed<tarpit_now>, .doc = "timeout tarpit as it holds for this request.",
    .examples = {{"cur_tarpit_timeout", "3000"}}}};
const Add l{Fetch{.name = "cur_max_retries", .run = typed<cur_max_retries>, .origin = chosen, .doc = "retries as they hold for this request.",
    .examples = {{"cur_max_retries", "2"}}}};

}  // namespace
}  // namespace sluice::proxy
