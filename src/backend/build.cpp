#include "backend/build.hpp"

#include <set>

#include "backend/check_builder.hpp"
#include "backend/settings.hpp"
#include "base/text.hpp"
#include "config/free_ids.hpp"
#include "config/setting/proxy.hpp"
#include "config/setting/tuning.hpp"

namespace sluice::backend {
namespace {

// Manual "init-addr": the ways are tried in turn; "last" is what the state file says of the same name.
bool find_address(ServerSettings& server, const std::string& backend, const StateFile::Entry* before, Unresolved unresolved,
                  config::Diagnostics& diagnostics) {
  if (server.host.empty()) return true;
  std::string why = "no method left";
  std::string_view ways = server.init_addr;
  while (!ways.empty()) {
    const std::string_view way = take_until(ways, ',');
    if (way == "none") {
      server.unresolved = true;
      return true;
    }
    if (const auto ip = net::Address::parse_ip(way, server.port)) {
      server.address = *ip;
      return true;
    }
    if (way == "last" && before && before->host == server.host) {
      const auto address = net::Address::parse_ip(before->address, server.port);
      if (!address) continue;
      server.address = *address;
      return true;
    }
    if (way != "libc") continue;
    const auto found = net::resolve(server.host, server.wanted_family, server.port);
    if (found && !found->empty()) {
      server.address = found->front();
      return true;
    }
    why = found ? "no address" : found.error();
  }
  if (unresolved == Unresolved::waits) return server.unresolved = true;
  diagnostics.alert(server.place, fmt::format("'server {}/{}' : could not resolve address '{}' ({}).", backend, server.name,
                                              server.host, why));
  return false;
}

bool give_ids(std::vector<ServerSettings>& servers, const std::string& backend, config::Diagnostics& diagnostics) {
  std::set<unsigned> used;
  bool good = true;
  for (const ServerSettings& server : servers) {
    if (server.id == 0 || used.insert(server.id).second) continue;
    diagnostics.alert(server.place, fmt::format("server {}/{} : id {} is already used in this backend.", backend, server.name, server.id));
    good = false;
  }
  config::give_free_ids(servers);
  return good;
}

// The server without a name gets what sticks to no other one, unless `balance` says how to choose.
void add_unnamed(const config::Section& section, std::vector<ServerSettings>& servers, config::Diagnostics& diagnostics) {
  const std::optional<ServerSettings>& unnamed = section[setting::unnamed_server];
  if (!unnamed) return;
  if (section.said(setting::balance) && !servers.empty()) {
    diagnostics.warning(unnamed->place, fmt::format("'{}' is ignored: 'balance' chooses among the servers of '{}'.", unnamed->name, section.name()));
    return;
  }
  for (ServerSettings& server : servers) server.weight = 0;
  servers.push_back(*unnamed);
}

void complete(ServerSettings& server) {
  if (server.maxconn < server.minconn) server.maxconn = server.minconn;
  const CheckSettings& check = server.check;
  if (check.enabled && !check.port && !check.address && server.send_proxy != SendProxy::none) server.check.send_proxy = true;
}

// What of a server line's check options does not fit the rest.
bool check_settings_agree(const config::Section& section, const ServerSettings& server, config::Diagnostics& diagnostics) {
  const CheckSettings& check = server.check;
  const bool logs = section[config::mode] == config::Mode::log;
  const auto wrong = [&](std::string_view why) {
    diagnostics.alert(server.place, fmt::format("'server {}/{}' : {}.", section.name(), server.name, why));
    return false;
  };
  if (server.datagrams && !logs) return wrong("datagrams are only for 'mode log', connections need another address");
  if (!server.only_for_logs.empty() && !logs) return wrong(fmt::format("'{}' is only for 'mode log'", server.only_for_logs));
  if (logs && server.port_from_client) return wrong("a log server needs a port");
  if (check.agent.enabled && check.agent.port == 0) return wrong("agent-check needs an 'agent-port'");
  if (!check.track.empty() && check.enabled) return wrong("unable to enable checks and tracking at the same time");
  if (check.observe == Observe::layer7 && section[config::mode] != config::Mode::http)
    return wrong("'observe layer7' needs 'mode http'");
  const bool http_mode = section[config::mode] == config::Mode::http;
  if (!server.protocol.empty() && http_mode != (server.protocol == "h1"))
    return wrong(fmt::format("'proto {}' does not fit the mode of the backend", server.protocol));
  if (!server.redirect_prefix.empty() && !http_mode) return wrong("'redir' needs 'mode http'");
  const bool http = section[setting::check_choice].name == "option httpchk";
  if (!check.proto.empty() && check.proto != (http ? "h1" : "none"))
    return wrong(fmt::format("'check-proto {}' does not fit the kind of check of the backend", check.proto));
  if (check.observe != Observe::nothing && !check.enabled && check.track.empty())
    diagnostics.warning(server.place, fmt::format("'server {}/{}' : 'observe' does nothing without 'check'.", section.name(), server.name));
  return true;
}

}  // namespace

BackendSettings settings_of(const config::Section& section) {
  const setting::Balance& balance = section[setting::balance];
  BackendSettings settings;
  settings.name = section.name();
  if (section.is(config::in::listen)) settings.kind = "proxy";
  settings.algorithm = balance.algorithm;
  settings.algorithm_argument = balance.argument;
  settings.algorithm_words = balance.words;
  settings.hash = section[setting::hash_type];
  settings.hash.balance_factor = section[setting::hash_balance_factor];
  settings.hash.preserve = section[setting::hash_preserve_affinity];
  settings.all_backups = section[setting::all_backups];
  settings.abort_on_close = section[setting::abort_on_close].value_or(section[config::mode] == config::Mode::http);
  settings.redispatch = section[setting::redispatch];
  settings.retries = section[setting::retries];
  settings.retry_on = section[setting::retry_on];
  settings.fullconn = section[setting::fullconn];
  settings.reuse = section[setting::http_reuse];
  settings.source = section[setting::source];
  settings.keepalive.on = section[setting::server_keepalive];
  settings.keepalive.count = section[setting::server_keepalive_count];
  settings.keepalive.idle_seconds = static_cast<int>(section[setting::server_keepalive_idle].seconds());
  settings.keepalive.interval_seconds = static_cast<int>(section[setting::server_keepalive_interval].seconds());
  settings.reset_on_close = section[setting::reset_on_close];
  settings.smart_connect = section[setting::smart_connect];
  settings.timeout_check = section[setting::timeout_check];
  settings.timeout_connect = section[setting::timeout_connect];
  settings.log_health_checks = section[setting::log_health_checks];
  if (section[config::mode] == config::Mode::http) settings.cookie = section[setting::cookie];
  settings.dynamic_cookie_key = section[setting::dynamic_cookie_key];
  settings.persist = section[setting::persist];
  settings.rdp_cookie = section[setting::rdp_cookie];
  return settings;
}

std::unique_ptr<Backend> build(const config::Section& section, const config::Section& global, unsigned namesake, States& states,
                               StateFiles& files, Unresolved unresolved, config::Diagnostics& diagnostics) {
  std::vector<ServerSettings> servers = section[setting::servers];
  add_unnamed(section, servers, diagnostics);
  bool good = give_ids(servers, section.name(), diagnostics);
  const StateFile* const file = files.of(section);
  const auto before = [&](std::string_view server) { return file ? file->find(section.name(), server) : nullptr; };
  for (ServerSettings& server : servers) {
    complete(server);
    if (global[setting::never_send_local]) server.proxy_v2_options |= proxy_v2_never_local;
    if (!find_address(server, section.name(), before(server.name), unresolved, diagnostics)) good = false;
    if (server.check.enabled && server.port_from_client && !server.check.port &&
        !(server.check.address && server.check.address->port() != 0) && !every_connect_says_port(section)) {
      diagnostics.alert(server.place, fmt::format("'server {}/{}' : has neither service port nor check port, so it cannot be checked.",
                                                  section.name(), server.name));
      good = false;
    }
  }
  for (const ServerSettings& server : servers)
    if (!check_settings_agree(section, server, diagnostics)) good = false;
  if (!good) return nullptr;
  BackendSettings settings = settings_of(section);
  settings.namesake = namesake;
  settings.receive_buffer = static_cast<int>(global[config::tune_rcvbuf_server].bytes);
  settings.most_unsent = static_cast<int>(global[config::tune_unsent_server].bytes);
  settings.send_buffer = static_cast<int>(global[config::tune_sndbuf_server].bytes);
  const Algorithm* const algorithm = catalog::entries<Algorithm>().find(settings.algorithm);
  if (algorithm && algorithm->needs_http && section[config::mode] != config::Mode::http)
    diagnostics.warning(section.place(), fmt::format("backend '{}' : 'balance {}' needs 'mode http' : requests take turns instead.",
                                                     section.name(), settings.algorithm));
  const bool logs = section[config::mode] == config::Mode::log;
  if (algorithm && algorithm->shares != Algorithm::Shares::both && (algorithm->shares == Algorithm::Shares::lines) != logs) {
    diagnostics.alert(section.place(setting::balance), fmt::format("backend '{}' : 'balance {}' is {} 'mode log'.", section.name(), settings.algorithm,
                                                                   logs ? "not for" : "only for"));
    return nullptr;
  }
  if (logs && settings.hash.method != HashPlan::Method::map_based) {
    diagnostics.alert(section.place(setting::hash_type), fmt::format("backend '{}' : in 'mode log' hashes are map-based.", section.name()));
    return nullptr;
  }
  auto backend = Backend::make(std::move(settings), std::move(servers), states);
  if (!backend) {
    diagnostics.alert(section.place(), fmt::format("backend '{}' : {}.", section.name(), backend.error()));
    return nullptr;
  }
  for (const auto& server : (*backend)->servers())
    if (const StateFile::Entry* const entry = before(server->name()); entry && server->state().changed_us.load() == 0)
      restore(*server, *entry);
  return std::move(*backend);
}

std::unique_ptr<Backend> build_disabled(const config::Section& section, unsigned namesake, States& states) {
  BackendSettings settings;
  settings.name = section.name();
  settings.namesake = namesake;
  auto backend = Backend::make(std::move(settings), {}, states);
  check(backend.has_value(), "a backend without settings is right");
  return std::move(*backend);
}

}  // namespace sluice::backend
