// show info: what is known of the process (management 9.3). Positions and names are HAProxy's. What does not exist in
// this version is 0: there is none of it.
#include "admin/column.hpp"
#include "admin/command.hpp"
#include "admin/process_info.hpp"
#include "admin/setting/stats.hpp"
#include "admin/worker_report.hpp"
#include "base/version.hpp"
#include "net/syslog_sender.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::admin {
namespace {

using Value = std::variant<std::uint64_t, std::string>;

// What the fields are read from.
struct Asked {
  const World& world;
  async::Worker& worker;
  WorkerReport all;  // of all workers together
  std::size_t workers = 1;
};

struct Field {
  std::string_view name, tags;
  Value (*read)(const Asked& asked);
  std::string_view doc{};
};

Duration uptime(const Asked& a) { return a.worker.loop.now() - a.world.started; }

template <class Member>
std::uint64_t sum_of_frontends(const Asked& a, Member member) {
  std::uint64_t total = 0;
  for (const auto& frontend : a.world.proxies->frontends) total += frontend->state.counters.sum(member);
  return total;
}
template <auto member>
Value rate_now(const Asked& a) {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < a.world.states.rates.size(); ++i) total += (a.world.states.rates.at(i).*member).per_second(a.worker.loop.now());
  return total;
}
template <auto member>
Value rate_most(const Asked& a) {
  return a.world.states.rates.most(member);
}
template <auto member>
Value limit(const Asked& a) {
  return std::uint64_t{(a.world.states.*member).load()};
}
std::string uptime_text(const Asked& a) {
  const std::int64_t s = uptime(a).seconds();
  return fmt::format("{}d {}h{:02}m{:02}s", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}
std::uint64_t listeners(const Asked& a) {
  std::uint64_t total = 0;
  for (const auto& frontend : a.world.proxies->frontends)
    for (const proxy::Bind& bind : frontend->binds) total += bind.places.size();
  for (const proxy::Bind& bind : a.world.proxies->config->global()[stats_sockets]) total += bind.places.size();
  return total;
}
std::uint64_t buffers(const Asked& a, std::uint64_t count) { return count * (a.all.buffer_size / std::max<std::size_t>(1, a.workers)); }
std::uint64_t pools_used(const Asked& a) { return buffers(a, a.all.buffers_used) + a.all.exchanges * sizeof(proxy::Exchange); }
std::uint64_t pools_all(const Asked& a) {
  return pools_used(a) + buffers(a, a.all.buffers_kept) + a.all.exchanges_kept * sizeof(proxy::Exchange);
}
std::uint64_t own_bytes_out(const Asked& a) { return sum_of_frontends(a, &proxy::FrontendCounters::bout) + a.world.cli.bytes_out; }

Value nothing(const Asked&) { return std::uint64_t{0}; }
// As the configuration has it, in its unit.
template <auto& setting, std::uint64_t unit = 1>
Value said(const Asked& a) {
  return std::uint64_t{a.world.proxies->config->global()[setting]} * unit;
}

using States = proxy::States;
using Rates = proxy::States::Rates;

constexpr Field fields[] = {
    {"Name", "POS", [](const Asked&) -> Value { return std::string("HAProxy"); }, "Product name"},
    {"Version", "POS", [](const Asked&) -> Value { return full_version(); }, "Product version"},
    {"Release_date", "POS", [](const Asked&) -> Value { return std::string(version_date()); }, "Date of the build"},
    {"Nbthread", "CGS", [](const Asked& a) -> Value { return std::uint64_t{a.world.workers}; }, "Threads"},
    {"Nbproc", "CGS", [](const Asked&) -> Value { return std::uint64_t{1}; }, "Processes"},
    {"Process_num", "KGP", [](const Asked&) -> Value { return std::uint64_t{1}; }, "Number of this process"},
    {"Pid", "SGP", [](const Asked&) -> Value { return static_cast<std::uint64_t>(::getpid()); }, "Process id"},
    {"Uptime", "MDP", [](const Asked& a) -> Value { return uptime_text(a); }, "Time since the start"},
    {"Uptime_sec", "MDP", [](const Asked& a) -> Value { return static_cast<std::uint64_t>(uptime(a).seconds()); }, "Seconds since the start"},
    {"Memmax_MB", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.memory_limit_megabytes}; }, "Memory limit (-m), MB"},
    {"PoolAlloc_MB", "MGP", [](const Asked& a) -> Value { return pools_all(a) >> 20; }, "Buffers and exchanges, in use or kept, MB"},
    {"PoolUsed_MB", "MGP", [](const Asked& a) -> Value { return pools_used(a) >> 20; }, "Buffers and exchanges in use, MB"},
    {"PoolFailed", "MCP", nothing, "Allocations that failed: not counted"},
    {"Ulimit-n", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.descriptor_limit}; }, "Limit of file descriptors"},
    {"Maxsock", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.descriptor_limit}; }, "Limit of sockets"},
    {"Maxconn", "CLP", limit<&States::maxconn>, "Limit of connections"},
    {"Hard_maxconn", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.hard_maxconn}; }, "The most that limit may be set to"},
    {"CurrConns", "MGP", limit<&States::connections>, "Client connections now"},
    {"CumConns", "MCP", [](const Asked& a) -> Value { return sum_of_frontends(a, &proxy::FrontendCounters::conn_tot) + a.world.cli.connections; },
     "Connections of clients and to the stats sockets since the start"},
    {"CumReq", "MCP", [](const Asked& a) -> Value { return sum_of_frontends(a, &proxy::FrontendCounters::req_tot) + a.world.cli.connections; },
     "HTTP requests, and connections to the stats sockets, since the start"},
    {"MaxSslConns", "MMP", said<proxy::setting::max_tls_connections>, "Limit of TLS connections, 0: none"},
    {"CurrSslConns", "MGP", nothing, "No TLS in this version"},
    {"CumSslConns", "MCP", nothing, "No TLS in this version"},
    {"Maxpipes", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.most_pipes} * a.workers; }, "Limit of pipes for splicing"},
    {"PipesUsed", "MGP", [](const Asked& a) -> Value { return a.all.pipes_used; }, "Pipes in use"},
    {"PipesFree", "MGP", [](const Asked& a) -> Value { return a.all.pipes_kept; }, "Pipes kept for reuse"},
    {"ConnRate", "MRP", rate_now<&Rates::connections>, "Connections of the last second"},
    {"ConnRateLimit", "CLP", limit<&States::max_connection_rate>, "Limit of connections per second, 0: none"},
    {"MaxConnRate", "MMP", rate_most<&Rates::connections>, "Most connections in a second"},
    {"SessRate", "MRP", rate_now<&Rates::sessions>, "Sessions of the last second"},
    {"SessRateLimit", "CLP", limit<&States::max_session_rate>, "Limit of sessions per second, 0: none"},
    {"MaxSessRate", "MRP", rate_most<&Rates::sessions>, "Most sessions in a second"},
    {"SslRate", "MRP", nothing, "No TLS in this version"},
    {"SslRateLimit", "CLP", said<proxy::setting::max_tls_rate>, "Limit of TLS sessions per second, 0: none"},
    {"MaxSslRate", "MMP", nothing, "No TLS in this version"},
    {"SslFrontendKeyRate", "MGP", nothing, "No TLS in this version"},
    {"SslFrontendMaxKeyRate", "MMP", nothing, "No TLS in this version"},
    {"SslFrontendSessionReuse_pct", "MGP", nothing, "No TLS in this version"},
    {"SslBackendKeyRate", "MRP", nothing, "No TLS in this version"},
    {"SslBackendMaxKeyRate", "MMP", nothing, "No TLS in this version"},
    {"SslCacheLookups", "MCP", nothing, "No TLS in this version"},
    {"SslCacheMisses", "MCP", nothing, "No TLS in this version"},
    {"CompressBpsIn", "MRP", nothing, "No compression in this version"},
    {"CompressBpsOut", "MRP", nothing, "No compression in this version"},
    {"CompressBpsRateLim", "CLP", said<proxy::setting::max_compression_rate, 1024>, "Limit of bytes compressed per second, 0: none"},
    {"ZlibMemUsage", "MGP", nullptr, "Of a library that is not used here"},
    {"MaxZlibMemUsage", "CLP", nullptr, "Of a library that is not used here"},
    {"Tasks", "MGP", [](const Asked& a) -> Value { return a.all.tasks; }, "Sessions, health checks and other tasks"},
    {"Run_queue", "MGP", [](const Asked& a) -> Value { return a.all.ready; }, "Tasks that are about to run"},
    {"Idle_pct", "MaP", [](const Asked& a) -> Value { return a.all.idle_percent / std::max<std::size_t>(1, a.workers); },
     "Share of the last second the threads spent waiting"},
    {"node", "COS", [](const Asked& a) -> Value { return a.world.node; }, "Name of the node"},
    {"description", "COS", [](const Asked& a) -> Value { return a.world.description; }, "Description"},
    {"Stopping", "MGP", [](const Asked& a) -> Value { return std::uint64_t{a.world.states.stopping.load() ? 1U : 0U}; }, "1 while stopping"},
    {"Jobs", "MGP", [](const Asked& a) -> Value { return a.world.states.connections.load() + a.world.cli.now + listeners(a); },
     "Connections, also to the stats sockets, and listeners"},
    {"Unstoppable Jobs", "MGP", nothing, "Jobs that outlive a stop: there is none"},
    {"Listeners", "MGP", [](const Asked& a) -> Value { return listeners(a); }, "Listening addresses"},
    {"ActivePeers", "MGP", nothing, "No peers in this version"},
    {"ConnectedPeers", "MGP", nothing, "No peers in this version"},
    {"DroppedLogs", "MGP", [](const Asked&) -> Value { return net::LogSender::dropped(); }, "Log lines that could not be sent"},
    {"BusyPolling", "MGP", nothing, "Workers sleep when they have nothing to do"},
    {"FailedResolutions", "MGP", nothing, "No resolvers in this version"},
    {"TotalBytesOut", "MGP", [](const Asked& a) -> Value { return own_bytes_out(a); }, "Bytes sent to clients since the start"},
    {"TotalSplicedBytesOut", "MGP", nothing, "Bytes that went through pipes: not counted apart"},
    {"BytesOutRate", "MRP",
     [](const Asked& a) -> Value {
       std::uint64_t total = 0;
       for (unsigned i = 0; i < a.world.states.rates.size(); ++i) total += a.world.states.rates.at(i).bytes_out.per_second(a.worker.loop.now());
       return total;
     },
     "Bytes sent to clients in the last second, counted when an answer is complete"},
    {"DebugCommandsIssued", "MGP", nothing, "There are no debug commands"},
    {"CumRecvLogs", "MCP", nothing, "No log-forward in this version"},
    {"Build info", "POS", [](const Asked&) -> Value { return full_version(); }, "Product version"},
    {"Memmax_bytes", "CLP", [](const Asked& a) -> Value { return std::uint64_t{a.world.memory_limit_megabytes} << 20; }, "Memory limit in bytes"},
    {"PoolAlloc_bytes", "MGP", [](const Asked& a) -> Value { return pools_all(a); }, "The same in bytes"},
    {"PoolUsed_bytes", "MGP", [](const Asked& a) -> Value { return pools_used(a); }, "The same in bytes"},
    {"Start_time_sec", "MDP", [](const Asked& a) -> Value { return static_cast<std::uint64_t>(a.world.started_at.us / 1'000'000); },
     "Unix time of the start"},
    {"Tainted", "SGP", [](const Asked&) -> Value { return std::string("0"); }, "Nothing experimental is in use"},
    {"TotalWarnings", "MCP", [](const Asked& a) -> Value { return std::uint64_t{a.world.warnings}; }, "Warnings about the configuration"},
    {"MaxconnReached", "MCP", nothing, "Connections wait in the kernel at maxconn: none is accepted and kept waiting"},
    {"BootTime_ms", "MDP", [](const Asked& a) -> Value { return std::uint64_t{a.world.boot_milliseconds}; },
     "Milliseconds from the start until ready"},
    {"Niced_tasks", "MGP", nothing, "No task has a priority of its own"},
    {"CurrStreams", "MGP", [](const Asked& a) -> Value { return a.all.exchanges; }, "Requests and TCP sessions in progress"},
    {"CumStreams", "MCP",
     [](const Asked& a) -> Value {
       std::uint64_t total = 0;
       for (const auto& frontend : a.world.proxies->frontends)
         total += frontend->state.counters.sum(frontend->http ? &proxy::FrontendCounters::req_tot : &proxy::FrontendCounters::stot);
       return total;
     },
     "Requests and TCP sessions since the start"},
    {"BlockedTrafficWarnings", "MCP", nothing, "No task blocks another"},
    {"PatternsAdded", "MCP", nothing, "Not counted"},
    {"PatternsFreed", "MCP", nothing, "Not counted"},
    {"NbThreadGroups", "CGS", [](const Asked&) -> Value { return std::uint64_t{1}; }, "Groups of threads: there is one"},
};

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}
// As clients of the typed form know them.
std::string_view type_of(const Field& field, const Value& value) {
  if (value.index() != 0) return "str";
  constexpr std::string_view wide[] = {"BytesOutRate", "CumStreams", "CurrStreams", "PatternsAdded", "PatternsFreed", "PoolAlloc_bytes",
                                       "PoolUsed_bytes", "TotalBytesOut", "TotalSplicedBytesOut"};
  return std::ranges::find(wide, field.name) != std::end(wide) ? "u64" : "u32";
}
// What is not there keeps its position.
bool is_shown(const Field& field, const Value& value) { return field.name != "description" || value != Value(std::string()); }

enum class Form : std::uint8_t { plain, typed, json };

void append_json_field(std::size_t position, const Field& field, const Value& value, std::string& out) {
  fmt::format_to(std::back_inserter(out), R"({{"field":{{"pos":{},"name":"{}"}},"processNum":1,"tags":{},"value":{{"type":"{}","value":)",
                 position, field.name, json_tags(field.tags), type_of(field, value));
  if (const auto* text = std::get_if<std::string>(&value)) append_json_text(out, *text);
  else out += text_of(value);
  out += "}}";
}

async::Task<> show_info(Call& call) {
  Form form = Form::plain;
  bool described = false;
  for (std::size_t i = 0; i < call.words.size(); ++i) {
    const std::string_view word = call.word(i);
    if (word == "typed") form = Form::typed;
    if (word == "json") form = Form::json;
    if (word == "desc") described = true;
  }
  const std::shared_ptr<WorkerReports> reports = co_await report_workers(call.world, call.worker);
  Asked asked{call.world, call.worker, {}, reports->size()};
  for (const WorkerReport& one : *reports) asked.all += one;
  if (form == Form::json) call.answer += '[';
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    if (!fields[i].read) continue;
    const Value value = fields[i].read(asked);
    if (!is_shown(fields[i], value)) continue;
    if (form == Form::json) {
      if (i != 0) call.answer += ',';
      append_json_field(i, fields[i], value, call.answer);
      continue;
    }
    call.answer += form == Form::typed
                       ? fmt::format("{}.{}.1:{}:{}:{}", i, fields[i].name, fields[i].tags, type_of(fields[i], value), text_of(value))
                       : fmt::format("{}: {}", fields[i].name, text_of(value));
    if (described) call.answer += fmt::format(":\"{}\"", fields[i].doc);
    call.answer += '\n';
  }
  if (form == Form::json) call.answer += "]\n";
}

}  // namespace

async::Task<std::vector<ProcessNumber>> process_numbers(World& world, async::Worker& here) {
  const std::shared_ptr<WorkerReports> reports = co_await report_workers(world, here);
  Asked asked{world, here, {}, reports->size()};
  for (const WorkerReport& one : *reports) asked.all += one;
  std::vector<ProcessNumber> numbers;
  for (const Field& field : fields) {
    const Value value = field.read ? field.read(asked) : Value{};
    if (value.index() == 0) numbers.push_back({field.name, field.doc, field.read ? std::optional(std::get<0>(value)) : std::nullopt});
  }
  co_return numbers;
}

namespace {

const catalog::Add entry{Command{.name = "show info", .args = "[desc|json|typed]*", .later = show_info,
                                 .doc = "information about the running process"}};

}  // namespace
}  // namespace sluice::admin
