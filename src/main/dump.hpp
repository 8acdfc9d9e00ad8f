// -dK: the registered keywords, in HAProxy's layout, by class: cfg, acl, smp, cnv, cli, flt, svc, or all; or as a manual (manual.hpp).
// -dL: the files of the executable and the libraries it has loaded, one a line.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice {

void dump_keywords(std::string_view classes);

enum class Heading : std::uint8_t { no, yes };
void dump_libraries(Heading heading);

}  // namespace sluice
