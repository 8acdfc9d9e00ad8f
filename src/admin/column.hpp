// Column: the catalog kind of the statistics' columns (management 9.1), and the rows they are read from. One list
// feeds CSV, typed and JSON output. Positions are HAProxy's and never change: consumers read by position and by name.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "admin/world.hpp"
#include "catalog/add.hpp"

namespace sluice::admin {

// Empty: this row has no such value.
using Cell = std::variant<std::monostate, std::uint64_t, std::int64_t, std::string>;

// What a row is about: a frontend, a server (with its destination), or a destination alone.
struct Row {
  const proxy::Frontend* frontend = nullptr;
  const proxy::Destination* destination = nullptr;
  const backend::Server* server = nullptr;
  const proxy::Bind* listener = nullptr;  // with its frontend
  const proxy::States* states = nullptr;
  Instant now;
  bool legends = true;  // addresses, cookies and algorithms may be shown

  unsigned proxy_id() const { return frontend ? frontend->id : destination->id; }
  const std::string& proxy_name() const { return frontend ? frontend->name : destination->backend->name(); }
  const config::Section* section() const { return frontend ? frontend->section : destination->policy.section; }
};

struct Column {
  std::string_view name{};
  unsigned position = 0;        // from 0
  std::string_view tags{};      // origin, nature, scope of typed output (management 9.2): "MCP"
  std::string_view backend_tags{};  // in the rows of backends, if they differ there
  unsigned bits = 64;           // of numbers without a sign, as typed output calls them
  Cell (*frontend)(const Row&) = nullptr;
  Cell (*backend)(const Row&) = nullptr;
  Cell (*server)(const Row&) = nullptr;
  Cell (*listener)(const Row&) = nullptr;
  std::string_view doc{};
};

// All columns by position, those without an entry as null.
const std::vector<const Column*>& columns_by_position();
// Their names, also of those that always stay empty here.
std::string_view column_name(std::size_t position);
Cell cell_of(const Column& column, const Row& row);

// What to show: proxy id or 0 for all, types as bits (1 frontend, 2 backend, 4 server, 8 listener), server id or 0.
struct StatFilter {
  unsigned proxy = 0, types = 0xff, server = 0;
  bool hide_down = false, hide_maintenance = false;
  bool legends = true;
  std::span<const std::string> scope{};  // only these proxies; empty: all
  std::string_view name_part{};          // only proxies whose name contains it
};

// The rows one after the other, as HAProxy orders them: proxy by proxy in the order of the configuration, a listen
// section's servers between its two halves. Small: a page that is being sent keeps one.
class Rows {
 public:
  Rows(const proxy::Proxies& proxies, const StatFilter& filter) : proxies_(&proxies), filter_(filter) {}
  std::optional<Row> next(Instant now);

 private:
  bool wants(unsigned type_bit) const { return (filter_.types & type_bit) != 0; }
  bool wants_proxy(unsigned id, const std::string& name) const;
  bool wants_server(const backend::Server& server) const;
  Row row(Instant now) const { return Row{.states = proxies_->states, .now = now, .legends = filter_.legends}; }
  std::optional<Row> next_server(Instant now);
  const proxy::Proxies* proxies_;
  StatFilter filter_;
  std::optional<Row> next_listener(Instant now);
  std::size_t frontend_ = 0, destination_ = 0, server_ = 0, listener_ = 0;
  bool listening_ = false;  // among the sockets of the frontend before frontend_
  bool inside_ = false;  // among the servers of destination_
};

// One row each; the format's beginning and end are the caller's.
void append_csv_header(std::string& out);
void append_csv_row(const Row& row, std::string& out);
void append_json_row(const Row& row, std::string& out);
enum class Described : std::uint8_t { no, yes };
void append_typed_row(const Row& row, Described described, std::string& out);
// The cell of a column by its position, as CSV shows it but without quotes; empty if there is none.
std::string cell_text(const Row& row, std::size_t position);
// "MCP" -> {"origin":"Metric",...}
std::string json_tags(std::string_view tags);
void append_json_text(std::string& out, std::string_view text);

}  // namespace sluice::admin
