// From a command line to a running program: loads the configuration, says what is wrong with it in HAProxy's words,
// and prepares the process in the order that lets every failure still be seen.
#pragma once
#include <memory>
#include <string>

#include "admin/world.hpp"
#include "config/diagnostics.hpp"
#include "config/load.hpp"
#include "main/command_line.hpp"
#include "net/listener.hpp"
#include "proxy/build.hpp"

namespace sluice {

// The environment a configuration is read with: the process's and HAPROXY_* (manual 2.3).
config::LoadOptions load_options(const CommandLine& line);

// -cc: 0 true, 1 false, 2 error (told on stderr).
int evaluate_condition(const CommandLine& line);

// Prints what was collected: first the two notices HAProxy begins with, alerts at the end followed by its closing lines.
void print_diagnostics(const config::Diagnostics& diagnostics, const CommandLine& line, const std::vector<std::string>& files);

// Loads, checks and (unless -c) runs; the exit code.
int start(const CommandLine& line);

}  // namespace sluice
