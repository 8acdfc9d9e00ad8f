#include "proxy/exchange.hpp"

#include "config/setting.hpp"
#include "expr/authentication.hpp"
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "http/h1/framing.hpp"
#include "proxy/local.hpp"
#include "http/cookie.hpp"
#include "proxy/log.hpp"
#include "proxy/rules/rules.hpp"

namespace sluice::proxy {

using async::attempt;
using async::Task;

namespace {
constexpr std::size_t arena_size = 4096;
}

Exchange::Exchange(Local& local)
    : arena_memory_(std::make_unique<char[]>(arena_size)),
      arena_(std::span(arena_memory_.get(), arena_size)),
      request(arena_),
      response(arena_),
      local_(local),
      worker_(local.worker),
      request_chunks_(arena_),
      response_chunks_(arena_),
      upload_ended_(local.worker.loop) {
  variables_.names = &local.proxies->variables;
}

std::uint32_t Exchange::transaction_number() {
  while (transaction_number_ == 0) transaction_number_ = local_.states.transactions.fetch_add(1, std::memory_order_relaxed);
  return transaction_number_;
}

Exchange::~Exchange() = default;

void Exchange::reset(Session& session) {
  session_ = &session;
  const Frontend& front = session.frontend;
  facts = Facts{};
  facts.accepted = session.accepted;
  facts.accepted_at = session.accepted_at;
  facts.request_at = session.accepted_at;
  facts.idle_since = session.idle_since;
  facts.timers.handshake = session.handshake;
  facts.request_count = session.requests;
  if (request_captures.size() + front.request_captures.size() != 0) request_captures.assign(front.request_captures.size(), {});
  if (response_captures.size() + front.response_captures.size() != 0) response_captures.assign(front.response_captures.size(), {});

  session.describe(seen_client_);
  scope = expr::Scope{};
  scope.arena = &arena_;
  scope.ambient = &local_.ambient;
  scope.client = &seen_client_;
  scope.frontend = const_cast<Frontend*>(&front);
  if (front.own_half) scope.backend = front.own_half->backend.get();  // a listen section's own, until another one is chosen
  scope.session = &session;
  scope.exchange = this;
  scope.facts = &facts;
  scope.request_captures = request_captures;
  scope.response_captures = response_captures;
  const expr::VariableNames& names = local_.proxies->variables;
  variables_.process = &local_.states.variables;
  variables_.session = session.variables(names);
  variables_.limits = local_.limits_of_variables();
  if (const std::size_t n = names.count(expr::Life::txn)) {
    transaction_variables_.begin(arena_, n, local_.states.variables.of_sessions());
    variables_.transaction = &transaction_variables_;
  }
  if (const std::size_t n = names.count(expr::Life::req)) {
    request_variables_.begin(arena_, n, local_.states.variables.of_sessions());
    variables_.request = &request_variables_;
  }
  if (const std::size_t n = names.count(expr::Life::res)) {
    response_variables_.begin(arena_, n, local_.states.variables.of_sessions());
    variables_.response = &response_variables_;
  }
  scope.variables = &variables_;
}

// Back to how a new one is, but for the memory it has. Called when an exchange is over, so that reset() has little to do.
void Exchange::let_go() {
  stop_counting_cost();
  account_ = {};
  release_connection();
  if (variables_.limits) {
    for (expr::VariableStore* const store : {&transaction_variables_, &request_variables_, &response_variables_}) store->end();
  }
  visit_ = {};
  slot_.release();
  server_ = nullptr;
  destination_ = nullptr;
  avoid_ = nullptr;
  stick_keys_ = nullptr;
  sent_elsewhere_ = false;
  keep_server_ = fresh_connection_ = false;
  affinity_ = {};
  cookie_ = {};
  direct_ = ignores_persistence_ = forces_persistence_ = false;
  phase_ = Phase::request;
  cursor_.reset();
  request.clear();
  response.clear();
  error_status_ = 0;
  request_body_ = response_body_ = http::Body{};
  body_ = {};
  request_chunks_.reset();
  response_chunks_.reset();
  response_left_ = 0;
  body_complete_ = upload_done_ = true;
  upload_broken_ = response_complete_ = client_keeps_ = server_keeps_ = server_close_ = false;
  streaming_ = proxy_style_ = false;
  upgrading_ = unchunk_ = logged_ = tarpit_ = false;
  following_ = Input{};
  response_buffer_.release();
  response_bytes_ = {};
  service_ = nullptr;
  made_head_ = made_ = 0;
  reply_ = nullptr;
  reply_status_ = 0;
  unsent_ = {};
  answer_fields_.clear();
  captured_request_cookie = captured_response_cookie = {};
  server_source_ = {};
  priority = {};
  last_rule = waiting_rule = nullptr;
  verified_for_ = nullptr;
  transaction_number_ = 0;
  adjusted_ = nullptr;
  hints_ = nullptr;
  request_size_ = response_size_ = 0;
  counted_in_ = counted_out_ = 0;
  response_decoded_ = false;
  monitored = silent = false;
  log_level = -1;
  arena_.reset();
  session_ = nullptr;
}

// One request, from top to bottom. Whatever goes wrong on the way ends converse() with an Error, which becomes an
// answer (if the client can still be told), a termination state and a log line.
Task<> Exchange::serve(Session& session) {
  ++session.requests;
  const ExchangeLease exchange(session.local);
  exchange->reset(session);
  const auto done = co_await attempt(exchange->converse());
  if (!done) co_await attempt(exchange->reply_to(done.error()));
  exchange->finish();
}

Task<> Exchange::converse() {
  const bool whole = co_await head_at_once();
  if (!whole) co_await read_head();
  capture_request();
  log_step(LogStep::accept);
  log_step(LogStep::request);
  if (monitored_request()) {
    co_await reply(ReplyTemplate::built_in(monitor_status_), monitor_status_);
    co_return;
  }

  if (!body_complete_) co_await see_body();
  if (frontend().policy.buffer_request) co_await buffer_body();
  RulePlace at;
  Next next = run_request_rules(frontend().policy, at);
  if (next == Next::later) next = co_await request_rules_later(frontend().policy, at);
  if (next == Next::go_on) next = screen_names(frontend().policy);
  if (next == Next::go_on) {
    choose_destination();
    if (destination_ && (destination_->policy.buffer_request || (destination_->searches_forms && request.method == http::Method::post)))
      co_await buffer_body();
    if (destination_ && destination_->policy.section != frontend().policy.section) {
      at = {};
      next = run_request_rules(*destination_->rules, at);
      if (next == Next::later) next = co_await request_rules_later(*destination_->rules, at);
      if (next == Next::go_on) next = screen_names(destination_->policy);
    }
  }
  if (hints_) co_await send_hints();
  if (next == Next::close) {
    closed_by_rule(at.stage == 0 ? RuleSet::tcp_content : RuleSet::http_request);
    co_return;
  }
  if (next == Next::answer) {
    if (service_) co_await serve_by_service();
    else co_await answer_now();
    co_return;
  }
  if (!destination_) {
    facts.timers.request = unseen;  // as HAProxy logs it: the request has not been for anybody
    co_await fail(Kind::no_server, Side::us);
  }

  co_await take_buffered_body();
  if (uploads() && !body_.empty()) upload_done_ = false;  // it goes by itself, behind the head
  if (destination_->has_affinity) find_affinity();
  prepare_request();
  // Attempt after attempt. A request that finds everything ready waits once, for the answer, and starts no coroutine.
  for (;;) {
    const Result<bool> sent = ask_at_once();
    Result<void> asked;
    if (!sent) asked = fail(sent.error());
    else if (!*sent) asked = co_await attempt(ask_later());
    if (asked && upload_done_ && !sent_elsewhere_) {
      begin_answer_head();
      const auto ready = co_await attempt(net::readable_unless_hangup(connection_->stream(), server_activity_.deadline(), watched_client()));
      const auto head = take_answer_head(ready);
      if (!head) asked = fail(head.error());
      else if (*head != AnswerHead::whole) asked = co_await attempt(read_rest_of_head(*head));
    }
    if (asked) break;
    co_await prepare_retry(asked.error());
  }
  if (sent_elsewhere_) {
    co_await answer_now();
    co_return;
  }
  if (!upload_done_) {
    co_await upload_alongside();
    co_return;
  }
  at = {};
  const Delivery delivered = co_await deliver_at_once(at);
  if (delivered != Delivery::done) co_await deliver_later(delivered, at);
}

// Manual "option http-restrict-req-hdr-names".
Next Exchange::screen_names(const Policy& policy) {
  if (!policy.quirks || policy.quirks->names == NameRule::preserve) return Next::go_on;
  const auto odd = [](const http::Field& field) { return !has_plain_name(field); };
  if (policy.quirks->names == NameRule::remove) {
    request.fields.remove_if(odd);
    return Next::go_on;
  }
  if (std::ranges::none_of(request.fields, odd)) return Next::go_on;
  answer(nullptr, 403, Because::denied);
  return Next::answer;
}

// The usual case: all of it is there already.
Result<bool> Exchange::head_at_once() {
  Input& input = session_->input;
  if (!input.open(worker_.buffers)) return fail(Kind::no_resource);
  input.move_to_front();
  if (input.empty()) {
    const auto got = session_->client->try_read(input.room());
    if (!got && got.error().kind == Kind::would_block) return false;
    if (const auto taken = take_head_bytes(got); !taken) return fail(taken.error());
  }
  return parse_head();
}

Task<> Exchange::read_head() {
  for (;;) {
    const auto got = co_await attempt(session_->client->read(session_->input.room(), head_deadline()));
    co_await take_head_bytes(got);
    const bool whole = co_await parse_head();
    if (whole) co_return;
  }
}

Result<void> Exchange::take_head_bytes(const Result<std::size_t>& got) {
  Input& input = session_->input;
  if (got && *got != 0) {
    input.added(*got);
    return {};
  }
  facts.bytes_from_client = input.size();
  if (input.empty() && (frontend().ignore_probes || session_->requests > 1)) silent = true;
  return fail(got ? Error{Kind::end, Side::client} : got.error().on(Side::client));
}

Result<bool> Exchange::parse_head() {
  using State = http::h1::Outcome::State;
  const Input& input = session_->input;
  if (facts.first_byte == Instant{}) first_byte_seen();
  http::h1::Options options = local_.proxies->parsing;
  options.relax = frontend().policy.relaxed_requests;
  const auto room = input.size() >= local_.most_head ? http::h1::Room::full : http::h1::Room::more;
  const std::span<char> head = input.bytes().first(std::min(input.size(), local_.most_head));
  const auto outcome = http::h1::parse_request_head(cursor_, head, request, options, room);
  if (outcome.state == State::need_more) return false;
  if (outcome.state == State::done) {
    head_is_read(outcome.length);
    return true;
  }
  facts.bad_request = true;
  error_status_ = outcome.status;
  capture_bad_message(CapturedMessage::Side::request, input.bytes(), outcome);
  return fail(outcome.fault == http::h1::Fault::too_large ? Kind::too_large : Kind::bad_message, Side::client);
}

// From here on what is done is done for this request (cpu_calls).
void Exchange::count_cost() {
  if (async::Profiler* const profiler = worker_.loop.profiler()) [[unlikely]] profiler->open(account_);
}

void Exchange::stop_counting_cost() {
  if (async::Profiler* const profiler = worker_.loop.profiler()) [[unlikely]] profiler->close(account_);
}

void Exchange::first_byte_seen() {
  count_cost();
  facts.first_byte = worker_.loop.now();
  facts.request_at = worker_.loop.wall();
  facts.timers.idle = facts.first_byte - session_->idle_since;
}

// timeout http-request runs from the first byte (the first request: from the end of the handshakes).
Instant Exchange::head_deadline() const {
  const Policy& policy = frontend().policy;
  const Instant from = session_->requests <= 1 || facts.first_byte == Instant{} ? session_->idle_since : facts.first_byte;
  if (policy.timeout_http_request) return from + *policy.timeout_http_request;
  return config::deadline(worker_.loop.now(), policy.timeout_client);
}

void Exchange::head_is_read(std::uint32_t length) {
  facts.head_done = worker_.loop.now();
  facts.timers.request = facts.head_done - facts.first_byte;
  facts.method = request.method_text;
  facts.target = request.uri.text;
  facts.version = version_text();
  seen_line_ = {facts.method, facts.target, request.version == http::http_1_0 ? "HTTP/1.0" : "HTTP/1.1"};
  scope.captured = &seen_line_;
  facts.bytes_from_client = length;
  head_size_ = request_size_ = length;
  session_->input.used(length);
  scope.request = &request;
  request_body_ = http::h1::body_of(request);
  body_complete_ = request_body_.kind == http::BodyKind::none || request_body_.kind == http::BodyKind::tunnel;
  client_keeps_ = http::h1::wants_keep_alive(request) && frontend().policy.connection_mode != ConnectionMode::close &&
                  !local_.ends(*session_);
  const bool proxied = request.uri.form == http::UriForm::absolute || request.uri.form == http::UriForm::authority;
  if (proxied && frontend().use_proxy_header) use_proxy_connection();
  session_->counters.req_tot.add();
  session_->counters.requests.add(worker_.loop.now());
  show_cookies(frontend().own_half);
}

// As it was received.
std::string_view Exchange::version_text() {
  if (request.version == http::http_1_1) return "HTTP/1.1";
  if (request.version == http::http_1_0) return "HTTP/1.0";
  char* const to = arena_.allocate(16);
  return {to, fmt::format_to_n(to, 16, "HTTP/{}.{}", request.version.major, request.version.minor).size};
}

// option http-use-proxy-header: what Connection says otherwise, Proxy-Connection says to a proxy.
void Exchange::use_proxy_connection() {
  proxy_style_ = true;
  const http::HeaderName name(http::HeaderId::proxy_connection);
  if (request.fields.has_token(name, "close")) client_keeps_ = false;
  if (request.version == http::http_1_0 && request.fields.has_token(name, "keep-alive"))
    client_keeps_ = frontend().policy.connection_mode != ConnectionMode::close && !local_.ends(*session_);
  request.fields.remove(name);
}

bool Exchange::monitored_request() {
  const std::string& uri = frontend().monitor_uri;
  if (uri.empty()) return false;
  if (uri != (uri.starts_with('/') && request.uri.form == http::UriForm::absolute ? request.uri.path_and_query : request.uri.text)) return false;
  monitored = true;
  const bool fails = std::ranges::any_of(frontend().monitor_fail, [&](const auto& condition) { return condition->eval(scope); });
  monitor_status_ = fails ? 503 : 200;
  session_->counters.intercepted.add();
  facts.termination = {'L', 'R', '-', '-'};
  return true;
}

namespace {
constexpr expr::Direction direction_of(RuleSet set) {
  const bool response = set == RuleSet::tcp_response || set == RuleSet::http_response || set == RuleSet::http_after_response;
  return response ? expr::Direction::response : expr::Direction::request;
}
}  // namespace

// The whole message's head is here: rules that wait for more data have all they will get.
Next Exchange::run_list(RuleSet set, const RuleList& list, RulePlace& at) {
  RuleRun rules{set, *session_, this, scope, seen_client_, true, at.strict};
  scope.direction = direction_of(set);
  const Next next = run(list, rules, at.rule);
  scope.direction = expr::Direction::request;
  at.strict = rules.strict;
  return next;
}

namespace {
constexpr RuleSet request_stages[] = {RuleSet::tcp_content, RuleSet::http_request};

// What ends the rules of a message, whatever lists are left.
constexpr bool decides(Next next) { return next == Next::answer || next == Next::close || next == Next::later; }
}  // namespace

// tcp-request content, http-request, services and `redirect`, in this order, of one section.
Next Exchange::run_request_rules(const Policy& policy, RulePlace& at) {
  if (!policy.slow_userlists.empty() && verified_for_ != &policy && asks_slow_password(policy)) return Next::later;
  if (!policy.judges_requests) return Next::go_on;
  for (; at.stage < std::size(request_stages); at = {0, static_cast<std::uint8_t>(at.stage + 1), true}) {
    const RuleList& list = policy[request_stages[at.stage]];
    if (list.empty()) continue;
    const Next next = run_list(request_stages[at.stage], list, at);
    if (decides(next)) return next;
  }
  if (!policy.services.empty()) {
    service_ = service_of(policy);
    if (service_) return Next::answer;
  }
  if (policy.redirects.empty()) return Next::go_on;
  return run_list(RuleSet::http_request, policy.redirects, at);
}

// One rule has something to wait for. Afterwards `at` is where to go on.
Task<Next> Exchange::rule_later(RuleSet set, const RuleList& list, RulePlace& at) {
  RuleRun rules{set, *session_, this, scope, seen_client_, true, at.strict};
  scope.direction = direction_of(set);
  waiting_rule = &list.rules[at.rule].place;
  const Next next = co_await list.rules[at.rule].action->later(rules);
  waiting_rule = nullptr;
  scope.direction = expr::Direction::request;
  ++at.rule;
  if (next == Next::stop) at = {0, static_cast<std::uint8_t>(at.stage + 1), true};
  co_return next == Next::stop ? Next::go_on : next;
}

// Hashes of passwords are computed elsewhere before rules ask for them: other requests of this worker need not wait.
bool Exchange::asks_slow_password(const Policy& policy) {
  const auto said = expr::basic_credentials(request, authorization_field(), arena_);
  if (!said) return false;
  return std::ranges::any_of(policy.slow_userlists, [&](const config::Userlist* list) { return expr::takes_long(*list, *said); });
}

Task<> Exchange::verify_passwords(const Policy& policy) {
  // The thread that computes may be through when this exchange has gone: it finds no worker to tell then.
  struct Asked {
    std::mutex lock;
    async::Worker* worker = nullptr;
    async::WaitQueue* waiting = nullptr;  // on the worker only
    bool done = false, good = false;
  };
  struct Asking {
    std::shared_ptr<Asked> asked;
    ~Asking() {
      const std::lock_guard guard(asked->lock);
      asked->worker = nullptr;
      asked->waiting = nullptr;
    }
  };
  verified_for_ = &policy;
  const auto said = expr::basic_credentials(request, authorization_field(), arena_);
  for (const config::Userlist* const list : policy.slow_userlists) {
    if (!said || !expr::takes_long(*list, *said)) continue;
    async::WaitQueue waiting(worker_.loop);
    const Asking asking{std::make_shared<Asked>()};
    Asked& asked = *asking.asked;
    asked.worker = &worker_;
    asked.waiting = &waiting;
    std::function<void(bool)> tell = [shared = asking.asked](bool good) {
      const std::lock_guard guard(shared->lock);
      if (!shared->worker) return;
      shared->worker->mailbox.post([shared, good] {
        shared->done = true;
        shared->good = good;
        if (shared->waiting) shared->waiting->wake_all();
      });
    };
    expr::find_out(*list, *said, std::move(tell));
    while (!asked.done) co_await waiting.wait(never);
    expr::take_note(*list, *said, asked.good);
  }
}

Task<Next> Exchange::request_rules_later(const Policy& policy, RulePlace& at) {
  if (verified_for_ != &policy && asks_slow_password(policy)) {
    co_await verify_passwords(policy);
    const Next first = run_request_rules(policy, at);
    if (first != Next::later) co_return first;
  }
  for (;;) {
    const RuleSet set = request_stages[at.stage];
    Next next = co_await rule_later(set, policy[set], at);
    if (next == Next::go_on) next = run_request_rules(policy, at);
    if (next != Next::later) co_return next;
  }
}

void Exchange::choose_destination() {
  const Frontend& front = frontend();
  Destination* chosen = front.routes.empty() ? nullptr : front.routes.choose(scope, front, *local_.proxies);
  if (!chosen && front.fallback && (front.fallback == front.own_half || front.leads_to(*front.fallback, scope))) chosen = front.fallback;
  if (chosen) enter(*chosen);
}

void Exchange::enter(Destination& destination) {
  destination_ = &destination;
  scope.backend = destination.backend.get();
  show_cookies(destination_);
  visit_ = backend::BackendVisit(*destination.backend, worker_);
}

// tcp-request content counts where connections are counted: in the frontend, whoever's rule it was.
void Exchange::closed_by_rule(RuleSet set) {
  facts.termination = {'P', 'R', '-', '-'};
  facts.timers.request = unseen;
  session_->count<&FrontendCounters::dreq>();
  if (destination_ && set != RuleSet::tcp_content) destination_->backend->counters(worker_).dreq.add();
  session_->close_after = true;
}

Task<> Exchange::answer_now() {
  const bool denied = reply_because_ == Because::denied;
  if (denied) {
    session_->count<&FrontendCounters::dreq>();
    if (destination_) destination_->backend->counters(worker_).dreq.add();
  } else if (!destination_) {
    session_->counters.intercepted.add();  // by the frontend
  }
  if (tarpit_) co_await tarpit_now();
  if (denied) refused_with_cookie();
  facts.termination.cause = denied ? 'P' : 'L';
  facts.termination.phase = tarpit_ ? 'T' : sent_elsewhere_ ? 'C' : 'R';
  const ReplyTemplate& page = reply_ ? *reply_ : page_for(reply_status_);
  co_await reply(page, reply_status_);
}

Task<> Exchange::tarpit_now() {
  phase_ = Phase::tarpit;
  facts.timers.request = unseen;
  const Policy& policy = frontend().policy;
  const Duration pause = adjusted_ && adjusted_->tarpit ? *adjusted_->tarpit
                         : policy.timeout_tarpit ? *policy.timeout_tarpit
                         : policy.timeout_connect ? *policy.timeout_connect
                                                  : Duration{};
  facts.queued_at = worker_.loop.now();
  Task<> sleeping = sleep(worker_.loop, worker_.loop.now() + pause);
  const auto rested = co_await attempt(net::unless_hangup(*session_->client, net::Hangup::finished, std::move(sleeping)));
  facts.timers.queue = worker_.loop.now() - facts.queued_at;
  if (!rested) co_await fail(rested.error().on(Side::client));
}

Task<> Exchange::sleep(async::Loop& loop, Instant until) { co_await async::sleep_until(loop, until); }

Adjustments& Exchange::adjust() {
  if (!adjusted_) adjusted_ = &arena_.make<Adjustments>();
  return *adjusted_;
}

Task<> Exchange::rest(Duration time) {
  Task<> sleeping = sleep(worker_.loop, worker_.loop.now() + time);
  const auto rested = co_await attempt(net::unless_hangup(*session_->client, net::Hangup::broken, std::move(sleeping)));
  if (!rested) co_await fail(rested.error().on(Side::client));
}

// HAProxy rewrites within one buffer. What was removed is only looked at once the sum of what was added is too much.
bool Exchange::has_room(const http::Fields& fields, std::size_t more) {
  std::uint32_t& size = &fields == &request.fields ? request_size_ : response_size_;
  const std::size_t most = worker_.buffers.size();
  if (size + more > most) {
    std::size_t exact = 64 + (&fields == &request.fields ? request.uri.text.size() : 0);
    for (const http::Field& field : fields) exact += field.name().size() + field.value().size() + 4;
    if (exact + more > most) return false;
    size = static_cast<std::uint32_t>(exact);
  }
  size += static_cast<std::uint32_t>(more);
  return true;
}

void Exchange::capture_request() {
  const Frontend& front = frontend();
  for (std::size_t i = 0; i < front.request_captures.size(); ++i) {
    const HeaderCapture& capture = front.request_captures[i];
    if (capture.name.empty()) continue;  // declared: rules fill it
    if (const auto value = request.fields.value(capture.name)) request_captures[i] = arena_.copy(value->substr(0, capture.longest));
  }
  if (front.captured_cookie.empty()) return;
  // Manual, `capture cookie`: the first one whose name begins so, as name=value.
  for (const http::Field* field = request.fields.find(http::HeaderId::cookie); field && captured_request_cookie.empty();
       field = request.fields.find(http::HeaderId::cookie, static_cast<std::size_t>(field - request.fields.begin()) + 1)) {
    http::Cookies cookies(field->value());
    while (const auto cookie = cookies.next()) {
      if (!cookie->text.starts_with(front.captured_cookie)) continue;
      captured_request_cookie = http::text_of(*cookie, arena_).substr(0, front.captured_cookie_longest);
      break;
    }
  }
}

// What is measured, counted and logged once everything is over.
void Exchange::finish() {
  const Instant now = worker_.loop.now();
  Session& session = *session_;
  facts.timers.active = now - (facts.first_byte == Instant{} ? session.idle_since : facts.first_byte);
  if (facts.timers.response.us >= 0) facts.timers.data = now - facts.response_at;
  if (!session.http && facts.connected_at != Instant{} && facts.timers.connect.us >= 0) facts.timers.data = now - facts.connected_at;
  slot_.release();  // before the line is written: it says how many requests are left on the server
  count_connections();
  stop_counting_cost();
  if (!silent) {
    count_end();
    if (frontend().log && !monitored && !logged_) frontend().log->ended(*this, LogStep::close);
  }
  release_connection();  // formats ask about it
  session.close_after = session.close_after || !client_keeps_;
  session.idle_since = now;
  session.handshake = {};
  if (!following_.empty() && !session.close_after) session.input = std::move(following_);
  session.input.settle();
  request_head_buffer_.release();
  response_head_buffer_.release();
}

void Exchange::log_early(LogStep step) {
  facts.timers.active = worker_.loop.now() - facts.first_byte;
  count_connections();
  logged_ = true;
  facts.logged_early = true;
  frontend().log->ended(*this, step);
}

void Exchange::log_step(LogStep step) {
  const Log* const log = frontend().log.get();
  if (!log || !log->steps.has(step) || monitored) return;
  facts.timers.active = worker_.loop.now() - facts.first_byte;
  count_connections();
  log->reached(*this, step);
}

// For `show errors`; what is refused is rare, so this may cost something.
void Exchange::capture_bad_message(CapturedMessage::Side side, std::span<const char> bytes, const http::h1::Outcome& outcome) {
  const bool request = side == CapturedMessage::Side::request;
  CapturedMessage message{.side = side, .at = worker_.loop.wall(), .frontend = frontend().name, .source = source().text(),
                          .session = session_->number, .reason = std::string(http::h1::text_of(outcome.fault)),
                          .position = outcome.length, .bytes = std::string(bytes.data(), bytes.size())};
  if (destination_) message.backend = destination_->backend->name();
  if (server_) message.server = server_->name();
  message.proxy = request ? message.frontend : message.backend;
  local_.states.captured.keep(std::move(message));
}

void Exchange::shut_down(backend::Killed why) {
  const char cause = why == backend::Killed::server_down ? 'D' : why == backend::Killed::server_up ? 'U' : 'K';
  if (facts.termination.normal()) facts.termination = {cause, session_->http ? letter_of(phase_) : '-', '-', '-'};
  client_keeps_ = server_keeps_ = false;
  session_->close_after = true;
  if (connection_) worker_.io().shutdown(connection_->stream().socket().fd(), SHUT_RDWR);
  worker_.io().shutdown(session_->client->socket().fd(), SHUT_RDWR);
}

const Proxies& Exchange::proxies() const { return *local_.proxies; }

std::string_view Exchange::unique_id() {
  if (!scope.unique_id.data() && frontend().unique_id_format) scope.unique_id = frontend().unique_id_format->text(scope);
  return scope.unique_id;
}

}  // namespace sluice::proxy
