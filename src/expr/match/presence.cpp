// -m found and -m bool compare with nothing; AclTest knows them by name.
#include "expr/pattern.hpp"

namespace sluice::expr {
namespace {

const catalog::Add found{Match{.name = "found", .takes = Type::any, .needs_patterns = false,
                               .doc = "Holds if there is a sample, whatever it is."}};
const catalog::Add truth{Match{.name = "bool", .takes = Type::boolean, .needs_patterns = false,
                               .doc = "Holds if the boolean or integer is not zero."}};

}  // namespace
}  // namespace sluice::expr
