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
    "idle_conn_cur", "safe_conn_cur", "used_conn_cur", "need_conn_est", "uweight", "agg_server_check_status",
    "agg_check_status", "srid", "sess_other", "h1sess", "h2sess", "h3sess", "req_other", "h1req", "h2req", "h3req",
    "proto", "priv_idle_cur", "reqbin", "reqbout", "resbin", "resbout", "cache_hint_hits"};

// Calls `visit(row)` for frontends, servers and backends as HAProxy orders them: proxy by proxy, in the order of the
// configuration, a listen section's servers between its two halves.
template <class Visit>
void for_each_row(const World& world, Instant now, const StatFilter& filter, Visit visit) {
  const auto wants = [&](unsigned bit) { return (filter.types & bit) != 0; };
  const auto number_of = [](const config::Section* section) { return section->number(); };
  const auto& frontends = world.proxies->frontends;
  const auto& destinations = world.proxies->destinations;
  auto frontend = frontends.begin();
  auto destination = destinations.begin();
  while (frontend != frontends.end() || destination != destinations.end()) {
    const bool take_frontend =
        frontend != frontends.end() &&
        (destination == destinations.end() || number_of((*frontend)->section) <= number_of((*destination)->policy.section));
    const bool is_listen = take_frontend && destination != destinations.end() &&
                           (*frontend)->section == (*destination)->policy.section;
    if (take_frontend) {
      if (wants(1) && (filter.proxy == 0 || filter.proxy == (*frontend)->id) && filter.server == 0)
        visit(Row{.frontend = frontend->get(), .world = world, .now = now});
      ++frontend;
      if (!is_listen) continue;
    }
    const proxy::Destination& d = **destination++;
    if (filter.proxy != 0 && filter.proxy != d.id) continue;
    for (const auto& server : d.backend->servers())
      if (wants(4) && (filter.server == 0 || filter.server == server->id()))
        visit(Row{.destination = &d, .server = server.get(), .world = world, .now = now});
    if (wants(2) && filter.server == 0) visit(Row{.destination = &d, .world = world, .now = now});
  }
}

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

std::string_view type_name(const Cell& cell) {
  if (std::holds_alternative<std::uint64_t>(cell)) return "u64";
  if (std::holds_alternative<std::int64_t>(cell)) return "s32";
  return "str";
}

void append_plain(std::string& out, const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) {
    out += *text;
  } else {
    append_csv(out, cell);
  }
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

struct RowName {
  std::string_view type, letter;
  unsigned proxy, server;
};
RowName name_of(const Row& row) {
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
    case 'A': return "Avg";
    case 'a': return "Age";
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
  const auto read = row.frontend ? column.frontend : row.server ? column.server : column.backend;
  return read ? read(row) : Cell{};
}

void write_csv(const World& world, Instant now, const StatFilter& filter, std::string& out) {
  out += "# ";
  for (const std::string_view name : all_names) {
    out += name;
    out += ',';
  }
  out += '\n';
  for_each_row(world, now, filter, [&](const Row& row) {
    for (const Column* column : columns_by_position()) {
      if (column) append_csv(out, cell_of(*column, row));
      out += ',';
    }
    out += '\n';
  });
}

void write_typed(const World& world, Instant now, const StatFilter& filter, std::string& out) {
  for_each_row(world, now, filter, [&](const Row& row) {
    const RowName name = name_of(row);
    for (const Column* column : columns_by_position()) {
      if (!column) continue;
      const Cell cell = cell_of(*column, row);
      if (std::holds_alternative<std::monostate>(cell)) continue;
      fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}.{}.1:{}:{}:", name.letter, name.proxy, name.server,
                     column->position, column->name, column->tags, type_name(cell));
      append_plain(out, cell);
      out += '\n';
    }
  });
}

void write_json(const World& world, Instant now, const StatFilter& filter, std::string& out) {
  out += '[';
  bool first_row = true;
  for_each_row(world, now, filter, [&](const Row& row) {
    const RowName name = name_of(row);
    out += first_row ? "[" : ",[";
    first_row = false;
    bool first = true;
    for (const Column* column : columns_by_position()) {
      if (!column) continue;
      const Cell cell = cell_of(*column, row);
      if (std::holds_alternative<std::monostate>(cell)) continue;
      fmt::format_to(std::back_inserter(out),
                     R"({}{{"objType":"{}","proxyId":{},"id":{},"field":{{"pos":{},"name":"{}"}},"processNum":1,)"
                     R"("tags":{{"origin":"{}","nature":"{}","scope":"{}"}},"value":{{"type":"{}","value":)",
                     first ? "" : ",", name.type, name.proxy, name.server, column->position, column->name,
                     tag_words(column->tags[0]), nature_words(column->tags[1]), scope_words(column->tags[2]),
                     type_name(cell));
      first = false;
      if (const auto* text = std::get_if<std::string>(&cell)) {
        append_json_text(out, *text);
      } else {
        append_csv(out, cell);
      }
      out += "}}";
    }
    out += ']';
  });
  out += "]\n";
}

}  // namespace sluice::admin
