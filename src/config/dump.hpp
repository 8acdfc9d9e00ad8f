// The configuration part of -dKall, in HAProxy's layout: a section's name at the margin, its keywords below, indented
// by a tab. Keywords that are accepted without effect are not in it: a name there is a promise.
#pragma once
#include <span>
#include <string>

#include "config/section.hpp"

namespace sluice::config {

// What other catalog kinds add: {in::front, "bind <addr> accept-proxy"}, {in::rules, "http-request deny"}.
struct DumpName {
  Sections sections;
  std::string name;
};

std::string keyword_dump(std::span<const DumpName> others);

}  // namespace sluice::config
