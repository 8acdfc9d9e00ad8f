// show info: what is known of the process (management 9.3). Fields this program has no such thing for are left out.
#include <sys/resource.h>

#include "admin/command.hpp"
#include "base/version.hpp"
#include "net/syslog_sender.hpp"

namespace sluice::admin {
namespace {

using Value = std::variant<std::uint64_t, std::string>;

struct Field {
  std::string_view name, tags;
  Value (*read)(const Call& call);
  std::string_view doc;
};

Instant now_of(const Call& call) { return call.worker.loop.now(); }
Duration uptime(const Call& call) { return now_of(call) - call.world.started; }

template <class Member>
std::uint64_t sum_of_frontends(const Call& call, Member member) {
  std::uint64_t total = 0;
  for (const auto& frontend : call.world.proxies->frontends) total += frontend->state.counters.sum(member);
  return total;
}
template <class Member>
std::uint64_t rate_of_frontends(const Call& call, Member member) {
  std::uint64_t total = 0;
  for (const auto& frontend : call.world.proxies->frontends) {
    const auto& counters = frontend->state.counters;
    for (unsigned i = 0; i < counters.size(); ++i) total += (counters.at(i).*member).per_second(now_of(call));
  }
  return total;
}
std::string uptime_text(const Call& call) {
  const std::int64_t s = uptime(call).seconds();
  return fmt::format("{}d {}h{:02}m{:02}s", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}
std::uint64_t listeners(const Call& call) {
  std::uint64_t total = 0;
  for (const auto& frontend : call.world.proxies->frontends)
    for (const proxy::Bind& bind : frontend->binds) total += bind.places.size();
  return total;
}

// Of what does not exist in this version there is none.
Value nothing(const Call&) { return std::uint64_t{0}; }

constexpr Field fields[] = {
    {"Name", "POS", [](const Call&) -> Value { return std::string("HAProxy"); }, "Product name"},
    {"Version", "POS", [](const Call&) -> Value { return full_version(); }, "Product version"},
    {"Release_date", "POS", [](const Call&) -> Value { return std::string(version_date()); }, "Date of the build"},
    {"Nbthread", "CGS", [](const Call& c) -> Value { return std::uint64_t{c.world.workers}; }, "Threads"},
    {"Nbproc", "CGS", [](const Call&) -> Value { return std::uint64_t{1}; }, "Processes"},
    {"Process_num", "KGP", [](const Call&) -> Value { return std::uint64_t{1}; }, "Number of this process"},
    {"Pid", "SGP", [](const Call&) -> Value { return static_cast<std::uint64_t>(::getpid()); }, "Process id"},
    {"Uptime", "MDP", [](const Call& c) -> Value { return uptime_text(c); }, "Time since the start"},
    {"Uptime_sec", "MDP", [](const Call& c) -> Value { return static_cast<std::uint64_t>(uptime(c).seconds()); },
     "Seconds since the start"},
    {"Start_time_sec", "MDP",
     [](const Call& c) -> Value { return static_cast<std::uint64_t>(c.world.started_at.us / 1'000'000); },
     "Unix time of the start"},
    {"Memmax_MB", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.memory_limit_megabytes}; },
     "Memory limit (-m)"},
    {"Memmax_bytes", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.memory_limit_megabytes} << 20; },
     "Memory limit in bytes"},
    {"Ulimit-n", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.descriptor_limit}; },
     "Limit of file descriptors"},
    {"Maxsock", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.descriptor_limit}; },
     "Limit of sockets"},
    {"Maxconn", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.states.maxconn.load()}; },
     "Limit of connections"},
    {"Hard_maxconn", "CLP", [](const Call& c) -> Value { return std::uint64_t{c.world.states.maxconn.load()}; },
     "The same"},
    {"CurrConns", "MGP", [](const Call& c) -> Value { return std::uint64_t{c.world.states.connections.load()}; },
     "Client connections now"},
    {"CumConns", "MCP",
     [](const Call& c) -> Value { return sum_of_frontends(c, &proxy::FrontendCounters::conn_tot); },
     "Client connections since the start"},
    {"CumReq", "MCP", [](const Call& c) -> Value { return sum_of_frontends(c, &proxy::FrontendCounters::req_tot); },
     "HTTP requests since the start"},
    {"MaxSslConns", "MCP", nothing, "no TLS in this version"},
    {"CurrSslConns", "MCP", nothing, "no TLS in this version"},
    {"CumSslConns", "MCP", nothing, "no TLS in this version"},
    {"ConnRate", "MRP",
     [](const Call& c) -> Value { return rate_of_frontends(c, &proxy::FrontendCounters::connections); },
     "Connections of the last second"},
    {"ConnRateLimit", "MCP", nothing, "no limit of connection rates in this version"},
    {"SessRate", "MRP",
     [](const Call& c) -> Value { return rate_of_frontends(c, &proxy::FrontendCounters::sessions); },
     "Sessions of the last second"},
    {"SessRateLimit", "MCP", nothing, "no limit of session rates in this version"},
    {"SslRate", "MCP", nothing, "no TLS in this version"},
    {"SslRateLimit", "MCP", nothing, "no TLS in this version"},
    {"MaxSslRate", "MCP", nothing, "no TLS in this version"},
    {"SslFrontendKeyRate", "MCP", nothing, "no TLS in this version"},
    {"SslFrontendMaxKeyRate", "MCP", nothing, "no TLS in this version"},
    {"SslFrontendSessionReuse_pct", "MCP", nothing, "no TLS in this version"},
    {"SslBackendKeyRate", "MCP", nothing, "no TLS in this version"},
    {"SslBackendMaxKeyRate", "MCP", nothing, "no TLS in this version"},
    {"SslCacheLookups", "MCP", nothing, "no TLS in this version"},
    {"SslCacheMisses", "MCP", nothing, "no TLS in this version"},
    {"CompressBpsIn", "MCP", nothing, "no compression in this version"},
    {"CompressBpsOut", "MCP", nothing, "no compression in this version"},
    {"CompressBpsRateLim", "MCP", nothing, "no compression in this version"},
    {"Idle_pct", "MGP", [](const Call& c) -> Value { return std::uint64_t{c.worker.loop.idle_percent()}; },
     "Share of the last second the thread that answers spent waiting"},
    {"node", "CGS", [](const Call& c) -> Value { return c.world.node; }, "Name of the node"},
    {"description", "CGS", [](const Call& c) -> Value { return c.world.description; }, "Description"},
    {"Stopping", "SGP", [](const Call& c) -> Value { return std::uint64_t{c.world.states.stopping.load() ? 1U : 0U}; },
     "1 while stopping"},
    {"Jobs", "MGP",
     [](const Call& c) -> Value { return std::uint64_t{c.world.states.connections.load()} + listeners(c); },
     "Connections and listeners"},
    {"Listeners", "MGP", [](const Call& c) -> Value { return listeners(c); }, "Listening addresses"},
    {"Unstoppable Jobs", "MCP", nothing, "no job outlives a stop"},
    {"ActivePeers", "MCP", nothing, "no peers in this version"},
    {"ConnectedPeers", "MCP", nothing, "no peers in this version"},
    {"DroppedLogs", "MCP", [](const Call&) -> Value { return net::LogSender::dropped(); }, "Log lines that could not be sent"},
    {"BusyPolling", "MCP", nothing, "workers sleep when they have nothing to do"},
    {"FailedResolutions", "MCP", nothing, "no resolvers in this version"},
    {"TotalBytesOut", "MCP", [](const Call& c) -> Value { return sum_of_frontends(c, &proxy::FrontendCounters::bout); },
     "Bytes sent to clients since the start"},
    {"TotalWarnings", "MCP", [](const Call& c) -> Value { return std::uint64_t{c.world.warnings}; },
     "Warnings about the configuration"},
    {"BootTime_ms", "MDP", [](const Call& c) -> Value { return std::uint64_t{c.world.boot_milliseconds}; },
     "Milliseconds from the start until ready"},
};

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}
std::string_view type_of(const Value& value) { return value.index() == 0 ? "u64" : "str"; }

void write_json(Call& call) {
  call.answer += '[';
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const Value value = fields[i].read(call);
    const std::string_view quote = value.index() == 0 ? "" : "\"";
    call.answer += fmt::format(
        R"({}{{"field":{{"pos":{},"name":"{}"}},"processNum":1,"value":{{"type":"{}","value":{}{}{}}}}})", i ? "," : "",
        i, fields[i].name, type_of(value), quote, text_of(value), quote);
  }
  call.answer += "]\n";
}

void run_show_info(Call& call) {
  const std::string_view form = call.word(0);
  if (form == "json") return write_json(call);
  const bool typed = form == "typed";
  const bool described = form == "desc" || call.word(1) == "desc";
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const Value value = fields[i].read(call);
    if (typed) {
      call.answer += fmt::format("{}.{}.1:{}:{}:{}", i, fields[i].name, fields[i].tags, type_of(value), text_of(value));
    } else {
      call.answer += fmt::format("{}: {}", fields[i].name, text_of(value));
    }
    if (described) call.answer += fmt::format(":\"{}\"", fields[i].doc);
    call.answer += '\n';
  }
}

const catalog::Add entry{Command{.name = "show info", .args = "[desc|json|typed]*", .run = run_show_info,
                                 .doc = "information about the running process"}};

}  // namespace
}  // namespace sluice::admin
