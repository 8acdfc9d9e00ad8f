// Which version we are, which HAProxy level we keep compatible with, and what was built in. One list for -vv,
// feature() in conditions and tests that ask before they run.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace sluice {

inline constexpr std::string_view version = SLUICE_VERSION;
inline constexpr std::string_view compatibility_branch = "3.5";
inline constexpr std::string_view compatibility_version = "3.5.0";

// "3.5.0-sluice-0.1.0": what tools that parse HAProxy's version see.
std::string full_version();
// Of the build, "2026/11/21".
std::string_view version_date();

struct Feature {
  std::string_view name;  // as HAProxy's USE_<name>
  bool built_in;
};
std::span<const Feature> features();
bool has_feature(std::string_view name);

}  // namespace sluice
