// acl(<name>[,...]) (manual 7.3.2): whether all of these ACLs hold.
#include "expr/condition.hpp"

namespace sluice::expr {
struct NamedAcl {
  std::shared_ptr<const Acl> acl;
  bool negated = false;
};
}  // namespace sluice::expr
namespace sluice::catalog {
template <>
struct Argument<expr::NamedAcl> {
  static constexpr std::string_view name = "string";
  static std::expected<expr::NamedAcl, std::string> read(std::string_view text, expr::Compiler& compiler) {
    static const expr::AclSet none;
    expr::NamedAcl named;
    std::string_view wanted = text;
    for (; wanted.starts_with('!'); wanted.remove_prefix(1)) named.negated = !named.negated;
    named.acl = (compiler.acls ? *compiler.acls : none).find(wanted, compiler);
    if (!named.acl) return std::unexpected(fmt::format("no such ACL: '{}'", wanted));
    return named;
  }
};
}  // namespace sluice::catalog

namespace sluice::expr {
namespace {
using catalog::typed;
using One = const NamedAcl&;
using Maybe = const std::optional<NamedAcl>&;

bool holds(const NamedAcl& named, const Scope& scope) { return named.acl->eval(scope) != named.negated; }
bool acl(const Scope& scope, One a, Maybe b, Maybe c, Maybe d, Maybe e, Maybe f, Maybe g, Maybe h, Maybe i, Maybe j, Maybe k, Maybe l) {
  if (!holds(a, scope)) return false;
  for (const auto* more : {&b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l})
    if (*more && !holds(**more, scope)) return false;
  return true;
}

const catalog::Add entry{Fetch{.name = "acl", .args = {"name"}, .run = typed<acl>, .doc = "True if all of these ACLs hold, those with '!' before them not.",
    .examples = {{"acl(TRUE)", "1"}, {"acl(METH_GET,!METH_POST)", "1"}, {"acl(!TRUE)", "0"}, {"acl(TRUE,FALSE)", "0"}}}};

}  // namespace
}  // namespace sluice::expr
