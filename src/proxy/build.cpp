#include "proxy/build.hpp"

#include "backend/build.hpp"
#include "backend/check_builder.hpp"
#include "backend/mail.hpp"
#include "backend/server_formats.hpp"
#include "backend/settings.hpp"
#include "config/free_ids.hpp"
#include "config/http_errors.hpp"
#include "config/setting/proxy.hpp"
#include "config/setting/timeouts.hpp"
#include "config/setting/tuning.hpp"
#include "config/userlist.hpp"
#include "expr/condition.hpp"
#include "expr/log_format.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/log.hpp"
#include "proxy/log_farm.hpp"
#include "proxy/nearest.hpp"
#include "proxy/numbering.hpp"
#include "proxy/reply.hpp"
#include "proxy/reply_parse.hpp"
#include "proxy/rules/legacy.hpp"
#include "proxy/rules/short_forms.hpp"
#include "proxy/service.hpp"
#include "proxy/setting/log_settings.hpp"
#include "proxy/setting/proxy_settings.hpp"
#include "table/setting/stick_table.hpp"

namespace sluice::proxy {

namespace {

class Builder {
 public:
  Builder(Proxies& proxies, backend::Unresolved unresolved, config::Diagnostics& diagnostics)
      : proxies_(proxies), unresolved_(unresolved), diagnostics_(diagnostics),
        state_files_(proxies.config->global(), diagnostics) {}
  void run();

 private:
  void make_destination(const config::Section& section);
  void make_frontend(const config::Section& section);
  void look_at_unused_defaults();
  void limit_variables();
  void check_mode(const Frontend& frontend, const Destination* to, std::string_view how);
  void fill_frontend(Frontend& frontend);
  void fill_destination(Destination& destination);
  void fill_policy(Policy& policy, const config::Section& section);
  void fill_pages(Policy& policy, const config::Section& section, expr::Compiler& compiler);
  void take_page(Policy& policy, const setting::PageSource& source, expr::Compiler& compiler);
  void note_userlists(expr::Compiler& compiler, Policy& policy);
  expr::AclSet acls_of(const config::Section& section, expr::Compiler& compiler);
  expr::Compiler compiler_for(const config::Section& section);
  void check_slots(const Frontend& frontend, const expr::Compiler& compiler);
  static expr::AclSet inherited_acls_of(const config::Section& section, expr::Compiler& compiler);
  static RuleList compile_own_and_inherited(RuleSet set, RuleCompile& with, const expr::AclSet& inherited_acls);
  void compile_policy(Policy& policy, const config::Section& section, expr::Compiler& compiler);

  Proxies& proxies_;
  const backend::Unresolved unresolved_;
  config::Diagnostics& diagnostics_;
  Adviser adviser_;
  backend::StateFiles state_files_;
  std::unordered_map<const config::Section*, unsigned> numbers_;  // of the proxies
  std::unordered_map<std::string_view, unsigned> frontend_names_, backend_names_;  // how many have this name so far
};

void Builder::run() {
  const config::Config& config = *proxies_.config;
  proxies_.parsing = parsing_of(config.global());
  proxies_.states->max_connection_rate = config.global()[setting::process_connection_rate];
  proxies_.states->max_session_rate = config.global()[setting::process_session_rate];
  for (const config::Section* section : config.all(config::in::front | config::in::back))
    if (const auto& definition = (*section)[table::setting::stick_table])
      proxies_.add(proxies_.states->tables.get(section->name(), *definition));
  limit_variables();
  expr::Compiler compiler = compiler_for(config.global());
  set_process_variables(proxies_, compiler);
  numbers_ = number_proxies(config);
  for (const config::Section* section : config.backends()) make_destination(*section);
  for (const auto& destination : proxies_.destinations)
    if (destination->for_lines)
      proxies_.log_farms.push_back(std::make_shared<BackendLogs>(*destination->backend, config.global()[config::tune_bufsize].bytes,
                                                                 static_cast<int>(config.global()[config::tune_sndbuf_logs].bytes)));
  for (const config::Section* section : config.frontends())
    if (!(*section)[config::disabled]) make_frontend(*section);
  // Everything can be referred to now.
  for (const auto& destination : proxies_.destinations) fill_destination(*destination);
  for (const auto& frontend : proxies_.frontends) fill_frontend(*frontend);
  look_at_unused_defaults();
  if (proxies_.counts_listeners)
    for (const auto& frontend : proxies_.frontends)
      for (Bind& bind : frontend->binds)
        if (!bind.sessions) bind.sessions = std::make_shared<std::atomic<std::uint32_t>>(0);
  check_guids(proxies_, diagnostics_);
  check_ids(config, diagnostics_);
  adviser_.conclude(proxies_);
  proxies_.patterns.number();
  for (const auto& destination : proxies_.destinations) {
    const config::Section& section = *destination->policy.section;
    const Frontend* const front = section.is(config::in::listen) ? proxies_.frontend(section.name()) : nullptr;
    if (front && front->section == &section) destination->rules = &front->policy;
  }
  proxies_.states->variables.resize(proxies_.variables.count(expr::Life::proc));
}

// Rules may name a disabled one, but nothing of it works: it has no servers.
void Builder::make_destination(const config::Section& section) {
  const unsigned namesake = backend_names_[section.name()]++;
  const bool disabled = section[config::disabled];
  auto made = disabled ? backend::build_disabled(section, namesake, proxies_.states->servers)
                       : backend::build(section, proxies_.config->global(), namesake, proxies_.states->servers, state_files_,
                                        unresolved_, diagnostics_);
  if (!made) return;
  auto destination = std::make_unique<Destination>();
  destination->backend = std::move(made);
  destination->id = numbers_.at(&section);
  destination->backend->set_number(destination->id);
  destination->policy.section = &section;
  destination->for_lines = section[config::mode] == config::Mode::log;
  destination->policy.http = section[config::mode] == config::Mode::http;
  destination->rules = &destination->policy;
  destination->disabled = disabled;
  if (!disabled) destination->backend->state().unpublished = section[setting::unpublished];
  proxies_.add(std::move(destination));
}

void Builder::limit_variables() {
  const config::Section& global = proxies_.config->global();
  proxies_.states->variables.limit(global[config::tune_vars_proc].bytes, global[config::tune_vars_global].bytes);
  const expr::VariableLimits limits{global[config::tune_vars_sess].bytes, global[config::tune_vars_txn].bytes,
                                    global[config::tune_vars_reqres].bytes, global[config::tune_vars_check].bytes};
  if (limits.session || limits.transaction || limits.message || limits.check || proxies_.states->variables.counts_all())
    proxies_.variable_limits = limits;
}

// What no proxy takes from a defaults section is looked at all the same: a mistake there waits for whoever uses it next.
void Builder::look_at_unused_defaults() {
  const config::Config& config = *proxies_.config;
  std::unordered_map<const config::Section*, config::Sections> users;
  for (const config::Section* proxy : config.all(config::in::front | config::in::back))
    for (const config::Section* from = proxy->from(); from && (users[from] & proxy->bits()) != proxy->bits(); from = from->from())
      users[from] = users[from] | proxy->bits();
  for (const config::Section* section : config.all(config::in::defaults)) {
    expr::Compiler compiler = compiler_for(*section);
    const config::Sections used_by = users[section];
    if (!(used_by & config::in::back)) backend::build_check_plan(*section, compiler, {config.global(), 0, std::nullopt});
    if (used_by) continue;
    const expr::AclSet acls = acls_of(*section, compiler);
    compiler.acls = &acls;
    RuleCompile with{*section, proxies_, compiler};
    for (std::size_t i = 0; i < rule_set_count; ++i) compile_rules(static_cast<RuleSet>(i), (*section)[setting::rules[i]], with);
    Policy nobodys;
    for (const setting::PageSource& source : (*section)[setting::pages])
      if (source.section.empty()) take_page(nobodys, source, compiler);
  }
}

namespace {

// Each address of a line is a socket of its own: with its number, its GUID, its share of nothing (manual 5.1 "maxconn").
std::vector<Bind> one_each(const std::vector<Bind>& lines) {
  std::vector<Bind> each;
  for (const Bind& line : lines) {
    if (line.places.empty()) each.push_back(line);
    Bind bare = line;
    bare.places.clear();  // there may be thousands
    for (const Bind::Where& where : line.places) {
      Bind& one = each.emplace_back(bare);
      one.places = {where};
      one.options.multipath = where.multipath;
      one.place_on_line = static_cast<unsigned>(&where - line.places.data());
      if (line.maxconn) one.sessions = std::make_shared<std::atomic<std::uint32_t>>(0);
    }
  }
  return each;
}

// option socket-stats
void count_sockets(Frontend& frontend, unsigned workers) {
  for (Bind& bind : frontend.binds) {
    bind.state = std::make_shared<ListenerState>(workers);
    if (!bind.sessions) bind.sessions = std::make_shared<std::atomic<std::uint32_t>>(0);
  }
}

}  // namespace

void Builder::make_frontend(const config::Section& section) {
  auto frontend = std::make_unique<Frontend>(proxies_.states->frontend(section.name(), frontend_names_[section.name()]++));
  frontend->section = &section;
  frontend->name = section.name();
  frontend->id = numbers_.at(&section);
  if (section.from()) frontend->defaults_name = section.from()->name();
  frontend->http = section[config::mode] == config::Mode::http;
  if (section[config::mode] == config::Mode::log)
    diagnostics_.alert(section.place(config::mode), fmt::format("{} '{}' : 'mode log' is for backends only, which 'log backend@<name>' sends to.",
                                                                section.kind_name(), section.name()));
  if (section[config::mode] == config::Mode::health) {
    const bool asks_http = section[backend::setting::check_choice].name == "option httpchk";
    frontend->health = asks_http ? "HTTP/1.0 200 OK\r\n\r\n" : "OK\n";
    diagnostics_.warning(section.place(config::mode), "'mode health' is not needed any more: 'mode http' with "
                                                      "'http-request return status 200' does it and more.");
  }
  frontend->policy.section = &section;
  frontend->binds = one_each(section[setting::binds]);
  frontend->maxconn = section[config::maxconn].value_or(0);
  frontend->most_private_connections = section[setting::most_private_connections];
  frontend->state.maxconn = frontend->maxconn;
  frontend->state.max_session_rate = section[setting::session_rate];
  frontend->backlog = section[config::backlog].value_or(0);
  frontend->client_tcp_keep_alive = section[setting::client_keepalive];
  config::give_free_ids(frontend->binds);
  if (section[setting::socket_stats]) count_sockets(*frontend, proxies_.states->workers());
  for (Bind& bind : frontend->binds) {
    if (!bind.protocol.empty() && frontend->http != (bind.protocol == "h1"))
      diagnostics_.alert(bind.place, fmt::format("'bind' : 'proto {}' does not fit the mode of '{}'.", bind.protocol, frontend->name));
    apply(proxies_.config->global()[setting::unix_bind], bind);
    if (bind.options.backlog == 0) bind.options.backlog = static_cast<int>(frontend->backlog ? frontend->backlog : frontend->maxconn);
    bind.options.keepalive = {frontend->client_tcp_keep_alive, static_cast<int>(section[setting::client_keepalive_count]),
                              static_cast<int>(section[setting::client_keepalive_idle].seconds()),
                              static_cast<int>(section[setting::client_keepalive_interval].seconds())};
    bind.options.reset_on_close = section[backend::setting::reset_on_close];
    const bool http = section[config::mode] == config::Mode::http;
    bind.options.late_acknowledgement = section.said(setting::smart_accept) ? section[setting::smart_accept] : http;
    const config::Section& global = proxies_.config->global();
    bind.options.receive_buffer = static_cast<int>(global[config::tune_rcvbuf_client].bytes);
    bind.options.send_buffer = static_cast<int>(global[config::tune_sndbuf_client].bytes);
    bind.options.most_unsent = static_cast<int>(global[config::tune_unsent_client].bytes);
  }
  frontend->monitor_uri = section[setting::monitor_uri];
  frontend->ignore_probes = section[setting::ignore_probes];
  frontend->use_proxy_header = section[setting::use_proxy_header];
  frontend->idle_close_on_response = section[setting::idle_close_on_response];
  frontend->unique_id_header = section[setting::unique_id_header];
  frontend->request_captures = section[setting::request_captures];
  frontend->response_captures = section[setting::response_captures];
  frontend->captured_cookie = section[setting::cookie_capture].name;
  frontend->captured_cookie_longest = std::min<std::size_t>(section[setting::cookie_capture].longest, proxies_.config->global()[config::tune_http_cookielen]);
  if (std::ranges::none_of(section.uses(), [](const auto& use) { return use.keyword->name == "bind"; }))
    diagnostics_.warning(section.place(), fmt::format("{} '{}' has no 'bind' directive.", section.is(config::in::listen) ? "proxy" : "frontend", section.name()),
                         "declare it as a backend if this was intended");
  proxies_.add(std::move(frontend));
}

expr::Compiler Builder::compiler_for(const config::Section& section) {
  expr::Compiler compiler;
  compiler.variables = &proxies_.variables;
  compiler.files = &proxies_.patterns;
  compiler.proxy = section.name();
  Proxies& proxies = proxies_;
  compiler.find_backend = [&proxies, this](std::string_view name) -> const backend::Backend* {
    adviser_.note_reference(name);
    const Destination* const found = proxies.destination(name);
    return found ? found->backend.get() : nullptr;
  };
  compiler.find_userlist = [&proxies](std::string_view name) -> const config::Userlist* {
    const config::Section* const found = proxies.config->find(config::in::userlist, name);
    return found ? &(*found)[config::userlist] : nullptr;
  };
  compiler.counts_listeners = &proxies.counts_listeners;
  compiler.profiles = &proxies.profiles;
  compiler.find_ring = [&proxies](std::string_view name) -> std::shared_ptr<net::LogRing> {
    const config::Section* const found = proxies.config->find(config::in::ring, name);
    if (found) return (*found)[setting::ring];
    if (name != "buf0") return nullptr;
    if (!proxies.events) {
      proxies.events = std::make_shared<net::LogRing>("buf0");
      proxies.events->description = "in-memory ring buffer";
      proxies.events->size = 1 << 20;
    }
    return proxies.events;
  };
  compiler.find_table = [&proxies](std::string_view name) -> const table::Table* { return proxies.table(name); };
  compiler.find_server = [&proxies, this, proxy = section.name()](std::string_view name, std::string_view server) -> const backend::Server* {
    adviser_.note_reference(name);
    const Destination* const found = proxies.destination(name.empty() ? std::string_view(proxy) : name);
    return found ? found->backend->find(server) : nullptr;
  };
  return compiler;
}

// Which lists with hashed passwords expressions of this section ask about: an exchange has them computed beforehand.
void Builder::note_userlists(expr::Compiler& compiler, Policy& policy) {
  compiler.find_userlist = [find = compiler.find_userlist, &policy](std::string_view name) {
    const config::Userlist* const list = find(name);
    if (!list || std::ranges::find(policy.slow_userlists, list) != policy.slow_userlists.end()) return list;
    const bool hashed = std::ranges::any_of(list->users, [](const config::User& user) { return user.kind == config::Secret::crypted; });
    if (hashed) policy.slow_userlists.push_back(list);
    return list;
  };
}

expr::AclSet Builder::acls_of(const config::Section& section, expr::Compiler& compiler) {
  expr::AclSet acls;
  compiler.acls = &acls;  // acl(<name>) may name those before it
  const std::vector<config::Line>& lines = section[setting::acls];
  const std::size_t inherited = section.from() ? (*section.from())[setting::acls].size() : 0;
  for (std::size_t i = inherited; i < lines.size(); ++i) {
    config::Line line = lines[i];
    acls.add(line, compiler);
  }
  compiler.acls = nullptr;
  return acls;
}

// Slots may be made further down, by `capture ... len`. A backend's rules are about those of whichever frontend leads there.
void Builder::check_slots(const Frontend& frontend, const expr::Compiler& compiler) {
  for (const expr::NamedSlot& named : compiler.named_slots) {
    const std::size_t slots = (named.of_answers ? frontend.response_captures : frontend.request_captures).size();
    if (named.slot < slots) continue;
    diagnostics_.alert(named.place, fmt::format("'{}' : unable to find capture id '{}' in '{}'.", named.rules, named.slot, frontend.name),
                       fmt::format("'declare capture {} len <length>' makes one", named.of_answers ? "response" : "request"));
  }
}

expr::AclSet Builder::inherited_acls_of(const config::Section& section, expr::Compiler& compiler) {
  expr::AclSet acls;
  if (!section.from()) return acls;
  const expr::AclSet* const before = std::exchange(compiler.acls, &acls);
  for (config::Line line : (*section.from())[setting::acls]) acls.add(line, compiler);
  compiler.acls = before;
  return acls;
}

void Builder::fill_frontend(Frontend& frontend) {
  const config::Section& section = *frontend.section;
  expr::Compiler compiler = compiler_for(section);
  note_userlists(compiler, frontend.policy);
  const expr::AclSet acls = acls_of(section, compiler);
  compiler.acls = &acls;
  fill_policy(frontend.policy, section);
  compile_policy(frontend.policy, section, compiler);
  check_slots(frontend, compiler);
  RuleCompile with{section, proxies_, compiler};
  compile_routes(frontend.routes, section[setting::use_backend], with);
  for (config::Line line : section[setting::default_backend]) {
    const config::Word* const name = line.take("<backend>");
    if (!name || !line.finish()) continue;
    frontend.fallback = proxies_.route(name->text);
    if (!frontend.fallback)
      line.alert(*name, fmt::format("unable to find required default_backend: '{}'.", name->text), nearest_destination(proxies_, name->text));
    if (const auto all = route_of_all(section[setting::use_backend]); all && all->file == line.place().file && line.place().line > section.place().line)
      proxies_.advice.push_back({line.place(), fmt::format("this 'default_backend' is never used: 'use_backend' in line {} has no condition", all->line), {}});
  }
  for (const Destination* to : frontend.routes.named()) check_mode(frontend, to, "in a 'use_backend' rule");
  check_mode(frontend, frontend.fallback, "as its default backend");
  if (section.is(config::in::listen)) frontend.own_half = proxies_.destination(frontend.name);
  if (!frontend.fallback) frontend.fallback = frontend.own_half;
  for (config::Line line : section[setting::monitor_fail]) {
    if (!expr::Condition::starts(line)) {
      line.alert("'monitor fail' requires either 'if' or 'unless' followed by a condition.");
      continue;
    }
    auto condition = expr::Condition::parse(line, compiler);
    if (condition) frontend.monitor_fail.push_back(std::make_unique<expr::Condition>(std::move(*condition)));
  }
  compile_forced_routes(frontend.forced_routes, section[setting::forced_routes], with);
  for (config::Line line : section[setting::unique_id_format]) {
    const expr::EvaluatedAt here(compiler, bit(expr::Checkpoint::frontend_request));
    auto format = expr::LogFormat::parse(line, compiler, expr::LogFormat::For::unique_id);
    if (format && line.finish()) frontend.unique_id_format = std::make_unique<expr::LogFormat>(std::move(*format));
  }
  const expr::EvaluatedAt in_logs(compiler, bit(expr::Checkpoint::log));
  for (const LogFactory* factory : catalog::entries<LogFactory>()) frontend.log = factory->make(proxies_, frontend, compiler, diagnostics_);
  if (!frontend.log && section.said(setting::log_format))
    proxies_.advice.push_back({section.place(), fmt::format("{} '{}' has a log format and nowhere to log to", section.kind_name(), section.name()),
                               "add a 'log' line, or one to 'global' if 'log global' is here"});
  adviser_.note(acls);
}

void Builder::check_mode(const Frontend& frontend, const Destination* to, std::string_view how) {
  if (!to) return;
  const config::Section& section = *frontend.section;
  const config::Section& other = *to->policy.section;
  if (to->for_lines)
    diagnostics_.alert(section.place(), fmt::format("{} '{}' : its backend '{}' is of 'mode log' and takes log lines only.", section.kind_name(),
                                                    section.name(), to->backend->name()));
  else if (frontend.http && other[config::mode] == config::Mode::tcp)
    diagnostics_.alert(section.place(), fmt::format("http {} '{}' ({}:{}) tries to use incompatible tcp {} '{}' ({}:{}) {} (see 'mode').",
                                                    section.kind_name(), section.name(), section.place().file, section.place().line,
                                                    other.kind_name(), other.name(), other.place().file, other.place().line, how));
}

void Builder::fill_destination(Destination& destination) {
  const config::Section& section = *destination.policy.section;
  expr::Compiler compiler = compiler_for(section);
  note_userlists(compiler, destination.policy);
  const expr::AclSet acls = acls_of(section, compiler);
  compiler.acls = &acls;
  fill_policy(destination.policy, section);
  destination.backend->set_mail_route(backend::mail_route(section, *proxies_.config, diagnostics_));
  backend::CheckSurroundings around{proxies_.config->global(), destination.id, std::nullopt};
  for (const Bind& bind : section[setting::binds])
    if (!around.listener && !bind.places.empty()) around.listener = bind.places.front().address;
  backend::complete_checks(*destination.backend, section, compiler, around, diagnostics_);
  // A listen section runs its rules as a frontend does.
  if (!section.is(config::in::listen)) {
    compile_policy(destination.policy, section, compiler);
  } else {
    fill_pages(destination.policy, section, compiler);
  }
  RuleCompile with{section, proxies_, compiler};
  compile_use_server(destination, section[setting::use_server], with);
  compile_stick_rules(destination, section[setting::stick_rules], with);
  adviser_.note(acls);
  compile_persist(destination.persist, section[setting::persist_rules], with);
  const backend::setting::Balance& balance = section[backend::setting::balance];
  if (balance.expression) {
    config::Line line = *balance.expression;
    destination.backend->compile_balance(line, compiler);
  }
  backend::compile_formats(*destination.backend, compiler);
  if (const std::string& name = destination.backend->settings().rdp_cookie; !name.empty()) {
    std::string error;
    auto cookie = expr::Expression::parse(fmt::format("req.rdp_cookie({})", name), compiler, &error);
    if (cookie) destination.rdp_cookie = std::make_shared<const expr::Expression>(std::move(*cookie));
    else diagnostics_.alert(section.place(backend::setting::rdp_cookie), fmt::format("'persist rdp-cookie' : {}.", error));
  }
  destination.searches_forms = balance.algorithm == "url_param" && std::ranges::find(balance.words, "check_post") != balance.words.end();
  destination.has_affinity = !destination.use_server.empty() || destination.backend->settings().cookie || destination.rdp_cookie || !destination.stick.empty();
}

void Builder::fill_policy(Policy& policy, const config::Section& section) {
  policy.http = section[config::mode] == config::Mode::http;
  policy.inspect_delay = section[setting::inspect_delay];
  policy.response_inspect_delay = section[setting::response_inspect_delay];
  policy.timeout_client = section[config::timeout_client];
  policy.timeout_client_fin = section[config::timeout_client_fin];
  policy.timeout_server = section[config::timeout_server];
  policy.timeout_server_fin = section[config::timeout_server_fin];
  policy.timeout_tunnel = section[config::timeout_tunnel];
  policy.timeout_connect = section[backend::setting::timeout_connect];
  policy.timeout_queue = section[backend::setting::timeout_queue];
  policy.timeout_tarpit = section[config::timeout_tarpit];
  policy.timeout_http_request = section[config::timeout_http_request];
  policy.timeout_keep_alive = section[config::timeout_http_keep_alive];
  policy.forwarded_for = section[setting::forwarded_for];
  policy.original_to = section[setting::original_to];
  policy.timeout_client_hs = section[setting::timeout_client_hs];
  policy.connection_mode = section[setting::connection_mode];
  policy.abort_on_close = section[backend::setting::abort_on_close].value_or(policy.http);
  policy.pretend_keep_alive = section[setting::pretend_keep_alive];
  policy.buffer_request = section[setting::buffer_request];
  policy.relaxed_requests = section[setting::relaxed_requests];
  policy.relaxed_responses = section[setting::relaxed_responses];
  policy.transfer = {.splice_requests = section[setting::splice_requests], .splice_responses = section[setting::splice_responses],
                     .independent = section[setting::independent_streams],
                     .counts_on_the_way = section[setting::continuous_counts]};
  policy.quirks = quirks_of(section, proxies_.config->global());
}

// ACLs of a defaults section are for its own rules, which come first (manual 4.2, "acl").
RuleList Builder::compile_own_and_inherited(RuleSet set, RuleCompile& with, const expr::AclSet& inherited_acls) {
  const auto& rules = setting::rules[static_cast<std::size_t>(set)];
  std::vector<config::Line> own = with.section[rules];
  const config::Section* const from = with.section.from();
  const std::size_t inherited = from ? (*from)[rules].size() : 0;
  if (inherited == 0) return compile_rules(set, own, with);
  const std::vector<config::Line> first(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(inherited));
  own.erase(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(inherited));
  const expr::AclSet* const own_acls = with.compiler.acls;
  with.compiler.acls = &inherited_acls;
  RuleList list = compile_rules(set, first, with);
  with.compiler.acls = own_acls;
  RuleList rest = compile_rules(set, own, with);
  for (Rule& rule : rest.rules) list.rules.push_back(std::move(rule));
  return list;
}

void Builder::compile_policy(Policy& policy, const config::Section& section, expr::Compiler& compiler) {
  RuleCompile with{section, proxies_, compiler};
  const expr::AclSet inherited_acls = inherited_acls_of(section, compiler);
  for (std::size_t i = 0; i < rule_set_count; ++i)
    policy.rules[i] = compile_own_and_inherited(static_cast<RuleSet>(i), with, inherited_acls);
  adviser_.note(inherited_acls);
  policy.redirects = compile_redirects(section[setting::redirects], with);
  RuleList& requests = policy.rules[static_cast<std::size_t>(RuleSet::http_request)];
  RuleList& responses = policy.rules[static_cast<std::size_t>(RuleSet::http_response)];
  RuleList first = compile_blocks(section[setting::blocks], with);
  for (Rule& rule : requests.rules) first.rules.push_back(std::move(rule));
  requests.rules = std::move(first.rules);
  add_legacy_rules(requests, LegacySide::request, section[setting::legacy_requests], with);
  add_legacy_rules(responses, LegacySide::response, section[setting::legacy_responses], with);
  for (std::size_t i = 0; i < rule_set_count; ++i) complete_rules(policy.rules[i], static_cast<RuleSet>(i), proxies_.advice);
  complete_rules(policy.redirects, RuleSet::http_request, proxies_.advice);
  for (const SectionService* kind : catalog::entries<SectionService>())
    if (auto service = kind->make(section, proxies_, compiler, diagnostics_)) policy.services.push_back(std::move(service));
  policy.judges_requests = !policy[RuleSet::tcp_content].empty() || !policy[RuleSet::http_request].empty() ||
                           !policy.services.empty() || !policy.redirects.empty();
  policy.judges_responses = !policy[RuleSet::tcp_response].empty() || !policy[RuleSet::http_response].empty();
  policy.judges_answers = !policy[RuleSet::http_after_response].empty();
  fill_pages(policy, section, compiler);
}

// What else about messages needs the compiler.
void Builder::fill_pages(Policy& policy, const config::Section& section, expr::Compiler& compiler) {
  if (std::optional<config::Line> line = section[setting::forwarded]) policy.forwarded = Forwarded::parse(*line, compiler);
  for (const setting::PageSource& source : section[setting::pages]) take_page(policy, source, compiler);
}

void Builder::take_page(Policy& policy, const setting::PageSource& source, expr::Compiler& compiler) {
  const auto put = [&](std::uint16_t status, std::shared_ptr<const ReplyTemplate> page) {
    std::erase_if(policy.pages, [&](const auto& one) { return one.first == status; });
    policy.pages.emplace_back(status, std::move(page));
  };
  if (source.page) return put(source.status, source.page);
  config::Line line = *source.line;
  if (source.section.empty()) {
    auto reply = parse_reply(line, compiler, proxies_, ReplyFor::answer, source.status);
    if (reply && reply->page && line.finish()) put(source.status, reply->page);
    return;
  }
  const config::Section* const errors = proxies_.config->find(config::in::http_errors, source.section);
  if (!errors) return line.alert(fmt::format("unable to find the http-errors section '{}'.", source.section));
  for (const config::ErrorFile& file : (*errors)[config::error_files]) {
    if (source.status != 0 && file.status != source.status) continue;
    std::string error;
    auto page = ReplyTemplate::from_text(file.text, file.status, error);
    if (page) put(static_cast<std::uint16_t>(file.status), std::move(page));
    else line.alert(error + ".");
  }
}

}  // namespace

void Proxies::add(std::unique_ptr<Frontend> frontend) {
  frontends_by_name_.emplace(frontend->name, frontend.get());
  frontends.push_back(std::move(frontend));
}

void Proxies::add(std::unique_ptr<Destination> destination) {
  const std::string_view name = destination->backend->name();
  (destination->disabled ? disabled_by_name_ : by_name_).emplace(name, destination.get());
  (destination->disabled ? disabled : destinations).push_back(std::move(destination));
}

void Proxies::add(std::shared_ptr<table::Table> table) {
  tables_by_name_.emplace(table->name(), table.get());
  tables.push_back(std::move(table));
}

namespace {

template <class T>
T* find(const std::unordered_map<std::string_view, T*>& by_name, std::string_view name) {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace

Frontend* Proxies::frontend(std::string_view name) const { return find(frontends_by_name_, name); }
Destination* Proxies::destination(std::string_view name) const { return find(by_name_, name); }
table::Table* Proxies::table(std::string_view proxy_name) const { return find(tables_by_name_, proxy_name); }

Destination* Proxies::route(std::string_view name) const {
  Destination* const found = destination(name);
  return found ? found : find(disabled_by_name_, name);
}

std::shared_ptr<Proxies> build(std::shared_ptr<const config::Config> config, States& states,
                               backend::Unresolved unresolved, config::Diagnostics& diagnostics) {
  auto proxies = std::make_shared<Proxies>();
  proxies->config = std::move(config);
  proxies->states = &states;
  Builder builder(*proxies, unresolved, diagnostics);
  builder.run();
  return proxies;
}

}  // namespace sluice::proxy
