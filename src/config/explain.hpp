// What a word that stands in the wrong place may have been meant for. Asked only once something is wrong.
#pragma once
#include <string>
#include <string_view>

namespace sluice::config {

// "'rise' is a parameter of 'server' lines"; empty if it is none.
std::string parameter_elsewhere(std::string_view word);

}  // namespace sluice::config
