#include "main/setting/process.hpp"

#include <linux/capability.h>

#include <chrono>
#include <thread>

#include "base/text.hpp"

namespace sluice {

using catalog::Add;
using config::Keyword;
using config::Setting;
namespace in = config::in;

const Setting<bool> global_daemon{{.name = "daemon", .sections = in::global, .prefixes = config::Prefixes::no,
                                   .doc = "Goes to the background once everything is listening. Undone by -db and -d."}};
const Setting<std::string> global_pidfile{{.name = "pidfile", .args = "<file>", .sections = in::global,
                                           .doc = "Where the process id is written before privileges are dropped."}};
const Setting<std::string> global_user{{.name = "user", .args = "<name>", .sections = in::global,
                                        .doc = "User the process becomes after it has opened its listeners."}};
const Setting<std::string> global_group{{.name = "group", .args = "<name>", .sections = in::global,
                                         .doc = "Group the process becomes after it has opened its listeners."}};
const Setting<std::string> global_chroot{{.name = "chroot", .args = "<directory>", .sections = in::global,
                                          .doc = "Directory that becomes the process's root before it drops privileges."}};
const Setting<std::optional<std::int64_t>> global_uid{{.name = "uid", .args = "<number>", .sections = in::global,
                                                       .min = 0, .max = 4294967294, .doc = "As user, by number."}};
const Setting<std::optional<std::int64_t>> global_gid{{.name = "gid", .args = "<number>", .sections = in::global,
                                                       .min = 0, .max = 4294967294, .doc = "As group, by number."}};
const Setting<std::optional<std::int64_t>> global_descriptors{
    {.name = "ulimit-n", .args = "<number>", .sections = in::global, .min = 16, .max = 1 << 30,
     .doc = "Limit of file descriptors. Computed from maxconn if it is not given."}};
const Setting<std::optional<std::int64_t>> global_threads{
    {.name = "nbthread", .args = "<number>", .sections = in::global, .min = 1, .max = 64,
     .doc = "Number of worker threads; as many as there are usable processors if it is not given."}};
const Setting<std::optional<std::int64_t>> global_maxconn{
    {.name = "maxconn", .args = "<number>", .sections = in::global, .min = 0, .max = 1 << 29,
     .doc = "Client connections of the whole process; computed from the limit of file descriptors if it is not given."}};
const Setting<std::optional<Duration>> global_hard_stop_after{
    {.name = "hard-stop-after", .args = "<time>", .sections = in::global,
     .doc = "How long a soft stop waits for sessions to end before it ends them."}};
const Setting<std::string> global_node{in::global};
const Setting<std::vector<std::string>> global_description{
    {.name = "description", .args = "<text>", .sections = in::global, .doc = "Text shown in statistics."}};
const Setting<bool> global_zero_warning{{.name = "zero-warning", .sections = in::global,
                                         .doc = "A warning about the configuration stops the start, as -dW does."}};
const Setting<bool> global_quiet{{.name = "quiet", .sections = in::global, .doc = "As -q: no messages at the start."}};
const Setting<bool> global_no_splice{{.name = "nosplice", .sections = in::global, .doc = "As -dS: never uses splice()."}};
const Setting<bool> global_no_reuseport{{.name = "noreuseport", .sections = in::global,
                                         .doc = "As -dR: all threads share one listening socket per address, and no other process may listen there."}};

const Setting<bool> global_strict_limits{{.name = "strict-limits", .sections = in::global,
    .prefixes = config::Prefixes::no, .doc = "A limit of the system that cannot be raised as far as needed ends the start; without it that is a warning."}};
const Setting<std::optional<std::int64_t>> global_most_descriptors{
    {.name = "fd-hard-limit", .args = "<number>", .sections = in::global, .min = 16, .max = 1 << 30,
     .doc = "The number of file descriptors that is never exceeded, whatever the system allows and maxconn would need."}};
const Setting<std::optional<std::int64_t>> global_most_threads{
    {.name = "thread-hard-limit", .args = "<number>", .sections = in::global, .min = 1, .max = 64,
     .doc = "There are never more worker threads than this, whatever nbthread says."}};
const Setting<bool> global_dumpable{{.name = "set-dumpable", .sections = in::global, .prefixes = config::Prefixes::no,
    .doc = "Lets the process dump core although it has changed its user, and raises the limit of the dump's size."}};
const Setting<bool> global_setuid_programs{{.name = "insecure-setuid-wanted", .sections = in::global, .prefixes = config::Prefixes::no,
    .doc = "Programs the process may start can gain privileges by their setuid bit, which is prevented otherwise."}};
const Setting<bool> global_preallocate{{.name = "prealloc-fd", .sections = in::global, .prefixes = config::Prefixes::no,
    .doc = "Makes the kernel allocate its whole table of descriptors at the start instead of growing it under load."}};
const Setting<std::optional<Duration>> global_grace{{.name = "grace", .args = "<time>", .sections = in::global,
    .doc = "How long listeners stay open after SIGUSR1 while the fetch `stopping` is true already."}};
const Setting<std::optional<Duration>> proxy_grace{{.name = "grace", .args = "<time>", .sections = in::proxies,
    .deprecated = "grace <time> in the 'global' section",
    .doc = "How long this proxy's listeners stay open after SIGUSR1; the longest such time counts for all."}};
const Setting<bool> global_debug{{.name = "debug", .sections = in::global, .deprecated = "-d on the command line",
    .doc = "As -d: the process stays in the foreground."}};
const Setting<std::optional<std::int64_t>> global_most_pipes{{.name = "maxpipes", .args = "<number>", .sections = in::global,
    .min = 0, .max = 1 << 29, .doc = "How many pipes all workers may use for forwarding; beyond that data is copied."}};
const Setting<std::optional<std::int64_t>> global_nice{{.name = "tune.renice.runtime", .args = "<nice>", .sections = in::global,
    .min = -20, .max = 19, .doc = "The process's priority while it runs, -20 is the highest and 19 the lowest."}};
const Setting<std::optional<std::int64_t>> global_nice_at_start{{.name = "tune.renice.startup", .args = "<nice>", .sections = in::global,
    .min = -20, .max = 19, .doc = "The process's priority while it prepares what it has read of its configuration; it runs with the one "
                                  "it was started with, or as tune.renice.runtime says."}};
const Setting<std::vector<CpuMap>> global_cpu_map{in::global};
const Setting<std::uint64_t> global_capabilities{in::global};

namespace {

// A range of numbers from 1, or a word for many.
std::optional<std::uint64_t> read_set(std::string_view text, std::int64_t first, std::int64_t last) {
  const auto mask_of = [first](auto wanted) {
    std::uint64_t mask = 0;
    for (std::int64_t i = 0; i < 64; ++i)
      if (wanted(i + first)) mask |= 1ULL << i;
    return mask;
  };
  if (text == "all") return mask_of([](std::int64_t) { return true; });
  if (text == "odd") return mask_of([](std::int64_t n) { return n % 2 == 1; });
  if (text == "even") return mask_of([](std::int64_t n) { return n % 2 == 0; });
  const std::size_t dash = text.find('-');
  const auto from = parse_int(text.substr(0, dash));
  const auto to = dash == text.npos ? from : dash + 1 == text.size() ? std::optional(last) : parse_int(text.substr(dash + 1));
  if (!from || !to || *from < first || *to > last || *to < *from) return std::nullopt;
  return mask_of([&](std::int64_t n) { return n >= *from && n <= *to; });
}

// cpu-map [auto:]<group>[/<threads>] <cpus>...: the n-th thread on the n-th processor with auto:, all on all without.
void parse_cpu_map(config::Line& line, config::Section& section) {
  const config::Word* const whom = line.take("[auto:]<thread-group>[/<threads>]");
  if (!whom) return;
  std::string_view text = *whom;
  CpuMap map;
  map.one_by_one = text.starts_with("auto:");
  if (map.one_by_one) text.remove_prefix(5);
  const std::size_t slash = text.find('/');
  const auto group = read_set(text.substr(0, slash), 1, 64);
  const auto threads = slash == text.npos ? read_set(text, 1, 64) : read_set(text.substr(slash + 1), 1, 64);
  if (!group || !threads) return line.alert(*whom, fmt::format("'cpu-map' : '{}' is no set of threads.", whom->text));
  // There is one group. A set without a slash once were processes, now it is the threads of that group.
  map.threads = slash == text.npos ? (map.one_by_one || text == "all" || text == "1" ? ~0ULL : *threads) : (*group & 1 ? *threads : 0);
  while (const config::Word* const word = line.next()) {
    std::string_view list = *word;
    while (!list.empty()) {
      const std::string_view one = take_until(list, ',');
      const auto cpus = read_set(one, 0, 63);
      if (!cpus) return line.alert(*word, fmt::format("'cpu-map' : '{}' is no set of processors.", one));
      map.cpus |= *cpus;
    }
  }
  if (map.cpus == 0) {
    line.take("<cpu-set>...");
    return;
  }
  section.change(global_cpu_map, line).push_back(map);
}
const Add cpu_map{Keyword{.name = "cpu-map", .args = "[auto:]<thread-group>[/<threads>] <cpus>...", .sections = in::global,
                          .parse = parse_cpu_map,
                          .doc = "Which processors threads run on: all of the second set, or with auto: the n-th on the n-th."}};

void parse_node(config::Line& line, config::Section& section) {
  const config::Word* const name = line.take("<name>");
  if (!name || !line.finish()) return;
  const auto allowed = [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; };
  if (name->text.empty() || !std::ranges::all_of(name->text, allowed))
    return line.alert(*name, fmt::format("'node' : '{}' is not letters, digits, '-', '_' and '.' only.", name->text));
  section.change(global_node, line) = name->text;
}
const Add node{Keyword{.name = "node", .args = "<name>", .sections = in::global, .parse = parse_node,
                       .doc = "Name of this node in statistics; the host's name if it is not given."}};

void parse_pause(config::Line& line, config::Section&) {
  const auto pause = line.take_duration("a time");
  if (pause && line.finish()) std::this_thread::sleep_for(std::chrono::microseconds(pause->us));
}
const Add pause{Keyword{.name = "force-cfg-parser-pause", .args = "<time>", .sections = in::global, .parse = parse_pause,
                        .doc = "Reading the configuration waits here for so long, to try out what a slow start does."}};

// setcap <name>[,<name>...]: what a balancer may need of root's rights when it is not root any more.
void parse_setcap(config::Line& line, config::Section& section) {
  constexpr std::pair<std::string_view, unsigned> capabilities[] = {{"cap_net_admin", CAP_NET_ADMIN}, {"cap_net_bind_service", CAP_NET_BIND_SERVICE},
                                                                    {"cap_net_raw", CAP_NET_RAW}, {"cap_sys_admin", CAP_SYS_ADMIN}};
  const config::Word* const word = line.take("<name>[,<name>...]");
  if (!word) return;
  std::string_view rest = word->text;
  std::uint64_t kept = 0;
  while (!rest.empty()) {
    const std::string_view name = take_until(rest, ',');
    const auto* const found = std::ranges::find(capabilities, name, [](const auto& one) { return one.first; });
    if (found == std::end(capabilities))
      return line.alert(*word, fmt::format("'setcap' : '{}' is not a capability it can keep.", name),
                        "they are cap_net_admin, cap_net_bind_service, cap_net_raw and cap_sys_admin");
    kept |= 1ULL << found->second;
  }
  if (line.finish()) section.change(global_capabilities, line) |= kept;
}
const Add setcap{Keyword{.name = "setcap", .args = "<name>[,<name>...]", .sections = in::global, .parse = parse_setcap,
                         .prefixes = config::Prefixes::no,
                         .doc = "Capabilities that are kept when the process changes its user: to connect from foreign addresses "
                                "(source, usesrc), to set marks, to bind ports below 1024."}};

// nbproc: threads have replaced processes. The number is read so that a wrong one is still an error.
void parse_nbproc(config::Line& line, config::Section&) {
  if (line.take_integer("a number of processes", 1, 64)) line.finish();
}
const Add nbproc{Keyword{.name = "nbproc", .args = "<number>", .sections = in::global, .parse = parse_nbproc,
                         .deprecated = "nbthread <number>",
                         .doc = "Number of processes in old versions. There is one process with several threads here."}};

}  // namespace

}  // namespace sluice
