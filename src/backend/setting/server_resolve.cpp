// resolve-prefer, resolve-net, resolve-opts: which of the addresses a `resolvers` section finds a server takes. A server
// without `resolvers` has its name resolved once, at start, and they have nothing to act on (manual 5.2).
#include "backend/server_option.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "expr/network.hpp"

namespace sluice::backend {
namespace {

using catalog::Add;
using config::Line;

constexpr std::string_view no_resolvers = "it is about answers of resolvers, and this server has none";

bool prefer(Line& line, ServerSettings&) { return line.take_one_of({"ipv4", "ipv6"}).has_value(); }

bool each(Line& line, std::string_view what, bool (*fine)(std::string_view)) {
  const config::Word* const word = line.take(what);
  if (!word) return false;
  for (std::string_view rest = word->text; !rest.empty();) {
    const std::size_t at = static_cast<std::size_t>(rest.data() - word->text.data());
    const std::string_view one = take_until(rest, ',');
    if (fine(one)) continue;
    line.alert(word->at(at, one.size()), fmt::format("'{}' expects {} (got '{}')", line.subject(), what, one));
    return false;
  }
  return true;
}
bool networks(Line& line, ServerSettings&) {
  return each(line, "networks with commas between", [](std::string_view one) { return expr::parse_network4(one) || expr::parse_network6(one); });
}
bool options(Line& line, ServerSettings&) {
  return each(line, "'allow-dup-ip', 'prevent-dup-ip' or 'ignore-weight'",
              [](std::string_view one) { return one == "allow-dup-ip" || one == "prevent-dup-ip" || one == "ignore-weight"; });
}

const Add prefer_entry{ServerOption{.name = "resolve-prefer", .args = "{ ipv4 | ipv6 }", .parse = prefer, .inherent = no_resolvers,
    .doc = "Of which family an address is taken if resolvers find some of both."}};
const Add net_entry{ServerOption{.name = "resolve-net", .args = "<network>[,...]", .parse = networks, .inherent = no_resolvers,
    .doc = "In which networks an address is taken if resolvers find some there."}};
const Add opts_entry{ServerOption{.name = "resolve-opts", .args = "<option>[,...]", .parse = options, .inherent = no_resolvers,
    .doc = "Whether servers may share an address that resolvers found, and whether the weights of SRV records count."}};

}  // namespace
}  // namespace sluice::backend
