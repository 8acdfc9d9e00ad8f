// Settings that only the tests of this layer have.
#pragma once
#include "config/setting.hpp"

namespace sluice::config::test {

extern const Setting<std::vector<std::string>> binds, servers, names;
extern const Setting<std::vector<Line>> rules;
extern const Setting<bool> http_log, close_all, switched, no_use;
extern const Setting<std::uint32_t> retry;
extern const Setting<Duration> pause;
extern const Setting<std::string> old_name;

}  // namespace sluice::config::test
