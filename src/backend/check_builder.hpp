// From configuration lines to a CheckPlan. A kind of check (check/*.cpp) registers its `option ...` keyword with
// choose<build>; its build function gets a CheckBuilder once everything can be referred to, and adds steps.
// Rules (tcp-check, http-check) are kept as lines and added by the function they are kept with. At start, one thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/check_plan.hpp"
#include "config/diagnostics.hpp"
#include "config/section.hpp"
#include "config/setting.hpp"
#include "expr/compiler.hpp"
#include "expr/log_format.hpp"

namespace sluice::backend {

class Backend;

// What there is to know of a proxy besides its section.
struct CheckSurroundings {
  const config::Section& global;
  unsigned proxy_number = 0;
  std::optional<net::Address> listener;  // of its first bind line
};

struct CheckBuilder {
  const config::Section& section;
  expr::Compiler& compiler;
  CheckPlan& plan;
  const config::Section& global;
  unsigned proxy_number = 0;
  std::optional<net::Address> listener;

  void connect();                                                     // as the server line says
  void send(std::string bytes);
  void send(std::unique_ptr<CheckMessage> message, std::string title = "send");
  void expect(Finding (*look)(CheckRun& run), CheckCode on_empty = CheckCode::L7RSP, CheckCode on_timeout = CheckCode::L7TOUT);
  void expect(std::unique_ptr<Expectation> expectation, std::string title = {});
  unsigned first_number = 1;                                          // of the first step behind a connect, in messages
  // Runs the section's rules over the plan. False: something was wrong and has been said.
  bool add_rules(const std::vector<struct CheckRuleLine>& rules);

 private:
  CheckStep& next(CheckStep::Kind kind);
};

// False: it has been diagnosed on the line.
using BuildCheck = bool (*)(CheckBuilder& in, config::Line& line);

struct CheckRuleLine {
  BuildCheck add;
  config::Line line;
};
// What `option <a check>` chose; the last one wins.
struct CheckChoice {
  BuildCheck build = nullptr;
  std::string name;                // "httpchk"
  std::vector<config::Line> line;  // one, if there is any
};

namespace setting {
extern const config::Setting<CheckChoice> check_choice;
extern const config::Setting<std::vector<CheckRuleLine>> http_check_rules, tcp_check_rules;
extern const config::Setting<bool> disable_on_404, send_state;
}  // namespace setting

// The section's checks have rules that connect, and each of them says to which port: servers need none to be checked.
bool every_connect_says_port(const config::Section& section);

void choose_check(config::Line& line, config::Section& section, BuildCheck build);
template <BuildCheck build>
void choose(config::Line& line, config::Section& section) {
  choose_check(line, section, build);
}
// A section's own rules replace those of its defaults.
template <const config::Setting<std::vector<CheckRuleLine>>& where, BuildCheck add>
void keep_rule(config::Line& line, config::Section& section) {
  const bool first = !section.said_here(where);
  std::vector<CheckRuleLine>& rules = section.change(where, line);
  if (first) rules.clear();
  rules.push_back({add, line});
}

// The rules both families have.
bool add_connect(CheckBuilder& in, config::Line& line);
bool add_comment(CheckBuilder& in, config::Line& line);
bool add_set_var(CheckBuilder& in, config::Line& line);
bool add_set_var_fmt(CheckBuilder& in, config::Line& line);
bool add_unset_var(CheckBuilder& in, config::Line& line);
// The constant bytes of a message, or a log format's text; `hex`: both are hexadecimal digits.
enum class Digits : std::uint8_t { plain, hex };
std::unique_ptr<Expectation> looked(Finding (*look)(CheckRun& run), CheckCode on_empty = CheckCode::L7RSP, CheckCode on_timeout = CheckCode::L7TOUT);
std::unique_ptr<CheckMessage> constant_message(std::string bytes);
std::unique_ptr<CheckMessage> format_message(expr::LogFormat format, Digits digits);
std::optional<std::string> bytes_of_hex(std::string_view digits);

// The plan of the section's checks; null if something was wrong, which has been said.
std::unique_ptr<const CheckPlan> build_check_plan(const config::Section& section, expr::Compiler& compiler, const CheckSurroundings& around);
// The plain one: connect.
std::unique_ptr<const CheckPlan> connect_plan();
// Looks at all that concerns checks once every backend is there: gives the backend its plan, finds what servers track.
void complete_checks(Backend& backend, const config::Section& section, expr::Compiler& compiler, const CheckSurroundings& around,
                     config::Diagnostics& diagnostics);

}  // namespace sluice::backend
