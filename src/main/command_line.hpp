// The command line: HAProxy's switches (management manual, section 3). One table in command_line.cpp holds every
// switch with its help text; what a later version will bring is in the table too and says so when used.
#pragma once
#include <sys/types.h>

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice {

struct CommandLine {
  enum class Action { run, check, version, version_short, branch, build_options, condition };
  Action action = Action::run;
  std::vector<std::string> files;           // of -f and --, in order
  std::string directory;                    // -C
  std::string condition;                    // -cc
  std::optional<std::string> dump_classes;  // -dK
  std::optional<std::string> pidfile;       // -p
  std::optional<std::string> predecessor;   // -x: the stats socket of the process whose listeners are taken over
  std::optional<std::string> local_name;    // -L
  std::optional<std::int64_t> max_connections;        // -n
  std::optional<std::int64_t> max_proxy_connections;  // -N
  std::optional<std::int64_t> memory_megabytes;       // -m
  std::optional<int> poison_byte;           // -dM
  std::vector<pid_t> finish, terminate;     // -sf, -st
  std::vector<std::string> unused;          // switches accepted though this design has no use for them (-dD tells)
  bool daemon = false;                      // -D
  bool foreground = false;                  // -db, -d
  bool debug = false;                       // -d
  bool quiet = false;                       // -q
  bool verbose = false;                     // -V
  bool diagnose = false;                    // -dD
  bool warnings_are_fatal = false;          // -dW
  bool dump_libraries = false;              // -dL
  bool no_splice = false;                   // -dS
  bool no_reuseport = false;                // -dR
  bool ignore_resolution_failures = false;  // -dr
};

// What was wrong, to be printed before the usage text; empty when the usage alone says it.
using CommandLineError = std::string;
std::expected<CommandLine, CommandLineError> parse_command_line(std::span<const char* const> arguments);

// The help page, for `program` as it was called.
std::string usage(std::string_view program);

}  // namespace sluice
