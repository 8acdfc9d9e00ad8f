#include "admin/column.hpp"

namespace sluice::admin {
namespace {

// The columns of HAProxy 3.5 in order. One without an entry stays empty: an empty cell says "not known here".
constexpr std::string_view all_names[] = {
    "pxname", "svname", "qcur", "qmax", "scur", "smax", "slim", "stot", "bin", "bout", "dreq", "dresp", "ereq",
    "econ", "eresp", "wretr", "wredis", "status", "weight", "act", "bck", "chkfail", "chkdown", "lastchg",
    "downtime", "qlimit", "pid", "iid", "sid", "throttle", "lbtot", "tracked", "type", "rate", "rate_lim",
    "rate_max", "check_status", "check_code", "check_duration", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx",
    "hrsp_5xx", "hrsp_other", "hanafail", "req_rate", "req_rate_max", "req_tot", "cli_abrt", "srv_abrt", "comp_in",
    "comp_out", "comp_byp", "comp_rsp", "lastsess", "last_chk", "last_agt", "qtime", "ctime", "rtime", "ttime",
    "agent_status", "agent_code", "agent_duration", "check_desc", "agent_desc", "check_rise", "check_fall",
    "check_health", "agent_rise", "agent_fall", "agent_health", "addr", "cookie", "mode", "algo", "conn_rate",
    "conn_rate_max", "conn_tot", "intercepted", "dcon", "dses", "wrew", "connect", "reuse", "cache_lookups",
    "cache_hits", "srv_icur", "src_ilim", "qtime_max", "ctime_max", "rtime_max", "ttime_max", "eint",
    "idle_conn_cur", "safe_conn_cur", "used_conn_cur", "need_conn_est", "uweight", "agg_server_status",
    "agg_server_check_status", "agg_check_status", "srid", "sess_other", "h1sess", "h2sess", "h3sess", "req_other", "h1req", "h2req", "h3req",
    "proto", "priv_idle_cur", "reqbin", "reqbout", "resbin", "resbout", "cache_hint_hits"};

// RFC 4180: quotes only where they are needed.
void append_csv(std::string& out, const Cell& cell) {
  if (const auto* number = std::get_if<std::uint64_t>(&cell)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* signed_number = std::get_if<std::int64_t>(&cell)) {
    fmt::format_to(std::back_inserter(out), "{}", *signed_number);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    if (text->find_first_of(",\"\r\n") == std::string::npos) {
      out += *text;
      return;
    }
    out += '"';
    for (const char c : *text) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
}

std::string_view type_name(const Column& column, const Cell& cell) {
  if (std::holds_alternative<std::uint64_t>(cell)) return column.bits == 32 ? "u32" : "u64";
  if (std::holds_alternative<std::int64_t>(cell)) return "s32";
  return "str";
}

std::string_view tags_of(const Column& column, const Row& row) {
  return !row.frontend && !row.server && !column.backend_tags.empty() ? column.backend_tags : column.tags;
}

void append_plain(std::string& out, const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) {
    out += *text;
  } else {
    append_csv(out, cell);
  }
}

struct RowName {
  std::string_view type, letter;
  unsigned proxy, server;
};
RowName name_of(const Row& row) {
  if (row.listener) return {"Listener", "L", row.frontend->id, row.listener->id};
  if (row.frontend) return {"Frontend", "F", row.frontend->id, 0};
  if (row.server) return {"Server", "S", row.destination->id, row.server->id()};
  return {"Backend", "B", row.destination->id, 0};
}

constexpr std::string_view tag_words(char c) {
  switch (c) {
    case 'M': return "Metric";
    case 'S': return "Status";
    case 'K': return "Key";
    case 'C': return "Config";
    case 'P': return "Product";
    default: return "Unknown";
  }
}
constexpr std::string_view nature_words(char c) {
  switch (c) {
    case 'a': return "Avg";
    case 'A': return "Age";
    case 'C': return "Counter";
    case 'D': return "Duration";
    case 'G': return "Gauge";
    case 'L': return "Limit";
    case 'M': return "Max";
    case 'm': return "Min";
    case 'N': return "Name";
    case 'O': return "Output";
    case 'R': return "Rate";
    case 'T': return "Time";
    case 'S': return "Name";
    default: return "Unknown";
  }
}
constexpr std::string_view scope_words(char c) {
  switch (c) {
    case 'C': return "Cluster";
    case 'P': return "Process";
    case 'S': return "Service";
    case 's': return "System";
    default: return "Unknown";
  }
}

}  // namespace

std::string_view column_name(std::size_t position) { return all_names[position]; }

const std::vector<const Column*>& columns_by_position() {
  static const std::vector<const Column*> columns = [] {
    std::vector<const Column*> out(std::size(all_names), nullptr);
    for (const Column* column : catalog::entries<Column>()) {
      check(column->position < out.size() && all_names[column->position] == column->name, "a column at its place");
      out[column->position] = column;
    }
    return out;
  }();
  return columns;
}

Cell cell_of(const Column& column, const Row& row) {
  const auto read = row.listener ? column.listener : row.frontend ? column.frontend : row.server ? column.server : column.backend;
  return read ? read(row) : Cell{};
}

bool Rows::wants_proxy(unsigned id, const std::string& name) const {
  if (filter_.proxy != 0 && filter_.proxy != id) return false;
  if (!filter_.scope.empty() && std::ranges::find(filter_.scope, name) == filter_.scope.end()) return false;
  return filter_.name_part.empty() || name.find(filter_.name_part) != std::string::npos;
}

bool Rows::wants_server(const backend::Server& server) const {
  if (filter_.server != 0 && filter_.server != server.id()) return false;
  const backend::ServerState& state = server.state();
  const bool maintenance = state.admin.load() == backend::Admin::maint;
  if (filter_.hide_maintenance && maintenance) return false;
  return !filter_.hide_down || (!maintenance && state.operational.load() != backend::Operational::stopped);
}

// The next one of the destination we are in; nothing: they are over, and so is the destination unless it is shown.
std::optional<Row> Rows::next_server(Instant now) {
  const proxy::Destination& destination = *proxies_->destinations[destination_];
  const auto servers = destination.backend->servers();
  Row found = row(now);
  found.destination = &destination;
  while (wants(4) && server_ < servers.size()) {
    const backend::Server& server = *servers[server_++];
    if (!wants_server(server)) continue;
    found.server = &server;
    return found;
  }
  inside_ = false;
  server_ = 0;
  ++destination_;
  return wants(2) ? std::optional(found) : std::nullopt;
}

// The sockets that are counted by themselves.
std::optional<Row> Rows::next_listener(Instant now) {
  const proxy::Frontend& frontend = *proxies_->frontends[frontend_ - 1];
  while (wants(8) && listener_ < frontend.binds.size()) {
    const proxy::Bind& bind = frontend.binds[listener_++];
    if (!bind.state || (filter_.server != 0 && filter_.server != bind.id)) continue;
    Row found = row(now);
    found.frontend = &frontend;
    found.listener = &bind;
    return found;
  }
  listening_ = false;
  listener_ = 0;
  return std::nullopt;
}

std::optional<Row> Rows::next(Instant now) {
  const auto& frontends = proxies_->frontends;
  const auto& destinations = proxies_->destinations;
  while (inside_ || listening_ || frontend_ < frontends.size() || destination_ < destinations.size()) {
    if (listening_) {
      if (auto found = next_listener(now)) return found;
      continue;
    }
    if (inside_) {
      if (auto found = next_server(now)) return found;
      continue;
    }
    const bool takes_frontend =
        frontend_ < frontends.size() &&
        (destination_ == destinations.size() ||
         frontends[frontend_]->section->number() <= destinations[destination_]->policy.section->number());
    if (takes_frontend) {
      const proxy::Frontend& frontend = *frontends[frontend_++];
      if (!wants_proxy(frontend.id, frontend.name)) continue;
      listening_ = true;
      if (!wants(1)) continue;
      Row found = row(now);
      found.frontend = &frontend;
      return found;
    }
    inside_ = wants_proxy(destinations[destination_]->id, destinations[destination_]->backend->name());
    if (!inside_) ++destination_;
  }
  return std::nullopt;
}

std::string cell_text(const Row& row, std::size_t position) {
  const Column* const column = columns_by_position()[position];
  std::string out;
  if (column) append_plain(out, cell_of(*column, row));
  return out;
}

std::string json_tags(std::string_view tags) {
  return fmt::format(R"({{"origin":"{}","nature":"{}","scope":"{}"}})", tag_words(tags[0]), nature_words(tags[1]), scope_words(tags[2]));
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_csv_header(std::string& out) {
  out += "# ";
  for (const std::string_view name : all_names) {
    out += name;
    out += ',';
  }
  out += '\n';
}

void append_csv_row(const Row& row, std::string& out) {
  for (const Column* column : columns_by_position()) {
    if (column) append_csv(out, cell_of(*column, row));
    out += ',';
  }
  out += '\n';
}

void append_typed_row(const Row& row, Described described, std::string& out) {
  const RowName name = name_of(row);
  for (const Column* column : columns_by_position()) {
    if (!column) continue;
    const Cell cell = cell_of(*column, row);
    if (std::holds_alternative<std::monostate>(cell)) continue;
    fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}.{}.1:{}:{}:", name.letter, name.proxy, name.server, column->position,
                   column->name, tags_of(*column, row), type_name(*column, cell));
    append_plain(out, cell);
    if (described == Described::yes) fmt::format_to(std::back_inserter(out), ":\"{}\"", column->doc);
    out += '\n';
  }
}

void append_json_row(const Row& row, std::string& out) {
  const RowName name = name_of(row);
  out += '[';
  bool first = true;
  for (const Column* column : columns_by_position()) {
    if (!column) continue;
    const Cell cell = cell_of(*column, row);
    if (std::holds_alternative<std::monostate>(cell)) continue;
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"objType":"{}","proxyId":{},"id":{},"field":{{"pos":{},"name":"{}"}},"processNum":1,)"
                   R"("tags":{},"value":{{"type":"{}","value":)",
                   first ? "" : ",", name.type, name.proxy, name.server, column->position, column->name, json_tags(tags_of(*column, row)),
                   type_name(*column, cell));
    first = false;
    if (const auto* text = std::get_if<std::string>(&cell)) append_json_text(out, *text);
    else append_csv(out, cell);
    out += "}}";
  }
  out += ']';
}

}  // namespace sluice::admin
