#include "admin/cli_line.hpp"

namespace sluice::admin {
namespace {

// "<<" or "<<END" as the last word starts a payload.
void find_payload(CliCommand& command) {
  if (command.words.empty() || !command.words.back().starts_with("<<")) return;
  command.takes_payload = true;
  command.payload_end = command.words.back().substr(2);
  command.words.pop_back();
}

}  // namespace

std::vector<CliCommand> parse_cli_line(std::string_view line) {
  std::vector<CliCommand> commands(1);
  std::string word;
  bool in_word = false;
  const auto end_word = [&] {
    if (in_word) commands.back().words.push_back(std::move(word));
    word.clear();
    in_word = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size()) {
      word += line[++i];
      in_word = true;
    } else if (c == ';') {
      end_word();
      commands.emplace_back();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
    } else {
      word += c;
      in_word = true;
    }
  }
  end_word();
  find_payload(commands.back());
  if (commands.size() > 1 && commands.back().words.empty()) commands.pop_back();  // a ';' at the end
  return commands;
}

}  // namespace sluice::admin
