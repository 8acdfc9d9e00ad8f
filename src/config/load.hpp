// From files to a Config. load() never stops at the first error; with any alert in `diagnostics` the Config is only
// good for saying more about it. Called at start and at reload, on one thread.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/condition.hpp"
#include "config/config.hpp"
#include "config/diagnostics.hpp"

namespace sluice::config {

// A file's name and text; tests make their own.
struct Input {
  std::string name;
  std::string text;
};

struct LoadOptions {
  Environment environment = {};  // usually Environment::of_process() and the HAPROXY_* variables
  Facts facts = {};              // what conditions may ask about this program
};

// The files of `-f` and `--` arguments: a directory gives its *.cfg in C-locale order, hidden ones not.
std::vector<std::string> config_files(std::span<const std::string> paths, Diagnostics& diagnostics);
// Reads them; a file that cannot be read is an alert.
std::vector<Input> read_files(std::span<const std::string> files, Diagnostics& diagnostics);

std::shared_ptr<const Config> load(std::vector<Input> inputs, LoadOptions options, Diagnostics& diagnostics);

}  // namespace sluice::config
