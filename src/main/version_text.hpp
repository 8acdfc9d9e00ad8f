// What -v and -vv print: HAProxy's layout, which tools parse (management manual, section 3).
#pragma once
#include <string>

namespace sluice {

std::string version_line();   // "HAProxy version 3.5.0-sluice-0.1.0 2026/11/21 - ..."
std::string version_text();   // -v
std::string build_options();  // -vv

}  // namespace sluice
