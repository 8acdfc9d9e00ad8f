// What keywords may see and change while the files are being read: the environment and where relative file names
// start. Lives as long as one load(); a Line has a pointer to it only inside parse functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/environment.hpp"

namespace sluice::config {

enum class PathFrom : std::uint8_t { current, config, parent, origin };  // of `default-path`

struct Loading {
  Environment environment = {};  // as changed so far
  PathFrom path_from = PathFrom::current;
  std::string origin = {};       // directory of PathFrom::origin
  std::string_view file = {};    // being read
  bool deprecated_is_meant = false;  // expose-deprecated-directives
  // What is put before relative file names now; empty: nothing.
  std::string directory() const;
};

}  // namespace sluice::config
