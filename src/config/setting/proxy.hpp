// What every proxy may say about itself (manual, section 4.2).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "config/setting.hpp"

namespace sluice::config {

extern const Setting<Mode> mode;
extern const Setting<bool> switches_mode;  // some rule may make a connection of mode tcp speak HTTP
extern const Setting<bool> disabled;                       // `disabled` or `enabled`
extern const Setting<std::string> description, guid;
extern const Setting<std::optional<std::uint32_t>> id;     // of `id`; else the order in the files counts
extern const Setting<std::optional<std::uint32_t>> maxconn;   // of a frontend
extern const Setting<std::optional<std::uint32_t>> backlog;   // else maxconn

}  // namespace sluice::config
