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
  enum class Lines : std::uint8_t { both, server_only, template_only } lines = Lines::both;
  bool takes_parameter = false;  // its name goes on in parentheses: "set-proxy-v2-tlv-fmt(0xE1)"; it is line.last()
  std::string_view inherent{};   // why what it asks for is so in any case (parse may be null then); reported with -dD
  bool deprecated = false;  // taken for the sake of old files only: no part of the language, and not dumped
  std::string_view doc{};
};

// The option a word is, null if it is none.
const ServerOption* find_server_option(std::string_view word);

// How connections to a server are made, as far as its own line says it.
net::ConnectOptions connect_options_of(const ServerSettings& server, const Source& source);

// "source" of a server line and of a backend. `ranges`: whether a range of ports may be given.
enum class PortRange : std::uint8_t { refused, allowed };
bool read_source(config::Line& line, Source& source, PortRange ranges);
// What stands behind its "usesrc".
bool read_pretended_address(config::Line& line, Source& source);

}  // namespace sluice::backend
