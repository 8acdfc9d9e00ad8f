// Persistence: to whom a request belongs before balancing is asked, and what the client is told so that it comes back.
//
// Sources of affinity are asked in turn, and the first that names a server wins: use-server, the cookie, an RDP client's
// cookie, stick tables. Whichever it was, the rest of the exchange sees affinity_ only: another source goes into find_affinity().
#include "backend/cookie.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {

using backend::CookieIn;
using backend::Persistence;
using Insist = backend::Wish::Insist;

namespace {

// One that is down is tried all the same if persistence is forced; a full queue sends nobody away then.
Insist insistence(const backend::Server& server, Insist while_up) {
  return server.state().usable_by_persistence() ? while_up : Insist::always;
}

}  // namespace

void Exchange::find_affinity() {
  const backend::BackendSettings& settings = destination_->backend->settings();
  const PersistRules::Verdict verdict = destination_->persist.decide(scope);
  ignores_persistence_ = verdict == PersistRules::Verdict::ignore;
  forces_persistence_ = verdict == PersistRules::Verdict::force;
  const bool forced = forces_persistence_ || settings.persist;

  if (!destination_->use_server.empty()) {
    const auto down = forced ? UseServerRules::Down::allowed : UseServerRules::Down::refused;
    affinity_.server = destination_->use_server.choose(scope, *destination_, down);
    if (affinity_.server) affinity_.insist = insistence(*affinity_.server, Insist::while_usable);
  }
  if (settings.cookie && frontend().http) {
    const bool ignored = ignores_persistence_ || affinity_.server;
    const Persistence how = ignored ? Persistence::ignored : forced ? Persistence::forced : Persistence::normal;
    cookie_ = backend::read_cookies(*destination_->backend, request, how, worker_.loop.wall());
    if (settings.cookie.shown()) facts.termination.request_cookie = static_cast<char>(cookie_.in);
    if (cookie_.server) affinity_ = {cookie_.server, insistence(*cookie_.server, Insist::no)};
  }
  if (destination_->rdp_cookie && !affinity_.server) {
    const auto token = destination_->rdp_cookie->text(scope);
    backend::Server* const told = token ? backend::server_of_rdp_cookie(*destination_->backend, *token) : nullptr;
    if (told && (forced || told->state().usable_by_persistence())) affinity_ = {told, insistence(*told, Insist::no)};
  }
  if (!destination_->stick.empty()) {
    // The keys are taken in any case, to be stored once it is known who served them.
    stick_keys_ = &destination_->stick.begin(scope, worker_.loop.now());
    backend::Server* const stuck = stick_keys_->server;
    const bool wanted = stuck && !affinity_.server && !ignores_persistence_;
    if (wanted && (forced || stuck->state().usable_by_persistence())) affinity_ = {stuck, insistence(*stuck, Insist::no)};
  }
}

// The termination state says N where there is a cookie to tell about, until more is known.
void Exchange::show_cookies(const Destination* destination) {
  if (!destination || !destination->backend->settings().cookie.shown()) return;
  facts.termination.request_cookie = static_cast<char>(CookieIn::none);
  facts.termination.response_cookie = static_cast<char>(backend::CookieOut::none);
}

// Denied by a rule: the log tells whose client this is.
void Exchange::refused_with_cookie() {
  const Destination* const destination = destination_ ? destination_ : frontend().own_half;
  if (!destination || !destination->backend->settings().cookie) return;
  cookie_ = backend::peek_cookies(*destination->backend, request, worker_.loop.wall());
  server_ = cookie_.server;
  if (destination->backend->settings().cookie.shown()) facts.termination.request_cookie = static_cast<char>(cookie_.in);
}

// There is a server. It may be another than wished for: its queue was full, or it went down meanwhile.
void Exchange::note_server() {
  direct_ = server_ == affinity_.server;
  if (!direct_) lose_affinity();
}

void Exchange::lose_affinity() {
  affinity_ = {};
  direct_ = false;
  if (cookie_.in != CookieIn::valid) return;
  cookie_.in = CookieIn::down;
  if (destination_->backend->settings().cookie.shown()) facts.termination.request_cookie = static_cast<char>(cookie_.in);
}

void Exchange::write_persistence() {
  const backend::CookiePlan& plan = destination_->backend->settings().cookie;
  if (ignores_persistence_) return;
  const auto out = backend::write_cookies(plan, *server_, cookie_, direct_, request, response, worker_.loop.wall());
  if (plan.shown()) facts.termination.response_cookie = static_cast<char>(out);
}

}  // namespace sluice::proxy
