// kind ServerOption: a word of the `server` and `default-server` lines. The parser reads its arguments from the line
// (the cursor stands behind the word) into the settings; false: it has said what is wrong.
#pragma once
#include <string_view>

#include "backend/server.hpp"
#include "catalog/add.hpp"
#include "config/line.hpp"

namespace sluice::backend {

struct ServerOption {
  std::string_view name{};
  std::string_view args{};
  bool (*parse)(config::Line& line, ServerSettings& server) = nullptr;
  enum class Lines : std::uint8_t { both, server_only } lines = Lines::both;
  bool deprecated = false;  // taken for the sake of old files only: no part of the language, and not dumped
  std::string_view doc{};
};

// "source" of a server line and of a backend. `ranges`: whether a range of ports may be given.
enum class PortRange : std::uint8_t { refused, allowed };
bool read_source(config::Line& line, Source& source, PortRange ranges);

}  // namespace sluice::backend
