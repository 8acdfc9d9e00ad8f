// Commands about the connection to the runtime API itself.
#include "admin/command.hpp"
#include "base/text.hpp"
#include "config/units.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;

void run_help(Call& call) { call.answer += help(call.session.level, call.words); }

void run_quit(Call& call) { call.session.closing = true; }

void run_prompt(Call& call) {
  CliSession& session = call.session;
  const std::string_view mode = call.word(0);
  if (mode == "help")
    return call.say(Weight::info, "usage: prompt [help | n | i | p | timed]: non-interactive, interactive without a "
                                  "prompt, interactive with one, one that shows the uptime");
  if (mode.empty()) {
    session.interactive = !session.interactive;
    session.prompt = session.interactive ? Prompt::plain : Prompt::none;
  } else if (mode == "n") {
    session.interactive = false;
    session.prompt = Prompt::none;
  } else if (mode == "i") {
    session.interactive = true;
    session.prompt = Prompt::none;
  } else if (mode == "p" || mode == "timed") {
    session.interactive = true;
    session.prompt = mode == "p" || session.prompt == Prompt::timed ? Prompt::plain : Prompt::timed;
  } else {
    call.fail("'prompt' expects 'help', 'n', 'i', 'p' or 'timed'.");
  }
}

template <Level level>
void lower_level(Call& call) {
  call.session.level = std::min(call.session.level, level);
}

void run_set_severity(Call& call) {
  const std::string_view wanted = call.word(0);
  if (wanted == "none") {
    call.session.severity = SeverityOutput::none;
  } else if (wanted == "number") {
    call.session.severity = SeverityOutput::number;
  } else if (wanted == "string") {
    call.session.severity = SeverityOutput::string;
  } else {
    call.fail("one of 'none', 'number', 'string' is a required argument");
  }
}

void run_set_timeout(Call& call) {
  if (call.word(0).empty()) return call.fail("Expects an integer value.");
  const auto wanted = config::read_duration(call.word(0), config::Unit::s);
  if (!wanted || wanted->us < 1'000'000) return call.fail("Invalid timeout value.");
  call.session.timeout = *wanted;
}
void run_set_timeout_of(Call& call) { call.fail("'set timeout' only supports 'cli'."); }

template <auto mode>
void run_mode(Call& call) {
  const std::string_view name = mode == &CliSession::expert ? "expert-mode" : "experimental-mode";
  if (call.word(0).empty()) {
    call.answer += fmt::format("{} is {}\n", name, call.session.*mode ? "ON" : "OFF");
  } else if (call.word(0) == "on" || call.word(0) == "off") {
    call.session.*mode = call.word(0) == "on";
  } else {
    call.fail(fmt::format("'{}' expects 'on' or 'off'.", name));
  }
}

// wait <delay>: for scripts; milliseconds unless a unit is given.
async::Task<> run_wait(Call& call) {
  const auto delay = config::read_duration(call.word(0));
  if (call.word(0) == "-h" || !delay || call.words.size() > 1) {
    call.say(Weight::info, "usage: wait <delay>: waits so many milliseconds; conditions are not implemented in this version");
    co_return;
  }
  co_await async::sleep_for(call.worker.loop, *delay);
  call.say(Weight::info, "Wait delay expired.");
}

void run_show_level(Call& call) { call.answer += fmt::format("{}\n", name_of(call.session.level)); }

const Add help_entry{Command{.name = "help", .args = "[<command>]", .run = run_help, .doc = "list matching or all commands"}};
const Add quit_entry{Command{.name = "quit", .run = run_quit, .doc = "disconnect"}};
const Add prompt_entry{Command{.name = "prompt", .args = "[help | n | i | p | timed]", .run = run_prompt,
                               .doc = "toggle interactive mode with prompt"}};
const Add user_entry{Command{.name = "user", .run = lower_level<Level::user>,
                             .doc = "lower the level of this session to user"}};
const Add operator_entry{Command{.name = "operator", .run = lower_level<Level::operator_>,
                                 .doc = "lower the level of this session to operator"}};
const Add severity_entry{Command{.name = "set severity-output", .args = "[none|number|string]", .run = run_set_severity,
                                 .doc = "mark messages with their severity"}};
const Add timeout_entry{Command{.name = "set timeout cli", .args = "<seconds>", .run = run_set_timeout,
                                .doc = "change how long this session may be silent"}};
const Add no_timeout_entry{Command{.name = "set timeout", .args = "cli <delay>", .run = run_set_timeout_of,
                                   .doc = "change a timeout"}};
const Add expert_entry{Command{.name = "expert-mode", .args = "[on|off]", .level = Level::admin, .run = run_mode<&CliSession::expert>,
                               .doc = "allow commands for experts"}};
const Add experimental_entry{Command{.name = "experimental-mode", .args = "[on|off]", .level = Level::admin,
                                     .run = run_mode<&CliSession::experimental>, .doc = "allow experimental commands"}};
const Add wait_entry{Command{.name = "wait", .args = "<delay>", .later = run_wait, .doc = "wait before the next command"}};
const Add level_entry{Command{.name = "show cli level", .run = run_show_level, .doc = "level of this session"}};

}  // namespace
}  // namespace sluice::admin
