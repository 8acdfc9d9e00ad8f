// A line of the runtime API cut into commands and words (management 9.3). Pure text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sluice::admin {

struct CliCommand {
  std::vector<std::string> words;  // escapes removed
  bool takes_payload = false;      // the line ended with <<
  std::string payload_end;         // what the line that ends the payload says: empty, or what stood behind <<
};

// Commands are separated by ';', words by spaces; a backslash takes the meaning from both and from itself.
std::vector<CliCommand> parse_cli_line(std::string_view line);

}  // namespace sluice::admin
