// `stick-table` lines. Read by whoever builds a configuration.
#pragma once
#include <optional>

#include "config/setting.hpp"
#include "table/table.hpp"

namespace sluice::table::setting {

extern const config::Setting<std::optional<Definition>> stick_table;

}  // namespace sluice::table::setting
