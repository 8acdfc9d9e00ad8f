// Conditions of `.if`, `.elif` and -cc (manual 2.4): 0 and 1, predicates, ! && || and parentheses. No state.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"
#include "config/units.hpp"

namespace sluice::config {

// What predicates may ask about the program; filled by main.
struct Facts {
  std::string version = "3.5.0";           // of the HAProxy level we stand for
  std::vector<std::string> features = {};  // those -vv shows with a '+'
  std::vector<std::string> enabled = {};   // EPOLL, SPLICE, ...: what enabled() is true for
  std::string ssl_library = {};            // "OpenSSL 3.0.17 1 Jul 2025"
};

// True or false, or what is wrong and at which byte.
Reading<bool> evaluate(std::string_view condition, const Facts& facts, const Environment& environment);

// The argument of -cc: quotes and variables first, as on a line. The error is a sentence.
std::expected<bool, std::string> evaluate_argument(std::string_view condition, const Facts& facts,
                                                   const Environment& environment);

}  // namespace sluice::config
