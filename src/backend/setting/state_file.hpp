// Where server states are read from.
#pragma once
#include <string>

#include "config/setting.hpp"

namespace sluice::backend::setting {

enum class StateFrom : std::uint8_t { nowhere, global, local };
extern const config::Setting<StateFrom> state_from;
extern const config::Setting<std::string> state_file, state_base, state_file_name;

}  // namespace sluice::backend::setting
