// -dK: the registered keywords, in HAProxy's layout, by class: cfg, acl, smp, cnv, cli, flt, svc, or all; or as a manual (manual.hpp).
#pragma once
#include <string_view>

namespace sluice {

void dump_keywords(std::string_view classes);

}  // namespace sluice
