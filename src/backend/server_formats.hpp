// What of a server line depends on traffic, compiled: pool-conn-name, set-proxy-v2-tlv-fmt. Few servers have any; those
// that have own it (Server::formats()). Immutable; any worker.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "expr/expression.hpp"
#include "expr/log_format.hpp"

namespace sluice::backend {

struct ServerFormats {
  std::optional<expr::Expression> pool_name;
  std::vector<std::pair<std::uint8_t, expr::LogFormat>> tlvs;
};

// Compiles them for all servers of the backend, before traffic. Complaints are on the server lines.
void compile_formats(Backend& backend, expr::Compiler& compiler);

// What idle connections for this request are called (pool-conn-name); empty: they have no name. In the scope's arena.
std::string_view pool_name_of(const Server& server, const expr::Scope& scope);

}  // namespace sluice::backend
