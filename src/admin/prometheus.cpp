// use-service prometheus-exporter: the statistics in Prometheus' text format (version 0.0.4). Names, types and order are
// those of HAProxy's exporter, the numbers those of the columns of `show stat` and of `show info`.
#include "admin/column.hpp"
#include "admin/process_info.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "proxy/exchange.hpp"
#include "proxy/service.hpp"

namespace sluice::admin {
namespace {

using async::Task;
using proxy::Exchange;

// How the samples of a metric come from a column.
enum class From : std::uint8_t {
  number,        // NaN where the column is empty
  milliseconds,  // shown as seconds
  http,          // of proxies in HTTP mode
  checked,       // of servers that were checked; 0 where the column is empty
  checked_for,   // and in milliseconds, shown as seconds
  responses,     // one column for each class of statuses
  state,         // one sample for each state there may be
  check,         // and of the latest check
  servers,       // how many servers of a backend are in each state
  checks,        // and how many were last found so
};

struct Metric {
  std::string_view name, column;
  From from = From::number;
};

struct Scope {
  std::string_view name;
  unsigned rows;  // StatFilter::types
  std::span<const Metric> metrics;
};

constexpr Metric of_process[] = {
    {"nbthread", "Nbthread"}, {"nbproc", "Nbproc"}, {"relative_process_id", "Process_num"}, {"uptime_seconds", "Uptime_sec"},
    {"pool_failures_total", "PoolFailed"}, {"max_fds", "Ulimit-n"}, {"max_sockets", "Maxsock"}, {"max_connections", "Maxconn"},
    {"hard_max_connections", "Hard_maxconn"}, {"current_connections", "CurrConns"}, {"connections_total", "CumConns"},
    {"requests_total", "CumReq"}, {"max_ssl_connections", "MaxSslConns"}, {"current_ssl_connections", "CurrSslConns"},
    {"ssl_connections_total", "CumSslConns"}, {"max_pipes", "Maxpipes"}, {"pipes_used_total", "PipesUsed"},
    {"pipes_free_total", "PipesFree"}, {"current_connection_rate", "ConnRate"}, {"limit_connection_rate", "ConnRateLimit"},
    {"max_connection_rate", "MaxConnRate"}, {"current_session_rate", "SessRate"}, {"limit_session_rate", "SessRateLimit"},
    {"max_session_rate", "MaxSessRate"}, {"current_ssl_rate", "SslRate"}, {"limit_ssl_rate", "SslRateLimit"},
    {"max_ssl_rate", "MaxSslRate"}, {"current_frontend_ssl_key_rate", "SslFrontendKeyRate"},
    {"max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate"}, {"frontend_ssl_reuse", "SslFrontendSessionReuse_pct"},
    {"current_backend_ssl_key_rate", "SslBackendKeyRate"}, {"max_backend_ssl_key_rate", "SslBackendMaxKeyRate"},
    {"ssl_cache_lookups_total", "SslCacheLookups"}, {"ssl_cache_misses_total", "SslCacheMisses"},
    {"http_comp_bytes_in_total", "CompressBpsIn"}, {"http_comp_bytes_out_total", "CompressBpsOut"},
    {"limit_http_comp", "CompressBpsRateLim"}, {"current_zlib_memory", "ZlibMemUsage"}, {"max_zlib_memory", "MaxZlibMemUsage"},
    {"current_tasks", "Tasks"}, {"current_run_queue", "Run_queue"}, {"idle_time_percent", "Idle_pct"}, {"stopping", "Stopping"},
    {"jobs", "Jobs"}, {"unstoppable_jobs", "Unstoppable Jobs"}, {"listeners", "Listeners"}, {"active_peers", "ActivePeers"},
    {"connected_peers", "ConnectedPeers"}, {"dropped_logs_total", "DroppedLogs"}, {"busy_polling_enabled", "BusyPolling"},
    {"failed_resolutions", "FailedResolutions"}, {"bytes_out_total", "TotalBytesOut"},
    {"spliced_bytes_out_total", "TotalSplicedBytesOut"}, {"bytes_out_rate", "BytesOutRate"}, {"recv_logs_total", "CumRecvLogs"},
    {"build_info", "Build info"}, {"max_memory_bytes", "Memmax_bytes"}, {"pool_allocated_bytes", "PoolAlloc_bytes"},
    {"pool_used_bytes", "PoolUsed_bytes"}, {"start_time_seconds", "Start_time_sec"},
};

constexpr Metric of_frontends[] = {
    {"current_sessions", "scur"}, {"max_sessions", "smax"}, {"limit_sessions", "slim"}, {"sessions_total", "stot"},
    {"bytes_in_total", "bin"}, {"bytes_out_total", "bout"}, {"requests_denied_total", "dreq"}, {"responses_denied_total", "dresp"},
    {"request_errors_total", "ereq"}, {"status", "status", From::state}, {"limit_session_rate", "rate_lim"},
    {"max_session_rate", "rate_max"}, {"http_responses_total", "hrsp_1xx", From::responses},
    {"http_requests_rate_max", "req_rate_max", From::http}, {"http_requests_total", "req_tot", From::http},
    {"http_comp_bytes_in_total", "comp_in", From::http}, {"http_comp_bytes_out_total", "comp_out", From::http},
    {"http_comp_bytes_bypassed_total", "comp_byp", From::http}, {"http_comp_responses_total", "comp_rsp", From::http},
    {"connections_rate_max", "conn_rate_max"}, {"connections_total", "conn_tot"}, {"intercepted_requests_total", "intercepted", From::http},
    {"denied_connections_total", "dcon"}, {"denied_sessions_total", "dses"}, {"failed_header_rewriting_total", "wrew"},
    {"http_cache_lookups_total", "cache_lookups", From::http}, {"http_cache_hits_total", "cache_hits", From::http},
    {"internal_errors_total", "eint"},
};

constexpr Metric of_backends[] = {
    {"current_queue", "qcur"}, {"max_queue", "qmax"}, {"current_sessions", "scur"}, {"max_sessions", "smax"},
    {"limit_sessions", "slim"}, {"sessions_total", "stot"}, {"bytes_in_total", "bin"}, {"bytes_out_total", "bout"},
    {"requests_denied_total", "dreq"}, {"responses_denied_total", "dresp"}, {"connection_errors_total", "econ"},
    {"response_errors_total", "eresp"}, {"retry_warnings_total", "wretr"}, {"redispatch_warnings_total", "wredis"},
    {"status", "status", From::state}, {"weight", "weight"}, {"active_servers", "act"}, {"backup_servers", "bck"},
    {"check_up_down_total", "chkdown"}, {"check_last_change_seconds", "lastchg"}, {"downtime_seconds_total", "downtime"},
    {"loadbalanced_total", "lbtot"}, {"max_session_rate", "rate_max"}, {"http_responses_total", "hrsp_1xx", From::responses},
    {"http_requests_total", "req_tot", From::http}, {"client_aborts_total", "cli_abrt"}, {"server_aborts_total", "srv_abrt"},
    {"http_comp_bytes_in_total", "comp_in", From::http}, {"http_comp_bytes_out_total", "comp_out", From::http},
    {"http_comp_bytes_bypassed_total", "comp_byp", From::http}, {"http_comp_responses_total", "comp_rsp", From::http},
    {"last_session_seconds", "lastsess"}, {"queue_time_average_seconds", "qtime", From::milliseconds},
    {"connect_time_average_seconds", "ctime", From::milliseconds}, {"response_time_average_seconds", "rtime", From::milliseconds},
    {"total_time_average_seconds", "ttime", From::milliseconds}, {"failed_header_rewriting_total", "wrew"},
    {"connection_attempts_total", "connect"}, {"connection_reuses_total", "reuse"},
    {"http_cache_lookups_total", "cache_lookups", From::http}, {"http_cache_hits_total", "cache_hits", From::http},
    {"max_queue_time_seconds", "qtime_max", From::milliseconds}, {"max_connect_time_seconds", "ctime_max", From::milliseconds},
    {"max_response_time_seconds", "rtime_max", From::milliseconds}, {"max_total_time_seconds", "ttime_max", From::milliseconds},
    {"internal_errors_total", "eint"}, {"uweight", "uweight"}, {"agg_server_status", "status", From::servers},
    {"agg_server_check_status", "status", From::servers}, {"agg_check_status", "check_status", From::checks},
};

constexpr Metric of_servers[] = {
    {"current_queue", "qcur"}, {"max_queue", "qmax"}, {"current_sessions", "scur"}, {"max_sessions", "smax"},
    {"limit_sessions", "slim"}, {"sessions_total", "stot"}, {"bytes_in_total", "bin"}, {"bytes_out_total", "bout"},
    {"responses_denied_total", "dresp"}, {"connection_errors_total", "econ"}, {"response_errors_total", "eresp"},
    {"retry_warnings_total", "wretr"}, {"redispatch_warnings_total", "wredis"}, {"status", "status", From::state},
    {"weight", "weight"}, {"check_failures_total", "chkfail"}, {"check_up_down_total", "chkdown"},
    {"check_last_change_seconds", "lastchg"}, {"downtime_seconds_total", "downtime"}, {"queue_limit", "qlimit"},
    {"current_throttle", "throttle"}, {"loadbalanced_total", "lbtot"}, {"max_session_rate", "rate_max"},
    {"check_status", "check_status", From::check}, {"check_code", "check_code", From::checked},
    {"check_duration_seconds", "check_duration", From::checked_for}, {"http_responses_total", "hrsp_1xx", From::responses},
    {"client_aborts_total", "cli_abrt"}, {"server_aborts_total", "srv_abrt"}, {"last_session_seconds", "lastsess"},
    {"queue_time_average_seconds", "qtime", From::milliseconds}, {"connect_time_average_seconds", "ctime", From::milliseconds},
    {"response_time_average_seconds", "rtime", From::milliseconds}, {"total_time_average_seconds", "ttime", From::milliseconds},
    {"failed_header_rewriting_total", "wrew"}, {"connection_attempts_total", "connect"}, {"connection_reuses_total", "reuse"},
    {"idle_connections_current", "srv_icur"}, {"idle_connections_limit", "src_ilim"},
    {"max_queue_time_seconds", "qtime_max", From::milliseconds}, {"max_connect_time_seconds", "ctime_max", From::milliseconds},
    {"max_response_time_seconds", "rtime_max", From::milliseconds}, {"max_total_time_seconds", "ttime_max", From::milliseconds},
    {"internal_errors_total", "eint"}, {"unsafe_idle_connections_current", "idle_conn_cur"},
    {"safe_idle_connections_current", "safe_conn_cur"}, {"used_connections_current", "used_conn_cur"},
    {"need_connections_current", "need_conn_est"}, {"uweight", "uweight"},
};

constexpr Scope scopes[] = {{"frontend", 1, of_frontends}, {"backend", 2, of_backends}, {"server", 4, of_servers}};

constexpr std::string_view proxy_states[] = {"DOWN", "UP"};
constexpr std::string_view server_states[] = {"DOWN", "UP", "MAINT", "DRAIN", "NOLB"};
constexpr std::string_view check_states[] = {"HANA",  "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK",    "L6TOUT",   "L6RSP",
                                             "L7TOUT", "L7RSP",  "L7OK", "L7OKC",  "L7STS", "PROCERR", "PROCTOUT", "PROCOK"};

Cell cell(std::string_view column, const Row& row) {
  const Column* const found = catalog::entries<Column>().find(column);
  return found ? cell_of(*found, row) : Cell{};
}
std::string text(std::string_view column, const Row& row) {
  const Cell value = cell(column, row);
  const std::string* const found = std::get_if<std::string>(&value);
  return found ? *found : std::string{};
}
bool is_http(const Row& row) { return row.frontend ? row.frontend->http : row.destination->policy.http; }
bool is_empty(const Cell& value) { return std::holds_alternative<std::monostate>(value); }

// The state a status means: "UP 1/3", "no check" and "OPEN" are up.
std::string_view state_of(const Row& row) {
  const std::string status = text("status", row);
  for (const std::string_view other : {"MAINT", "DRAIN", "NOLB"})
    if (status.starts_with(other)) return other;
  return status.starts_with("UP") || status.starts_with("OPEN") || status.starts_with("no check") ? "UP" : "DOWN";
}
std::string_view check_of(const std::string& shown) {
  for (const std::string_view state : check_states)
    if (shown == state || shown == fmt::format("* {}", state)) return state;  // "* ": a check is on its way
  return {};
}

bool is_counter(std::string_view name) { return name.ends_with("_total") || name == "failed_resolutions"; }

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
}

// Writes the samples of one metric: "haproxy_server_weight{proxy="b",server="s1"} 1".
class Family {
 public:
  Family(const Scope& scope, const Metric& metric) : scope_(scope), metric_(metric) {}

  void append_head(std::string& out) const {
    const Column* const column = catalog::entries<Column>().find(metric_.column);
    const std::string_view doc = column ? column->doc : std::string_view{};
    fmt::format_to(std::back_inserter(out), "# HELP haproxy_{0}_{1} {2}\n# TYPE haproxy_{0}_{1} {3}\n", scope_.name, metric_.name, doc,
                   is_counter(metric_.name) ? "counter" : "gauge");
  }

  void append(const Row& row, std::string& out) const {
    switch (metric_.from) {
      case From::number: return sample(row, {}, {}, number(cell(metric_.column, row)), out);
      case From::milliseconds: return sample(row, {}, {}, seconds(cell(metric_.column, row)), out);
      case From::http:
        if (is_http(row)) sample(row, {}, {}, number(cell(metric_.column, row)), out);
        return;
      case From::checked:
      case From::checked_for:
        if (text("check_status", row).empty()) return;
        if (const Cell value = cell(metric_.column, row); is_empty(value)) sample(row, {}, {}, "0", out);
        else sample(row, {}, {}, metric_.from == From::checked ? number(value) : seconds(value), out);
        return;
      case From::responses:
        if (!is_http(row)) return;
        for (const std::string_view code : {"1xx", "2xx", "3xx", "4xx", "5xx", "other"})
          sample(row, "code", code, number(cell(fmt::format("hrsp_{}", code), row)), out);
        return;
      case From::state: return one_of(row, row.server ? std::span<const std::string_view>(server_states) : proxy_states, state_of(row), out);
      case From::check:
        if (const std::string shown = text("check_status", row); !shown.empty()) one_of(row, check_states, check_of(shown), out);
        return;
      case From::servers: return counts(row, server_states, state_of, out);
      case From::checks: return counts(row, check_states, [](const Row& one) { return check_of(text("check_status", one)); }, out);
    }
  }

 private:
  static std::string number(const Cell& value) {
    if (const auto* n = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *n);
    if (const auto* n = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *n);
    return "NaN";
  }
  static std::string seconds(const Cell& value) {
    if (const auto* n = std::get_if<std::uint64_t>(&value)) return fmt::format("{:.6f}", static_cast<double>(*n) / 1000);
    if (const auto* n = std::get_if<std::int64_t>(&value)) return fmt::format("{:.6f}", static_cast<double>(*n) / 1000);
    return "NaN";
  }
  void sample(const Row& row, std::string_view label, std::string_view value, std::string_view number, std::string& out) const {
    fmt::format_to(std::back_inserter(out), "haproxy_{}_{}{{proxy=\"", scope_.name, metric_.name);
    append_escaped(out, row.proxy_name());
    if (row.server) {
      out += "\",server=\"";
      append_escaped(out, row.server->name());
    }
    if (!label.empty()) fmt::format_to(std::back_inserter(out), "\",{}=\"{}", label, value);
    fmt::format_to(std::back_inserter(out), "\"}} {}\n", number);
  }
  void one_of(const Row& row, std::span<const std::string_view> states, std::string_view now, std::string& out) const {
    for (const std::string_view state : states) sample(row, "state", state, state == now ? "1" : "0", out);
  }
  template <class StateOf>
  void counts(const Row& row, std::span<const std::string_view> states, StateOf of, std::string& out) const {
    for (const std::string_view state : states) {
      std::size_t count = 0;
      Row one = row;
      for (const auto& server : row.destination->backend->servers()) {
        one.server = server.get();
        count += of(one) == state ? 1 : 0;
      }
      sample(row, "state", state, fmt::format("{}", count), out);
    }
  }

  const Scope& scope_;
  const Metric& metric_;
};

// What the query asks for: everything, or what `scope=` names, which may be said again; `no-maint` leaves out servers in
// maintenance. Other words mean nothing.
struct Asked {
  bool process = true, tables = true;
  unsigned rows = 7;  // bits of Scope::rows
  bool hide_maintenance = false;
};
std::optional<Asked> read_query(std::string_view query) {
  Asked asked;
  bool narrowed = false;
  while (!query.empty()) {
    std::string_view word = take_until(query, '&');
    if (word == "no-maint") asked.hide_maintenance = true;
    if (!word.starts_with("scope=")) continue;
    word.remove_prefix(6);
    if (word == "*" || word.empty() || !narrowed) {
      const bool all = word == "*";
      asked.process = asked.tables = all;
      asked.rows = all ? 7 : 0;
      narrowed = true;
    }
    if (word == "*" || word.empty()) continue;
    if (word == "global") asked.process = true;
    else if (word == "sticktable") asked.tables = true;
    else if (const auto* const scope = std::ranges::find(scopes, word, &Scope::name); scope != std::end(scopes)) asked.rows |= scope->rows;
    else return std::nullopt;
  }
  return asked;
}

void append_process(std::span<const ProcessNumber> numbers, std::string& out) {
  for (const Metric& metric : of_process) {
    const auto found = std::ranges::find(numbers, metric.column, &ProcessNumber::name);
    const bool build = metric.name == "build_info";
    fmt::format_to(std::back_inserter(out), "# HELP haproxy_process_{0} {1}\n# TYPE haproxy_process_{0} {2}\nhaproxy_process_{0}", metric.name,
                   found == numbers.end() ? "What was built" : found->doc, is_counter(metric.name) ? "counter" : "gauge");
    if (build) fmt::format_to(std::back_inserter(out), "{{version=\"{}\"}} 1\n", full_version());
    else if (found != numbers.end() && found->number) fmt::format_to(std::back_inserter(out), " {}\n", *found->number);
    else out += " NaN\n";
  }
}

std::string_view name_of(table::KeyType type) {
  constexpr std::string_view names[] = {"ip", "ipv6", "integer", "string", "binary"};
  return names[static_cast<std::size_t>(type)];
}
void append_tables(const proxy::Proxies& proxies, Instant now, std::string& out) {
  if (proxies.tables.empty()) return;
  const auto samples = [&](std::string_view name, std::string_view doc, auto value) {
    fmt::format_to(std::back_inserter(out), "# HELP haproxy_sticktable_{0} {1}\n# TYPE haproxy_sticktable_{0} gauge\n", name, doc);
    for (const auto& table : proxies.tables)
      fmt::format_to(std::back_inserter(out), "haproxy_sticktable_{}{{name=\"{}\",type=\"{}\"}} {}\n", name, table->name(),
                     name_of(table->definition().type), value(*table));
  };
  samples("size", "Entries it has room for.", [](const table::Table& table) { return table.definition().size; });
  samples("used", "Entries it has.", [now](const table::Table& table) { return table.used(now); });
}

class PrometheusExporter final : public proxy::Service {
 public:
  std::string_view name() const override { return "<PROMEX>"; }
  bool wants(const Exchange&) const override { return true; }
  Task<> answer(Exchange& exchange) const override;
};

Task<> PrometheusExporter::answer(Exchange& exchange) const {
  const std::string_view target = exchange.request.uri.path_and_query;
  const std::size_t mark = target.find('?');
  const std::optional<Asked> asked = read_query(mark == target.npos ? std::string_view{} : target.substr(mark + 1));
  if (!asked) {
    exchange.answer(nullptr, 400, Exchange::Because::intercepted);
    co_return;
  }
  http::Fields& fields = exchange.begin_response(200).fields;
  fields.add(http::HeaderId::cache_control, "no-cache");
  fields.add(http::HeaderId::content_type, "text/plain; version=0.0.4");
  co_await exchange.send_head(Exchange::Content::streamed);
  std::string part;
  if (asked->process && world_of_process) {
    const std::vector<ProcessNumber> numbers = co_await process_numbers(*world_of_process, exchange.worker());
    append_process(numbers, part);
    co_await exchange.write_body(part);
  }
  constexpr std::size_t enough = 16384;
  for (const Scope& scope : scopes) {
    if (!(asked->rows & scope.rows)) continue;
    for (const Metric& metric : scope.metrics) {
      const Family family(scope, metric);
      Rows rows(exchange.proxies(), StatFilter{.types = scope.rows, .hide_maintenance = asked->hide_maintenance});
      part.clear();
      family.append_head(part);
      while (const std::optional<Row> row = rows.next(exchange.worker().loop.now())) {
        family.append(*row, part);
        if (part.size() < enough) continue;
        co_await exchange.write_body(part);
        part.clear();
      }
      co_await exchange.write_body(part);
    }
  }
  part.clear();
  if (asked->tables) append_tables(exchange.proxies(), exchange.worker().loop.now(), part);
  co_await exchange.write_body(part);
  co_await exchange.end_body();
}

const catalog::Add entry{proxy::NamedService{.name = "prometheus-exporter",
    .make = [](proxy::ActionParse&) -> std::unique_ptr<const proxy::Service> { return std::make_unique<PrometheusExporter>(); },
    .doc = "The statistics of the process, its proxies, servers and stick tables in Prometheus' text format. The query may say "
           "scope=global, frontend, backend, server or sticktable, more than once, and no-maint."}};

}  // namespace
}  // namespace sluice::admin
