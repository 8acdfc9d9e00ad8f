// sluice: the program. What the command line asks for, in order.
#include <unistd.h>

#include <cstdio>

#include "base/version.hpp"
#include "main/command_line.hpp"
#include "main/process.hpp"
#include "main/startup.hpp"
#include "main/version_text.hpp"

namespace {

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  using namespace sluice;
  const auto line = parse_command_line(std::span<const char* const>(words + 1, words + count));
  if (!line) {
    if (!line.error().empty()) std::fprintf(stderr, "%s\n", line.error().c_str());
    const std::string page = version_text() + usage(count > 0 ? words[0] : "sluice");
    std::fwrite(page.data(), 1, page.size(), stderr);
    return 1;
  }
  if (line->poison_byte) process::poison_memory(*line->poison_byte);
  if (!line->directory.empty() && ::chdir(line->directory.c_str()) != 0) {
    std::fprintf(stderr, "[ALERT]    (%d) : Could not change to directory %s : %s\n", ::getpid(), line->directory.c_str(),
                 std::strerror(errno));
    return 1;
  }
  switch (line->action) {
    case CommandLine::Action::version: return print(version_text());
    case CommandLine::Action::version_short: return print(full_version() + "\n");
    case CommandLine::Action::branch: return print(std::string(compatibility_branch) + "\n");
    case CommandLine::Action::build_options: return print(build_options());
    case CommandLine::Action::condition: return evaluate_condition(*line);
    case CommandLine::Action::check:
    case CommandLine::Action::run: return start(*line);
  }
}
