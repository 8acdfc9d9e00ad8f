#include "main/command_line.hpp"

#include "base/text.hpp"

namespace sluice {
namespace {

// The words not yet taken. Switches take their arguments from here.
struct Words {
  std::span<const char* const> rest;
  std::string missing;  // set when an argument was asked for and is not there

  std::string_view next(std::string_view what) {
    if (rest.empty()) {
      missing = what;
      return {};
    }
    const std::string_view word = rest.front();
    rest = rest.subspan(1);
    return word;
  }
  // An option of its own ends lists like `-sf 1 2 3`.
  bool at_value() const { return !rest.empty() && *rest.front() != '-'; }
};

using Problem = std::string;  // empty: fine
using Take = Problem (*)(CommandLine&, Words&, std::string_view suffix);

struct Switch {
  std::string_view name;
  std::string_view argument;  // as the usage shows it
  bool has_suffix = false;    // -dM<byte>, -dK<classes>: the rest of the word belongs to it
  Take take;
  std::string_view doc;
};

template <auto member>
Problem set_flag(CommandLine& line, Words&, std::string_view) {
  line.*member = true;
  return {};
}

template <auto member>
Problem set_text(CommandLine& line, Words& words, std::string_view) {
  line.*member = std::string(words.next("an argument"));
  return {};
}

template <auto member>
Problem set_number(CommandLine& line, Words& words, std::string_view) {
  const std::string_view word = words.next("a number");
  const std::optional<std::int64_t> number = parse_int(word);
  if (!number || *number < 0) return words.missing.empty() ? fmt::format("'{}' is not a number", word) : "";
  line.*member = *number;
  return {};
}

template <auto member>
Problem add_pids(CommandLine& line, Words& words, std::string_view) {
  while (words.at_value()) {
    const std::string_view word = words.next("a pid");
    const std::optional<std::int64_t> pid = parse_int(word);
    if (!pid || *pid <= 0 || *pid > std::numeric_limits<pid_t>::max()) return fmt::format("'{}' is not a pid", word);
    (line.*member).push_back(static_cast<pid_t>(*pid));
  }
  return {};
}

template <CommandLine::Action action>
Problem set_action(CommandLine& line, Words&, std::string_view) {
  line.action = action;
  return {};
}

Problem add_file(CommandLine& line, Words& words, std::string_view) {
  line.files.emplace_back(words.next("a configuration file"));
  return {};
}

Problem add_all_files(CommandLine& line, Words& words, std::string_view) {
  while (!words.rest.empty()) line.files.emplace_back(words.next(""));
  return {};
}

Problem set_condition(CommandLine& line, Words& words, std::string_view) {
  line.action = CommandLine::Action::condition;
  line.condition = words.next("a condition");
  return {};
}

Problem set_foreground_debug(CommandLine& line, Words&, std::string_view) {
  line.debug = line.foreground = true;
  return {};
}

Problem set_poison(CommandLine& line, Words&, std::string_view suffix) {
  line.poison_byte = 'P';
  if (suffix.empty()) return {};
  const std::optional<std::int64_t> byte =
      suffix.starts_with("0x") && suffix.size() <= 4
          ? std::optional<std::int64_t>(std::strtol(std::string(suffix).c_str(), nullptr, 16))
          : parse_int(suffix);
  if (!byte || *byte < 0 || *byte > 255) return fmt::format("-dM takes a byte, '{}' is none (its other options do not exist here)", suffix);
  line.poison_byte = static_cast<int>(*byte);
  return {};
}

Problem set_dump(CommandLine& line, Words&, std::string_view suffix) {
  if (suffix.empty()) return "-dK needs a class, try -dKhelp";
  line.dump_classes = std::string(suffix);
  return {};
}

// Accepted: what it turns off or on does not exist in this design.
template <const char* word>
Problem no_use(CommandLine& line, Words&, std::string_view) {
  line.unused.emplace_back(word);
  return {};
}
constexpr char insecure_fork[] = "-dI", no_epoll[] = "-de", no_speculative[] = "-ds", no_poll[] = "-dp",
               no_getaddrinfo[] = "-dG";

Problem with_tls(CommandLine&, Words&, std::string_view) { return "-dV needs TLS, which this version does not have yet"; }
Problem with_master(CommandLine&, Words&, std::string_view) {
  return "-W, -Ws and -S need the master/worker mode, which this version does not have yet";
}

using Line = CommandLine;
constexpr Switch switches[] = {
    {"-f", "<file|dir>", false, add_file, "adds a configuration file, or the *.cfg files of a folder in sorted order"},
    {"--", "<file|dir>*", false, add_all_files, "everything after it is a configuration file"},
    {"-C", "<dir>", false, set_text<&Line::directory>, "changes to <dir> before anything is loaded"},
    {"-c", "", false, set_action<Line::Action::check>, "checks the configuration and exits"},
    {"-cc", "<condition>", false, set_condition, "evaluates a condition: 0 true, 1 false, 2 error"},
    {"-V", "", false, set_flag<&Line::verbose>, "verbose, undoes -q"},
    {"-q", "", false, set_flag<&Line::quiet>, "quiet"},
    {"-v", "", false, set_action<Line::Action::version>, "shows the version"},
    {"-vv", "", false, set_action<Line::Action::build_options>, "shows the version and how it was built"},
    {"-vq", "", false, set_action<Line::Action::version_short>, "shows the version number alone"},
    {"-vqs", "", false, set_action<Line::Action::version_short>, "the same"},
    {"-vqb", "", false, set_action<Line::Action::branch>, "shows the branch alone"},
    {"-D", "", false, set_flag<&Line::daemon>, "goes to the background"},
    {"-db", "", false, set_flag<&Line::foreground>, "stays in the foreground whatever the configuration says"},
    {"-d", "", false, set_foreground_debug, "debug mode: foreground, undoes daemon"},
    {"-dD", "", false, set_flag<&Line::diagnose>, "warns about suspicious statements and knobs without effect"},
    {"-dG", "", false, no_use<no_getaddrinfo>, "without effect: names are resolved by getaddrinfo() only"},
    {"-dI", "", false, no_use<insecure_fork>, "without effect: nothing here forks while running"},
    {"-dK", "<class[,class]*>", true, set_dump, "dumps the registered keywords, 'help' lists the classes"},
    {"-dL", "", false, set_flag<&Line::dump_libraries>, "lists the program's file and those of the libraries it has loaded"},
    {"-dM", "[<byte>]", true, set_poison, "fills allocated memory with <byte> (0x50)"},
    {"-dR", "", false, set_flag<&Line::no_reuseport>, "one listening socket for all threads"},
    {"-dS", "", false, set_flag<&Line::no_splice>, "never uses splice()"},
    {"-dV", "", false, with_tls, "does not verify servers' certificates"},
    {"-dW", "", false, set_flag<&Line::warnings_are_fatal>, "a warning in the configuration is an error"},
    {"-de", "", false, no_use<no_epoll>, "without effect: epoll is the only poller"},
    {"-dp", "", false, no_use<no_poll>, "without effect: there is no poll() poller"},
    {"-dr", "", false, set_flag<&Line::ignore_resolution_failures>, "servers whose name cannot be resolved do not stop the start"},
    {"-ds", "", false, no_use<no_speculative>, "without effect: I/O is always tried first"},
    {"-L", "<name>", false, set_text<&Line::local_name>, "name of the local peer, default the host's name"},
    {"-N", "<number>", false, set_number<&Line::max_proxy_connections>, "default maxconn of proxies"},
    {"-n", "<number>", false, set_number<&Line::max_connections>, "maxconn of the process"},
    {"-m", "<megabytes>", false, set_number<&Line::memory_megabytes>, "limits the memory"},
    {"-p", "<file>", false, set_text<&Line::pidfile>, "writes the pid to <file>"},
    {"-sf", "<pid>*", false, add_pids<&Line::finish>, "asks old processes to finish once this one runs"},
    {"-st", "<pid>*", false, add_pids<&Line::terminate>, "terminates old processes once this one runs"},
    {"-W", "", false, with_master, "master/worker mode (not in this version)"},
    {"-Ws", "", false, with_master, "master/worker mode with systemd (not in this version)"},
    {"-S", "<bind>[,<options>]", false, with_master, "master's runtime API (not in this version)"},
    {"-x", "<socket>", false, set_text<&Line::predecessor>, "takes over the listeners of the process with this stats socket"},
};

const Switch* find_switch(std::string_view word) {
  for (const Switch& s : switches)
    if (s.name == word) return &s;
  for (const Switch& s : switches)
    if (s.has_suffix && word.starts_with(s.name)) return &s;
  return nullptr;
}

}  // namespace

std::expected<CommandLine, CommandLineError> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  Words words{arguments, {}};
  while (!words.rest.empty()) {
    const std::string_view word = words.next("");
    const Switch* const found = find_switch(word);
    if (!found) {
      return std::unexpected(fmt::format("unknown option '{}'", word));
    }
    const Problem problem = found->take(line, words, word.substr(found->name.size()));
    if (!words.missing.empty()) return std::unexpected(fmt::format("{} needs {}", found->name, words.missing));
    if (!problem.empty()) return std::unexpected(problem);
  }
  if (line.verbose) line.quiet = false;
  const bool needs_files = line.action == CommandLine::Action::run || line.action == CommandLine::Action::check;
  if (needs_files && line.files.empty()) return std::unexpected(std::string{});
  return line;
}

std::string usage(std::string_view program) {
  std::string out = fmt::format("Usage : {} [-f <cfgfile|cfgdir>]* [options] [-- <cfgfile>*]\n", program);
  for (const Switch& s : switches) out += fmt::format("        {} {}{}{}\n", s.name, s.argument, s.argument.empty() ? "" : " ", s.doc);
  return out;
}

}  // namespace sluice
