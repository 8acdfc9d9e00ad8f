#include "admin/command.hpp"

#include "base/text.hpp"

namespace sluice::admin {
namespace {

std::string joined(std::span<const std::string> words, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i) out += ' ';
    out += words[i];
  }
  return out;
}

std::string help_line(const Command& command) {
  const std::string shown = command.args.empty() ? std::string(command.name) : fmt::format("{} {}", command.name, command.args);
  return fmt::format("  {:<39} : {}\n", shown, command.doc);
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::user: return "user";
    case Level::operator_: return "operator";
    case Level::admin: return "admin";
  }
  return "?";
}

void Call::say(Weight weight, std::string_view text) {
  constexpr std::string_view names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  const auto number = static_cast<std::size_t>(weight);
  if (session.severity == SeverityOutput::number) answer += fmt::format("[{}]: ", number);
  if (session.severity == SeverityOutput::string) answer += fmt::format("[{}]: ", names[number]);
  answer += text;
  if (!text.ends_with('\n')) answer += '\n';
}

const Command* find_command(std::span<const std::string> words) {
  constexpr std::size_t longest_name = 5;
  for (std::size_t count = std::min(words.size(), longest_name); count > 0; --count)
    if (const Command* found = catalog::entries<Command>().find(joined(words, count))) return found;
  return nullptr;
}

std::string help(Level level, std::span<const std::string> words) {
  const std::string prefix = joined(words, words.size());
  std::string lines;
  for (const Command* command : catalog::entries<Command>())
    if (command->level <= level && command->name.starts_with(prefix)) lines += help_line(*command);
  if (!lines.empty()) return "The following commands are valid at this level:\n" + lines;
  const std::vector<std::string_view> names = catalog::entries<Command>().names();
  const std::string_view near = nearest(prefix, names);
  lines = near.empty() ? "" : help_line(*catalog::entries<Command>().find(near));
  for (const std::string_view always : {"help", "prompt", "quit"})
    lines += help_line(*catalog::entries<Command>().find(always));
  return "Unknown command, but maybe one of the following ones is a better match:\n" + lines;
}

const Command* admit_command(Call& call) {
  const Command* const command = find_command(call.words);
  if (!command) {
    call.answer += help(call.session.level, call.words);
    return nullptr;
  }
  if (command->level > call.session.level) {
    call.fail("Permission denied");
    return nullptr;
  }
  const auto name_words = static_cast<std::size_t>(std::ranges::count(command->name, ' ')) + 1;
  call.words = call.words.subspan(name_words);
  return command;
}

backend::Server* find_server(Call& call, std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) {
    call.fail("Require 'backend/server'.");
    return nullptr;
  }
  const proxy::Destination* const destination = call.world.proxies->destination(name.substr(0, slash));
  if (!destination) {
    call.fail("No such backend.");
    return nullptr;
  }
  backend::Server* const server = destination->backend->find(name.substr(slash + 1));
  if (!server) call.fail("No such server.");
  return server;
}

}  // namespace sluice::admin
