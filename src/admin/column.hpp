// Column: the catalog kind of the statistics' columns (management 9.1), and the rows they are read from. One list
// feeds CSV, typed and JSON output. Positions are HAProxy's and never change: consumers read by position and by name.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "admin/world.hpp"
#include "catalog/add.hpp"

namespace sluice::admin {

// Empty: this row has no such value.
using Cell = std::variant<std::monostate, std::uint64_t, std::int64_t, std::string>;

// What a row is about; exactly one of frontend, server, and destination alone is what it is.
struct Row {
  const proxy::Frontend* frontend = nullptr;
  const proxy::Destination* destination = nullptr;  // with server: the server's
  const backend::Server* server = nullptr;
  const World& world;
  Instant now;
};

struct Column {
  std::string_view name{};
  unsigned position = 0;        // from 0
  std::string_view tags{};      // origin, nature, scope of typed output (management 9.2): "MCP"
  Cell (*frontend)(const Row&) = nullptr;
  Cell (*backend)(const Row&) = nullptr;
  Cell (*server)(const Row&) = nullptr;
  std::string_view doc{};
};

// All columns by position, those without an entry as null.
const std::vector<const Column*>& columns_by_position();
// Their names, also of those that always stay empty here.
std::string_view column_name(std::size_t position);
Cell cell_of(const Column& column, const Row& row);

// What to dump: proxy id or 0 for all, types as bits (1 frontend, 2 backend, 4 server), server id or 0.
struct StatFilter {
  unsigned proxy = 0, types = 7, server = 0;
};
void write_csv(const World& world, Instant now, const StatFilter& filter, std::string& out);
void write_typed(const World& world, Instant now, const StatFilter& filter, std::string& out);
void write_json(const World& world, Instant now, const StatFilter& filter, std::string& out);

}  // namespace sluice::admin
