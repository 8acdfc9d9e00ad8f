// Settings of machinery this design does not have: their argument is checked, -dD reports them, nothing else happens.
#include "config/keyword.hpp"

namespace sluice {
namespace {

using Add = catalog::Add<config::Keyword>;
using config::Keyword;
using config::Line;
using config::Section;
namespace in = config::in;

void flag(Line& line, Section&) { line.finish(); }
void number(Line& line, Section&) {
  if (line.take_integer("a number", 0)) line.finish();
}
template <std::int64_t least, std::int64_t most>
void number_within(Line& line, Section&) {
  if (line.take_integer("a number", least, most)) line.finish();
}
void size(Line& line, Section&) {
  if (line.take_size("a size")) line.finish();
}
void onoff(Line& line, Section&) {
  if (line.take_switch()) line.finish();
}
void words(Line& line, Section&) {
  if (line.take("an argument")) line.take_rest();
}
template <const auto& names>
void one_of(Line& line, Section&) {
  if (line.take_one_of({names.begin(), names.end()})) line.finish();
}
template <int most_milliseconds, int least_milliseconds = 0>
void time_within(Line& line, Section&) {
  const auto time = line.take_duration("a time", config::Unit::ms, milliseconds(most_milliseconds));
  if (!time || !line.finish()) return;
  if (time->ms() < least_milliseconds) line.alert(line.last(), fmt::format("'{}' is at least {} ms", line.keyword(), least_milliseconds));
}
// <policy> [threads-per-core { 1 | auto }]
template <const auto& names>
void policy(Line& line, Section&) {
  if (!line.take_one_of({names.begin(), names.end()})) return;
  if (line.accept("threads-per-core") && !line.take_one_of({"1", "auto"})) return;
  line.finish();
}
// <affinity>, of which per-group takes another word
template <const auto& names>
void affinity(Line& line, Section&) {
  if (!line.take_one_of({names.begin(), names.end()})) return;
  if (line.last() == "per-group" && !line.at_end() && !line.take_one_of({"auto", "loose"})) return;
  line.finish();
}
struct Knob {
  std::string_view name, args;
  void (*parse)(Line&, Section&);
  std::string_view why;
};

constexpr Keyword keyword(const Knob& knob) {
  return {.name = knob.name, .args = knob.args, .sections = in::global, .parse = knob.parse, .prefixes = config::Prefixes::no,
          .unused = knob.why, .doc = knob.why};
}

constexpr std::string_view poller = "epoll is the only poller";
constexpr std::string_view memory = "buffers are taken when they are needed and never reserved or counted";
constexpr std::string_view groups = "workers share nothing, so there are no groups of them";
constexpr std::string_view turns = "a worker's turn is bounded by what is ready";
constexpr std::string_view copies = "bodies are forwarded in whichever way is cheapest";
constexpr std::string_view idle = "every worker keeps its own idle server connections";
constexpr std::string_view one_queue = "every worker has its own listening sockets";
constexpr std::string_view levels = "every keyword that is implemented may be used";

constexpr std::array shared_pool{std::string_view("on"), std::string_view("off"), std::string_view("full"), std::string_view("auto")};
constexpr std::array queues{std::string_view("on"), std::string_view("off"), std::string_view("fair")};
constexpr std::array policies{std::string_view("none"), std::string_view("efficiency"), std::string_view("first-usable-node"),
                              std::string_view("group-by-2-ccx"), std::string_view("group-by-2-clusters"), std::string_view("group-by-3-ccx"),
                              std::string_view("group-by-3-clusters"), std::string_view("group-by-4-ccx"), std::string_view("group-by-4-clusters"),
                              std::string_view("group-by-ccx"), std::string_view("group-by-cluster"), std::string_view("performance"),
                              std::string_view("resource")};
constexpr std::array affinities{std::string_view("auto"), std::string_view("per-core"), std::string_view("per-group"),
                                std::string_view("per-thread"), std::string_view("per-ccx")};
constexpr std::array takeovers{std::string_view("none"), std::string_view("restricted"), std::string_view("full")};
constexpr std::string_view placed = "there are as many workers as usable processors, and cpu-map places them";
constexpr std::string_view no_sockets = "it is about sockets without connections, which only HTTP/3 and log-forward listen with";
constexpr std::array shards{std::string_view("by-process"), std::string_view("by-thread"), std::string_view("by-group")};

const Add entries[] = {
    Add{keyword({"noepoll", "", flag, poller})},
    Add{keyword({"nopoll", "", flag, poller})},
    Add{keyword({"nokqueue", "", flag, poller})},
    Add{keyword({"noevports", "", flag, poller})},
    Add{keyword({"nogetaddrinfo", "", flag, "names are resolved by getaddrinfo() only"})},
    Add{keyword({"busy-polling", "", flag, "workers sleep in epoll when they have nothing to do"})},
    Add{keyword({"numa-cpu-mapping", "", flag, groups})},
    Add{keyword({"thread-groups", "<number>", number, groups})},
    Add{keyword({"thread-group", "<group> [<threads>]...", words, groups})},
    Add{keyword({"max-threads-per-group", "<number>", number, groups})},
    Add{keyword({"cpu-policy", "<policy> [threads-per-core { 1 | auto }]", policy<policies>, placed})},
    Add{keyword({"cpu-affinity", "<affinity> [auto | loose]", affinity<affinities>, placed})},
    Add{keyword({"no-memory-trimming", "", flag, "memory is given back by the C library alone"})},
    Add{keyword({"expose-experimental-directives", "", flag, levels})},
    Add{keyword({"profiling.memory", "{on | off}", onoff, "allocations are not counted"})},
    Add{keyword({"debug.counters", "{on | off}", onoff, "there are no such counters"})},
    Add{keyword({"tune.applet.zero-copy-forwarding", "{on | off}", onoff, copies})},
    Add{keyword({"tune.h1.zero-copy-fwd-recv", "{on | off}", onoff, copies})},
    Add{keyword({"tune.h1.zero-copy-fwd-send", "{on | off}", onoff, copies})},
    Add{keyword({"tune.pt.zero-copy-forwarding", "{on | off}", onoff, copies})},
    Add{keyword({"tune.disable-fast-forward", "", flag, copies})},
    Add{keyword({"tune.disable-zero-copy-forwarding", "", flag, copies})},
    Add{keyword({"tune.buffers.limit", "<number>", number, memory})},
    Add{keyword({"tune.buffers.reserve", "<number>", number, memory})},
    Add{keyword({"tune.bufsize.small", "<size>", size, memory})},
    Add{keyword({"tune.memory.hot-size", "<size>", size, memory})},
    Add{keyword({"tune.fail-alloc", "<number>", number_within<0, 100>, "allocations do not fail on purpose"})},
    Add{keyword({"tune.fd.edge-triggered", "{on | off}", onoff, "connections always are"})},
    Add{keyword({"tune.fd.tables", "{shared | per-thread-group}", words, groups})},
    Add{keyword({"tune.takeover-other-tg-connections", "{none | restricted | full}", one_of<takeovers>, idle})},
    Add{keyword({"tune.idle-pool.shared", "{on | off | full | auto}", one_of<shared_pool>, idle})},
    Add{keyword({"tune.pool-high-fd-ratio", "<number>", number_within<0, 100>, idle})},
    Add{keyword({"tune.pool-low-fd-ratio", "<number>", number_within<0, 100>, idle})},
    Add{keyword({"tune.listener.multi-queue", "{on | fair | off}", one_of<queues>, one_queue})},
    Add{keyword({"tune.listener.default-shards", "{by-process | by-thread | by-group}", one_of<shards>, one_queue})},
    Add{keyword({"tune.maxpollevents", "<number>", number_within<0, 1000000>, turns})},
    Add{keyword({"tune.events.max-events-at-once", "<number>", number_within<1, 10000>, turns})},
    Add{keyword({"tune.epoll.mask-events", "<event>[,...]", words, "every event is looked at"})},
    Add{keyword({"tune.idletimer", "<timeout>", time_within<65535>, "how much is read at once decides how it is forwarded, not how long nothing came"})},
    Add{keyword({"tune.max-rules-at-once", "<number>", number, turns})},
    Add{keyword({"tune.runqueue-depth", "<number>", number, turns})},
    Add{keyword({"tune.sched.low-latency", "{on | off}", onoff, turns})},
    Add{keyword({"tune.recv_enough", "<size>", size, "a short read means that there is no more"})},
    Add{keyword({"tune.pattern.cache-size", "<number>", number, "patterns are compiled, their results are not cached"})},
    Add{keyword({"tune.ring.queues", "<number>", number, "every worker writes its lines itself"})},
    Add{keyword({"tune.streams-elasticity", "<number>", number, "there are no streams to spread"})},
    Add{keyword({"tune.glitches.kill.cpu-usage", "<number>", number_within<0, 100>, "strict parsing leaves no glitches to count"})},
    Add{keyword({"tune.h1.fe.glitches-threshold", "<number>", number, "strict parsing leaves no glitches to count"})},
    Add{keyword({"tune.h1.be.glitches-threshold", "<number>", number, "strict parsing leaves no glitches to count"})},
    Add{keyword({"tune.defaults.purge", "[all | none | <element>[,...]]", flag, "defaults are copied when a proxy is read"})},
    Add{keyword({"stress-level", "<level>", number_within<0, 9>, "there is no such debugging aid"})},
    Add{keyword({"anonkey", "<key>", number_within<0, 4294967295>, "nothing is shown anonymously"})},
    Add{keyword({"warn-blocked-traffic-after", "<time>", time_within<1000, 1>, "no watchdog looks at how long a turn takes"})},
    Add{keyword({"tune.rcvbuf.frontend", "<size>", size, no_sockets})},
    Add{keyword({"tune.sndbuf.frontend", "<size>", size, no_sockets})},
    Add{keyword({"tune.rcvbuf.backend", "<size>", size, no_sockets})},
    Add{keyword({"quick-exit", "", flag, "what a process holds at its end is a few objects per worker"})},
};

}  // namespace
}  // namespace sluice
