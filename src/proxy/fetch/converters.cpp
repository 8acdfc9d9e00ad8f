// Converters that look into this layer: nbsrv srv_is_up srv_queue fe_exists capture-req capture-res when (manual 7.3.1).
#include "base/text.hpp"
#include "expr/condition.hpp"
#include "proxy/exchange.hpp"
#include "proxy/local.hpp"

namespace sluice::proxy {
// The condition of `when`.
struct When {
  enum class Kind : std::uint8_t { error, normal, forwarded, to_applet, processed, stopping, acl } kind = Kind::normal;
  bool negated = false;
};
// What stands behind it: the name of an ACL.
struct WhenAcl {
  std::shared_ptr<const expr::Acl> acl;
};
}  // namespace sluice::proxy
namespace sluice::catalog {
template <>
struct Argument<proxy::When> {
  static constexpr std::string_view name = "string";
  static std::expected<proxy::When, std::string> read(std::string_view text) {
    using Kind = proxy::When::Kind;
    proxy::When when;
    std::string_view word = text;
    if (word.starts_with('!')) {
      when.negated = true;
      word.remove_prefix(1);
    }
    constexpr std::pair<std::string_view, Kind> names[] = {{"error", Kind::error}, {"normal", Kind::normal}, {"forwarded", Kind::forwarded},
                                                           {"toapplet", Kind::to_applet}, {"processed", Kind::processed}, {"stopping", Kind::stopping}, {"acl", Kind::acl}};
    for (const auto& [known, kind] : names) {
      if (word != known) continue;
      when.kind = kind;
      return when;
    }
    return std::unexpected(fmt::format("'{}' is none of error, normal, forwarded, toapplet, processed, stopping, acl", word));
  }
};
template <>
struct Argument<proxy::WhenAcl> {
  static constexpr std::string_view name = "string";
  static std::expected<proxy::WhenAcl, std::string> read(std::string_view text, expr::Compiler& compiler) {
    static const expr::AclSet none;
    auto acl = (compiler.acls ? *compiler.acls : none).find(text, compiler);
    if (!acl) return std::unexpected(fmt::format("no such ACL: '{}'", text));
    return proxy::WhenAcl{std::move(acl)};
  }
};
}  // namespace sluice::catalog

namespace sluice::proxy {
namespace {

using catalog::Add;
using catalog::typed;
using catalog::undefined;
using expr::Converter;
using expr::Int;
using expr::Sample;

const Destination* destination_of(Session& session, std::string_view name) { return session.local.proxies->destination(name); }

std::optional<Int> nbsrv(std::string_view in, Session& session) {
  const Destination* const found = destination_of(session, in);
  if (!found) return std::nullopt;
  return found->backend->usable_servers();
}
// "backend/server", or a server of the current backend.
const backend::Server* server_of(std::string_view in, Session& session, const expr::Scope& scope) {
  const auto slash = in.find('/');
  if (slash == std::string_view::npos) return scope.backend ? scope.backend->find(in) : nullptr;
  const Destination* const found = destination_of(session, in.substr(0, slash));
  return found ? found->backend->find(in.substr(slash + 1)) : nullptr;
}
std::optional<bool> srv_is_up(std::string_view in, Session& session, const expr::Scope& scope) {
  const backend::Server* const server = server_of(in, session, scope);
  if (!server) return std::nullopt;
  return server->state().admin.load(std::memory_order_relaxed) != backend::Admin::maint &&
         server->state().operational.load(std::memory_order_relaxed) != backend::Operational::stopped;
}
std::optional<Int> srv_queue(std::string_view in, Session& session, const expr::Scope& scope) {
  const backend::Server* const server = server_of(in, session, scope);
  if (!server) return std::nullopt;
  return server->state().queued.load(std::memory_order_relaxed);
}
bool fe_exists(std::string_view in, Session& session) { return session.local.proxies->frontend(in) != nullptr; }

// Without such a slot there is no value either (2.6).
std::optional<std::string_view> keep(std::vector<std::string_view>& slots, const std::vector<HeaderCapture>& declared, Int id,
                                     std::string_view value, Arena& arena) {
  const auto slot = static_cast<std::size_t>(id);
  if (id < 0 || slot >= std::min(slots.size(), declared.size())) return std::nullopt;
  slots[slot] = arena.copy(value.substr(0, declared[slot].longest));
  return value;
}
std::optional<std::string_view> capture_req(std::string_view in, Exchange& exchange, Int id) {
  return keep(exchange.request_captures, exchange.frontend().request_captures, id, in, exchange.arena());
}
std::optional<std::string_view> capture_res(std::string_view in, Exchange& exchange, Int id) {
  return keep(exchange.response_captures, exchange.frontend().response_captures, id, in, exchange.arena());
}

// Stats and services are applets; answers of rules are not.
bool to_applet(const Exchange& exchange) { return !exchange.service_name().empty(); }
bool forwarded(const Facts& facts) { return facts.server_status != 0 || facts.bytes_to_server != 0; }
bool holds(When::Kind kind, const expr::Scope& scope, Exchange& exchange, const std::optional<WhenAcl>& named) {
  switch (kind) {
    case When::Kind::error: return exchange.facts.went_wrong();
    case When::Kind::normal: return !exchange.facts.went_wrong();
    case When::Kind::forwarded: return forwarded(exchange.facts);
    case When::Kind::to_applet: return to_applet(exchange);
    case When::Kind::processed: return forwarded(exchange.facts) || to_applet(exchange);
    case When::Kind::stopping: return exchange.session().local.stopping;
    case When::Kind::acl: return named && named->acl->eval(scope);
  }
  return false;
}
Sample when(Sample in, const expr::Scope& scope, Exchange& exchange, When condition, const std::optional<WhenAcl>& named) {
  return holds(condition.kind, scope, exchange, named) != condition.negated ? in : Sample{};
}

const Add a{Converter{.name = "nbsrv", .run = typed<nbsrv>, .doc = "How many servers of the backend of this name may be used now.",
    .examples = {{"str(farm),nbsrv", "1"}, {"str(none),nbsrv", undefined}}}};
const Add b{Converter{.name = "srv_is_up", .run = typed<srv_is_up>, .doc = "Whether the server of this name (backend/server) is up.",
    .examples = {{"str(farm/one),srv_is_up", "1"}, {"str(farm/two),srv_is_up", "0"}, {"str(none/none),srv_is_up", undefined}}}};
const Add c{Converter{.name = "srv_queue", .run = typed<srv_queue>, .doc = "How many requests wait for the server of this name (backend/server).",
    .examples = {{"str(farm/one),srv_queue", "0"}, {"str(none/none),srv_queue", undefined}}}};
const Add d{Converter{.name = "fe_exists", .run = typed<fe_exists>, .doc = "Whether there is a frontend of this name.", .examples = {{"str(web),fe_exists", "1"}, {"str(none),fe_exists", "0"}}}};
const Add e{Converter{.name = "capture-req", .args = {"id"}, .run = typed<capture_req>, .doc = "Captures the text in a request slot and passes it on; nothing without that slot.",
    .examples = {{"str(text),capture-req(0)", "text"}, {"str(text),capture-req(9)", undefined}}}};
const Add f{Converter{.name = "capture-res", .args = {"id"}, .run = typed<capture_res>, .doc = "Captures the text in a response slot and passes it on; nothing without that slot.",
    .examples = {{"str(text),capture-res(0)", "text"}, {"str(text),capture-res(9)", undefined}}}};
const Add g{Converter{.name = "when", .args = {"condition", "acl"}, .run = typed<when>, .in = expr::Type::any, .out = expr::Type::same,
    .doc = "The value if the condition holds (after '!': if it does not), else nothing: error, normal, forwarded, toapplet, processed, stopping, acl,<name>.",
    .examples = {{"str(text),when(normal)", "text"}, {"str(text),when(error)", undefined}, {"str(text),when(!stopping)", "text"}, {"str(text),when(acl,yes)", "text"}}}};

}  // namespace
}  // namespace sluice::proxy
