// Command: the catalog kind of the runtime API's commands (management 9.3). Most are plain functions (run): they read
// state that any worker may read, write their answer, and never wait. Those that ask the workers, or wait, are
// coroutines (later).
//
//   const Add entry{Command{.name = "show version", .level = Level::user, .run = show_version, .doc = "..."}};
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "admin/world.hpp"
#include "async/task.hpp"
#include "async/worker.hpp"
#include "base/time.hpp"
#include "catalog/add.hpp"

namespace sluice::net {
class Stream;
}

namespace sluice::admin {

enum class Level : std::uint8_t { user, operator_, admin };
std::string_view name_of(Level level);

// syslog's numbers; how answers that are messages are marked with `set severity-output`.
enum class Weight : std::uint8_t { err = 3, warning = 4, notice = 5, info = 6 };
enum class SeverityOutput : std::uint8_t { none, number, string };
enum class Prompt : std::uint8_t { none, plain, timed };

// One connection to the runtime API.
struct CliSession {
  Level level = Level::operator_;
  bool interactive = false;  // stays open after a line
  Prompt prompt = Prompt::none;
  SeverityOutput severity = SeverityOutput::none;
  Duration timeout = seconds(10);
  bool closing = false;
  bool experimental = false, expert = false;
  bool exposes_listeners = false;  // expose-fd listeners
  bool silent = false;             // what was asked for has been sent: nothing more is
};

// One command being run: its arguments and its answer.
struct Call {
  World& world;
  async::Worker& worker;
  CliSession& session;
  std::span<const std::string> words;  // behind the command's name
  std::string_view payload;
  std::string& answer;
  net::Stream& stream;  // the connection itself, for what is no text

  std::string_view word(std::size_t i) const { return i < words.size() ? std::string_view(words[i]) : std::string_view{}; }
  // A sentence as the answer, newline added, marked with its severity if the session wants that.
  void say(Weight weight, std::string_view text);
  void fail(std::string_view text) { say(Weight::err, text); }
};

struct Command {
  std::string_view name{};
  std::string_view args{};   // for the help
  Level level = Level::user;
  void (*run)(Call& call) = nullptr;
  async::Task<> (*later)(Call& call) = nullptr;  // instead of run
  std::string_view doc{};    // one line, as the help shows it
};

// The command a line begins with: the longest name that matches, null if none.
const Command* find_command(std::span<const std::string> words);
// Finds the command, checks the level, and makes what stands behind its name the call's words. Null: it has been said why
// not. An unknown command is answered with the nearest ones.
const Command* admit_command(Call& call);
// The help of all commands of this level, or of those whose name begins with `words`.
std::string help(Level level, std::span<const std::string> words);

// "backend/server" looked up; null after the answer says why.
backend::Server* find_server(Call& call, std::string_view name);

}  // namespace sluice::admin
