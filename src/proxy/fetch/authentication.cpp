// http_auth and friends (manual 7.3.6): what a client says of itself, and whether a userlist agrees.
#include "expr/authentication.hpp"

#include "base/text.hpp"
#include "expr/arguments.hpp"
#include "expr/base64.hpp"
#include "expr/entries.hpp"
#include "proxy/exchange.hpp"

namespace sluice::proxy {
namespace {
using catalog::typed;
using catalog::undefined;
using expr::all_of;
using expr::Credentials;
using expr::Fetch;
using expr::HeaderArg;
using expr::Sample;
using expr::Scope;
using expr::UserlistArg;
using expr::Visit;
using http::Request;
using std::string_view;

expr::AuthorizationField field_of(const Scope& scope) {
  return scope.exchange ? scope.exchange->authorization_field() : expr::AuthorizationField::to_server;
}
std::optional<Credentials> credentials(const Request& request, const Scope& scope) {
  return basic_credentials(request, field_of(scope), *scope.arena);
}

std::optional<bool> http_auth(const Request& request, const Scope& scope, const UserlistArg& users) {
  const auto who = credentials(request, scope);
  if (!who) return std::nullopt;
  return authenticates(*users.list, *who);
}
// The user's name; ACLs compare the groups he is in.
std::optional<string_view> http_auth_group(const Request& request, const Scope& scope, const UserlistArg& users) {
  const auto who = credentials(request, scope);
  if (!who || !authenticates(*users.list, *who)) return std::nullopt;
  return who->user;
}
bool each_group(Visit visit, const Request& request, const Scope& scope, const UserlistArg& users) {
  const auto user = http_auth_group(request, scope, users);
  if (!user) return false;
  for (const config::Membership& one : users.list->memberships)
    if (one.user == *user && visit(Sample::text(one.group))) return true;
  return false;
}
std::optional<string_view> http_auth_user(const Request& request, const Scope& scope) {
  const auto who = credentials(request, scope);
  if (!who) return std::nullopt;
  return who->user;
}
std::optional<string_view> http_auth_pass(const Request& request, const Scope& scope) {
  const auto who = credentials(request, scope);
  if (!who) return std::nullopt;
  return who->password;
}
std::optional<string_view> http_auth_type(const Request& request, const Scope& scope) {
  if (credentials(request, scope)) return "Basic";
  const auto said = authorization(request, field_of(scope));
  if (!said || said->value.empty() || !equal_nocase(said->method, "bearer")) return std::nullopt;
  return "Bearer";
}
std::optional<string_view> http_auth_bearer(const Request& request, const Scope& scope, std::optional<HeaderArg> header) {
  if (!header) {
    const auto said = authorization(request, field_of(scope));
    if (!said || !equal_nocase(said->method, "bearer")) return std::nullopt;
    return said->value;
  }
  const auto value = request.fields.value(header->name(), 1);
  if (!value || !starts_nocase(*value, "bearer ")) return std::nullopt;
  return trim(value->substr(7));
}

// A group that is not there would never match, and a rule that asks for nobody lets nobody in.
expr::PatternObjection missing_group(string_view list, std::span<const std::string> groups, const expr::Compiler& compiler) {
  const config::Userlist* const users = compiler.find_userlist ? compiler.find_userlist(list) : nullptr;
  if (!users) return {};
  if (groups.empty()) return {"no group is named", 0};
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (std::ranges::find(users->groups, groups[i], &config::Group::name) == users->groups.end())
      return {fmt::format("there is no group '{}' in userlist '{}'", groups[i], list), i};
  return {};
}

const catalog::Add a{Fetch{.name = "http_auth", .args = {"userlist"}, .run = typed<http_auth>,
    .doc = "True if user and password of the request (Basic) are in {userlist}; nothing if there are none.", .examples = {{"http_auth(users)", undefined}}}};
const catalog::Add b{Fetch{.name = "http_auth_group", .args = {"userlist"}, .run = all_of<http_auth_group, each_group>,
    .doc = "The user, if user and password of the request are in {userlist}; ACLs compare the user's groups.",
    .examples = {{"http_auth_group(users)", undefined}}}};
const catalog::Add c{Fetch{.name = "http_auth_user", .run = typed<http_auth_user>, .doc = "The user the request names (Basic).",
    .examples = {{"http_auth_user", undefined}}}};
const catalog::Add d{Fetch{.name = "http_auth_pass", .run = typed<http_auth_pass>, .doc = "The password in the request (Basic).",
    .examples = {{"http_auth_pass", undefined}}}};
const catalog::Add e{Fetch{.name = "http_auth_type", .run = typed<http_auth_type>, .doc = "How the request authenticates: Basic or Bearer; nothing if another way or not at all.",
    .examples = {{"http_auth_type", undefined}}}};
const catalog::Add f{Fetch{.name = "http_auth_bearer", .args = {"header"}, .run = typed<http_auth_bearer>,
    .doc = "The token behind Bearer in the Authorization header, or in {header}.", .examples = {{"http_auth_bearer", undefined}}}};
const catalog::Add family{expr::AclFamily{.name = "http_auth_group", .fetch = "http_auth_group", .matches = {"str"},
    .objection = missing_group, .doc = "The groups of the authenticated user."}};

}  // namespace
}  // namespace sluice::proxy
