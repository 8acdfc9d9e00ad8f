#include "main/startup.hpp"

#include <signal.h>
#include <unistd.h>

#include <thread>

#include "admin/setting/stats.hpp"
#include "async/kernel_io.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "config/setting/tuning.hpp"
#include "main/dump.hpp"
#include "main/notices.hpp"
#include "main/process.hpp"
#include "main/program.hpp"
#include "main/setting/process.hpp"
#include "main/version_text.hpp"
#include "proxy/log.hpp"
#include "proxy/setting/log_settings.hpp"

namespace sluice {
namespace {

std::string host_name() {
  char name[256]{};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) out += fmt::format("{}{}", out.empty() ? "" : separator, word);
  return out;
}

std::string program_path() {
  char path[4096]{};
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "?";
}

// How many descriptors the configuration needs besides two per connection.
std::size_t fixed_descriptors(const proxy::Proxies& proxies, unsigned workers) {
  std::size_t listeners = 0, servers = 0;
  for (const auto& frontend : proxies.frontends)
    for (const proxy::Bind& bind : frontend->binds) listeners += bind.places.size() * workers;
  for (const auto& destination : proxies.destinations) servers += destination->backend->servers().size();
  return 32 + 4 * workers + listeners + servers;
}

// Where the number of connections and the number of descriptors meet: what is not given follows from the other.
std::expected<std::uint32_t, std::string> settle_limits(const CommandLine& line, const config::Section& global,
                                                        std::size_t fixed) {
  std::optional<std::int64_t> maxconn = line.max_connections ? line.max_connections : global[global_maxconn];
  if (maxconn && *maxconn == 0) maxconn.reset();
  const std::optional<std::int64_t> given = global[global_descriptors];
  const auto ceiling = static_cast<std::size_t>(global[global_most_descriptors].value_or(std::numeric_limits<std::int64_t>::max()));
  if (maxconn || given) {
    const std::size_t wanted = given ? static_cast<std::size_t>(*given) : 2 * static_cast<std::size_t>(*maxconn) + fixed;
    if (wanted > ceiling) return std::unexpected(fmt::format("{} file descriptors are needed, fd-hard-limit is {}.", wanted, ceiling));
    const auto granted = process::raise_descriptor_limit(wanted);
    if (!granted) return std::unexpected(granted.error());
    if (*granted < wanted) {
      const std::string text = fmt::format("Cannot raise FD limit to {}, limit is {}.", wanted, *granted);
      if (global[global_strict_limits]) return std::unexpected(text);
      say("WARNING", fmt::format("[haproxy.main()] {}", text));
    }
  }
  if (maxconn) return static_cast<std::uint32_t>(*maxconn);
  const std::size_t limit = std::min(ceiling, process::descriptor_limit());
  return static_cast<std::uint32_t>(limit > fixed + 2 ? (limit - fixed) / 2 : 1);
}

// Looked up while the configuration is checked, so that -c says what a start would.
process::Identity identity_of(const config::Section& global, config::Diagnostics& diagnostics) {
  process::Identity identity;
  if (global[global_gid]) identity.gid = static_cast<gid_t>(*global[global_gid]);
  if (global[global_uid]) identity.uid = static_cast<uid_t>(*global[global_uid]);
  if (!global[global_group].empty()) {
    const auto gid = process::find_group(global[global_group]);
    if (!gid) diagnostics.alert(global.place(global_group), gid.error());
    else identity.gid = *gid;
  }
  if (!global[global_user].empty()) {
    const auto uid = process::find_user(global[global_user]);
    if (!uid) diagnostics.alert(global.place(global_user), uid.error());
    else identity.uid = *uid;
  }
  return identity;
}

// As many as there are processors this process may use.
unsigned usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1U, std::thread::hardware_concurrency());
  return std::max(1U, std::min(64U, static_cast<unsigned>(CPU_COUNT(&set))));
}

async::WorkerOptions worker_options(const CommandLine& line, const config::Section& global, unsigned workers) {
  async::WorkerOptions options;
  options.buffer_size = global[config::tune_bufsize].bytes;
  options.large_buffer_size = global[config::tune_bufsize_large].bytes;
  options.pipe_size = global[config::tune_pipesize].bytes;
  if (global[global_most_pipes]) options.most_pipes = static_cast<std::size_t>(*global[global_most_pipes]) / workers;
  if (line.no_splice || global[global_no_splice]) options.most_pipes = 0;
  return options;
}

// The processors of each worker; nothing: as the system likes.
std::vector<std::uint64_t> cpus_of(const std::vector<CpuMap>& maps, unsigned workers) {
  std::vector<std::uint64_t> cpus(workers, 0);
  for (const CpuMap& map : maps) {
    std::uint64_t left = map.cpus;
    for (unsigned id = 0; id < workers; ++id) {
      if (!(map.threads >> id & 1)) continue;
      if (map.one_by_one && left == 0) break;
      cpus[id] = map.one_by_one ? left & -left : map.cpus;
      left &= left - 1;
    }
  }
  return cpus;
}

// Old configurations say it in each proxy.
std::optional<Duration> longest_grace(const config::Config& config) {
  std::optional<Duration> longest = config.global()[global_grace];
  for (const config::Section* section : config.all(config::in::frontend | config::in::listen | config::in::backend))
    longest = std::max(longest, (*section)[proxy_grace]);
  return longest;
}

bool has_listeners(const proxy::Proxies& proxies) {
  return std::ranges::any_of(proxies.frontends, [](const auto& frontend) { return !frontend->binds.empty(); });
}

// False: it has been said why not.
bool take_over(const std::string& from, net::ListenerSet& listeners) {
  const auto endpoint = net::parse_endpoint(from);
  if (!endpoint || !endpoint->address.is_unix()) {
    say("ALERT", fmt::format("-x : '{}' is not a stats socket's address{}.", from, endpoint ? "" : ": " + endpoint.error()));
    return false;
  }
  auto sockets = net::receive_listeners(endpoint->address);
  if (sockets) listeners.offer(std::move(*sockets));
  else say("ALERT", fmt::format("Failed to get the sockets from the old process behind '{}': {}.", from, sockets.error()));
  return sockets.has_value();
}

// The stats sockets are opened like any listener, but by one worker only.
// Port 0 is one the kernel chooses: nobody would know where to connect. Tests of the proxy's parts bind so.
void refuse_any_port(const proxy::Proxies& proxies, config::Diagnostics& diagnostics) {
  for (const auto& frontend : proxies.frontends)
    for (const proxy::Bind& bind : frontend->binds)
      for (const proxy::Bind::Where& where : bind.places)
        if (where.address.is_ip() && where.address.port() == 0) {
          diagnostics.alert(bind.place, "'bind' : invalid port '0'");
          break;
        }
}

void open_stats_listeners(const config::Section& global, net::ListenerSet& listeners, config::Diagnostics& diagnostics) {
  for (const proxy::Bind& bind : global[admin::stats_sockets]) {
    for (const proxy::Bind::Where& where : bind.places) {
      const auto opened = where.descriptor >= 0 ? listeners.adopt(where.descriptor, bind.options)
                                                : listeners.open(where.address, bind.options, 1);
      if (!opened)
        diagnostics.alert(bind.place, fmt::format("cannot open the stats socket {}: {}", where.address.text(), opened.error()));
    }
  }
}

// Servers that are new to the process have their state since now.
void date_states(const proxy::Proxies& proxies, Instant now) {
  const auto date = [now](std::atomic<std::int64_t>& changed) {
    std::int64_t unknown = 0;
    changed.compare_exchange_strong(unknown, now.us);
  };
  for (const auto& destination : proxies.destinations) {
    date(destination->backend->state().changed_us);
    for (const auto& server : destination->backend->servers()) date(server->state().changed_us);
  }
}

// Manual "fullconn": a tenth of what the frontends that lead to a backend may have.
void set_fullconn(const proxy::Proxies& proxies) {
  std::map<proxy::Destination*, std::uint64_t> load;
  for (const auto& frontend : proxies.frontends) {
    std::vector<proxy::Destination*> reached = frontend->routes.named();
    if (frontend->fallback) reached.push_back(frontend->fallback);
    std::ranges::sort(reached);
    reached.erase(std::ranges::unique(reached).begin(), reached.end());
    for (proxy::Destination* destination : reached) load[destination] += frontend->state.maxconn.load();
  }
  for (const auto& destination : proxies.destinations) {
    const std::uint64_t tenth = (load[destination.get()] + 9) / 10;
    destination->backend->set_default_fullconn(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(tenth, 1, 1U << 30)));
  }
}

struct Loaded {
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<proxy::Proxies> proxies;
  process::Identity identity;
};

int fail_start(std::string_view text) {
  say("ALERT", fmt::format("[haproxy.main()] {}", text));
  return 1;
}

// The listeners are open and nothing is wrong any more: becomes what the configuration wants and runs.
int run(const CommandLine& line, const Loaded& loaded, proxy::States& states, net::ListenerSet& listeners,
        ProgramOptions options, admin::World& world) {
  const config::Section& global = loaded.config->global();
  const auto maxconn = settle_limits(line, global, fixed_descriptors(*loaded.proxies, options.workers));
  if (!maxconn) return fail_start(maxconn.error());
  states.maxconn = *maxconn;
  world.hard_maxconn = *maxconn;
  world.most_pipes = options.worker.most_pipes;
  for (const auto& frontend : loaded.proxies->frontends)
    if (frontend->maxconn == 0) frontend->state.maxconn = static_cast<std::uint32_t>(line.max_proxy_connections.value_or(*maxconn));
  set_fullconn(*loaded.proxies);
  if (line.memory_megabytes) {
    const auto limited = process::limit_memory(static_cast<std::size_t>(*line.memory_megabytes));
    if (!limited) return fail_start(limited.error());
  }
  const bool background_wanted = (line.daemon || global[global_daemon]) && !line.foreground && !global[global_debug];
  const std::string pidfile_path = line.pidfile.value_or(global[global_pidfile]);
  std::optional<process::PidFile> pidfile;
  if (background_wanted && !pidfile_path.empty()) {  // manual "pidfile": of daemons
    auto created = process::PidFile::create(pidfile_path);
    if (!created) return fail_start(created.error());
    pidfile.emplace(std::move(*created));
  }
  std::optional<process::Background> background;
  if (background_wanted) {
    const process::Outcome gone = process::go_to_background(background);
    if (!gone) return fail_start(gone.error());
  }
  if (pidfile) pidfile->write(::getpid());
  pidfile.reset();
  const auto jailed = process::enter_jail_and_become(global[global_chroot], loaded.identity, global[global_capabilities]);
  if (!jailed) return fail_start(jailed.error());
  if (!global[global_setuid_programs]) process::give_up_setuid_programs();
  if (global[global_dumpable]) process::allow_core_dumps();
  if (global[global_preallocate]) process::preallocate_descriptors();
  if (background) background->is_ready();
  process::signal_all(line.finish, SIGUSR1);
  process::signal_all(line.terminate, SIGTERM);
  world.descriptor_limit = process::descriptor_limit();
  Program program(options, loaded.proxies, states, listeners, world);
  return program.run();
}

}  // namespace

config::LoadOptions load_options(const CommandLine& line) {
  config::LoadOptions options;
  options.environment = config::Environment::of_process();
  options.environment.set("HAPROXY_LOCALPEER", line.local_name.value_or(host_name()));
  options.environment.set("HAPROXY_CFGFILES", joined(line.files, ";"));
  options.environment.set("HAPROXY_STARTUP_VERSION", full_version());
  options.environment.set("HAPROXY_BRANCH", compatibility_branch);
  options.environment.set("HAPROXY_MWORKER", "0");
  options.environment.set("HAPROXY_TCP_LOG_FMT", proxy::tcp_log_format);
  options.environment.set("HAPROXY_TCP_CLF_LOG_FMT", proxy::tcp_clf_log_format);
  options.environment.set("HAPROXY_HTTP_LOG_FMT", proxy::http_log_format);
  options.environment.set("HAPROXY_HTTPS_LOG_FMT", proxy::https_log_format);
  options.environment.set("HAPROXY_HTTP_CLF_LOG_FMT", proxy::http_clf_log_format);
  options.facts.version = compatibility_version;
  for (const Feature& feature : features())
    if (feature.built_in) options.facts.features.emplace_back(feature.name);
  options.facts.enabled = {"EPOLL", "GETADDRINFO"};
  if (!line.no_splice) options.facts.enabled.emplace_back("SPLICE");
  if (!line.no_reuseport) options.facts.enabled.emplace_back("REUSEPORT");
  return options;
}

int evaluate_condition(const CommandLine& line) {
  const config::LoadOptions options = load_options(line);
  const auto value = config::evaluate_argument(line.condition, options.facts, options.environment);
  if (value) return *value ? 0 : 1;
  say("ALERT", fmt::format("config : Failed to evaluate condition: {}", value.error()));
  return 2;
}

void print_diagnostics(const config::Diagnostics& diagnostics, const CommandLine& line,
                       const std::vector<std::string>& files) {
  const bool shows_anything = diagnostics.failed() || diagnostics.count(config::Severity::warning) != 0;
  if (shows_anything && !line.quiet) {
    say("NOTICE", fmt::format("haproxy version is {}", full_version()));
    say("NOTICE", fmt::format("path to executable is {}", program_path()));
  }
  const config::Severity least = line.quiet ? config::Severity::alert
                                 : line.diagnose ? config::Severity::diagnostic : config::Severity::notice;
  const std::string text = diagnostics.text(least);
  if (!line.quiet) std::fwrite(text.data(), 1, text.size(), stderr);
  if (!diagnostics.failed()) return;
  if (line.quiet || files.empty()) return;
  say("ALERT", fmt::format("config : Error(s) found in configuration file : {}", joined(files, " ")));
  say("ALERT", "config : Fatal errors found in configuration.");
}

int start(const CommandLine& line) {
  async::KernelIo clock;
  const Instant began = clock.now();
  config::Diagnostics diagnostics;
  const std::vector<std::string> files = config::config_files(line.files, diagnostics);
  std::vector<config::Input> inputs = config::read_files(files, diagnostics);
  const std::shared_ptr<const config::Config> config = config::load(std::move(inputs), load_options(line), diagnostics);
  for (const std::string& word : line.unused)
    diagnostics.diagnostic({}, fmt::format("command line: {} has no effect here", word));
  const config::Section& global = config->global();
  const int nice_before = process::priority();
  if (global[global_nice_at_start]) {
    const auto set = process::set_priority(static_cast<int>(*global[global_nice_at_start]));
    if (!set) return fail_start(set.error());
  }
  const unsigned wanted_workers = global[global_threads] ? static_cast<unsigned>(*global[global_threads]) : usable_processors();
  const unsigned workers = std::min(wanted_workers, static_cast<unsigned>(global[global_most_threads].value_or(64)));
  if (global[global_threads] && workers < wanted_workers)
    diagnostics.warning(global.place(global_threads), fmt::format("'nbthread' {} is more than 'thread-hard-limit' {} lets be", wanted_workers, workers));

  proxy::States states(workers);  // outlives what refers to it
  const auto unresolved = line.ignore_resolution_failures ? backend::Unresolved::waits : backend::Unresolved::is_an_error;
  Loaded loaded{.config = config, .proxies = proxy::build(config, states, unresolved, diagnostics), .identity = {}};
  date_states(*loaded.proxies, began);
  refuse_any_port(*loaded.proxies, diagnostics);
  loaded.identity = identity_of(global, diagnostics);
  if (line.dump_classes) dump_keywords(*line.dump_classes);
  const std::size_t warnings = diagnostics.count(config::Severity::warning);
  // While something is wrong, what uses an ACL or a backend may just have been refused.
  if (line.action == CommandLine::Action::check && !diagnostics.failed())
    for (const proxy::Advice& advice : loaded.proxies->advice) diagnostics.warning(advice.place, advice.text, advice.suggestion);
  const bool too_strict = warnings != 0 && (line.warnings_are_fatal || global[global_zero_warning]);
  CommandLine spoken = line;
  spoken.quiet = line.quiet || (global[global_quiet] && !line.verbose);
  print_diagnostics(diagnostics, spoken, files);
  if (diagnostics.failed()) return 1;
  if (too_strict) {
    say("ALERT", "Some warnings were found and 'zero-warning' is set. Aborting.");
    return 1;
  }
  if (line.dump_libraries) dump_libraries(line.quiet ? Heading::no : Heading::yes);
  const bool listens = has_listeners(*loaded.proxies) || !global[admin::stats_sockets].empty();  // checks alone are worth a start
  if (line.action == CommandLine::Action::check) {
    if (!listens) {
      if (!spoken.quiet) std::puts("Configuration file has no error but will not start (no listener) => exit(2).");
      return 2;
    }
    if (line.verbose) std::puts("Configuration file is valid");
    return 0;
  }
  if (!listens) return fail_start("No enabled listener found (check for 'bind' directives) ! Exiting.");

  // Whoever finds a port open may send one. SIGINT and SIGTERM still end the start.
  net::Signals::hold({SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT});
  net::ListenerSet listeners;
  config::Diagnostics opening(loaded.config->sources());
  const bool shared_listeners = line.no_reuseport || global[global_no_reuseport];
  if (line.predecessor && !take_over(*line.predecessor, listeners)) return 1;
  proxy::open_listeners(*loaded.proxies, listeners, shared_listeners ? 0 : workers, opening);
  open_stats_listeners(global, listeners, opening);
  listeners.decline_rest();
  if (opening.failed()) {
    print_diagnostics(opening, line, {});  // of no file: the configuration itself is right
    return fail_start("Some protocols failed to start their listeners! Exiting.");
  }
  proxy::setting::open_backing_files(*loaded.config, opening);
  if (opening.failed()) {
    print_diagnostics(opening, line, files);
    return 1;
  }
  if (global[global_nice] || global[global_nice_at_start]) {
    const auto set = process::set_priority(static_cast<int>(global[global_nice].value_or(nice_before)));
    if (!set) return fail_start(set.error());
  }
  const std::string node = global[global_node].empty() ? host_name() : global[global_node];
  admin::World world{.proxies = loaded.proxies,
                     .states = states,
                     .notice = {},
                     .started = began,
                     .started_at = clock.wall(),
                     .workers = workers,
                     .memory_limit_megabytes = static_cast<std::size_t>(line.memory_megabytes.value_or(0)),
                     .boot_milliseconds = static_cast<std::size_t>((clock.now() - began).ms()),
                     .warnings = warnings,
                     .node = node,
                     .description = joined(global[global_description], " ")};
  admin::world_of_process = &world;
  world.startup_messages = diagnostics.text(config::Severity::notice);
  Notices notices(*loaded.proxies, spoken.quiet ? ConsoleUse::silent : ConsoleUse::shown);
  world.notice = [&notices](const backend::Notice& notice) { notices.tell(notice); };
  world.say = [&notices, &world](const proxy::Frontend& frontend, const backend::FrontendNotice& notice) {
    notices.tell(frontend, *world.proxies, notice);
  };
  ProgramOptions options{.workers = workers, .worker = worker_options(line, global, workers),
                         .hard_stop_after = global[global_hard_stop_after], .grace = longest_grace(*loaded.config),
                         .cpus = cpus_of(global[global_cpu_map], workers)};
  return run(line, loaded, states, listeners, options, world);
}

}  // namespace sluice
