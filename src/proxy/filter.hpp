// Filter: the catalog kind of what a `filter` line may name (manual section 9). Entries stand in setting/filter.cpp.
#pragma once
#include <string_view>

#include "catalog/add.hpp"
#include "config/line.hpp"

namespace sluice::config {
class Section;
}

namespace sluice::proxy {

struct Filter {
  std::string_view name{};
  std::string_view args{};
  // The cursor stands behind the filter's name. What is wrong is diagnosed.
  void (*parse)(config::Line& line, config::Section& section) = nullptr;
  std::string_view doc{};
};

}  // namespace sluice::proxy
