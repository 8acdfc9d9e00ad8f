// The reference manual, written from the catalog as one Markdown page: every keyword with where it may stand, what it
// takes, what it does and examples. `sluice -dKmanual` prints it, `make manual` keeps it in the build folder.
#pragma once
#include <string>

namespace sluice {

std::string manual();

}  // namespace sluice
