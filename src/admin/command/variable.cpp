// get var, set var: process-wide variables. Those no configuration mentions are known to the runtime API alone.
#include "admin/command.hpp"
#include "expr/expression.hpp"
#include "expr/log_format.hpp"
#include "proxy/local.hpp"

namespace sluice::admin {
namespace {
using catalog::Add;
using expr::Sample;

std::string_view type_name(const Sample& sample) { return expr::name_of(sample.type()); }

std::string value_text(const Sample& sample, Arena& arena) {
  return std::string(expr::text_of(sample, arena).value_or(std::string_view{}));
}

bool is_process_wide(std::string_view name) { return name.starts_with("proc.") && name.size() > 5; }

void run_get(Call& call) {
  const std::string name(call.word(0));
  if (name.empty()) return call.fail("Missing process-wide variable identifier.");
  Arena arena;
  Sample sample;
  if (is_process_wide(name)) {
    if (const auto variable = call.world.proxies->variables.find(name)) sample = call.world.states.variables.get(variable->slot, arena);
  }
  if (sample) {
    call.answer += fmt::format("{}: type={} value=<{}>\n", name, type_name(sample), value_text(sample, arena));
    return;
  }
  const auto own = call.world.cli_variables.find(name);
  if (own == call.world.cli_variables.end()) return call.fail("Variable not found.");
  call.answer += fmt::format("{}: type={} value=<{}>\n", name, own->second.first, own->second.second);
}

// What follows the name, to be evaluated where there is no request. The value may refer to it.
class Formula {
 public:
  Formula(Call& call, expr::Compiler& compiler, std::size_t at, bool format) {
    for (std::size_t i = at; i < call.words.size(); ++i) text_ += (i == at ? "" : " ") + call.words[i];
    std::string error;
    if (format) format_ = expr::LogFormat::parse(text_, compiler, expr::LogFormat::For::variable, &error);
    else expression_ = expr::Expression::parse(text_, compiler, &error);
    if (!format_ && !expression_) call.fail(error);
  }
  Formula(const Formula&) = delete;
  // No sample: it was said what is wrong.
  Sample value(Call& call, const expr::Scope& scope) const {
    if (format_) return Sample::text(format_->text(scope));
    if (!expression_) return {};
    const Sample value = expression_->eval(scope);
    if (!value) call.fail("the expression gives no value here");
    return value;
  }

 private:
  std::string text_;
  std::optional<expr::LogFormat> format_;
  std::optional<expr::Expression> expression_;
};

void run_set(Call& call) {
  if (!call.session.experimental) return call.fail("This command is restricted to experimental mode only.");
  const std::string name(call.word(0));
  if (name.empty()) return call.fail("Expects at least two arguments: process-wide variable name, expression");
  if (!is_process_wide(name)) return call.fail(fmt::format("'set var': cannot set variable '{}', only scope 'proc' is permitted here.", name));
  const std::string_view how = call.word(1);
  if (how.empty()) return call.fail("Missing either 'expr', 'fmt' or expression.");
  const bool named = how == "expr" || how == "fmt";
  if (!named && call.words.size() > 2) return call.fail(fmt::format("'set var': arg type must be either 'expr' or 'fmt' but got '{}'.", how));
  Arena arena;
  expr::VariableNames names = call.world.proxies->variables;
  const std::size_t known = names.count(expr::Life::proc);
  expr::Compiler compiler;
  compiler.variables = &names;
  proxy::WorkerAmbient ambient(call.worker);
  expr::Variables variables;
  variables.process = &call.world.states.variables;
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &ambient;
  scope.variables = &variables;
  const Formula formula(call, compiler, named ? 2 : 1, how == "fmt");
  const Sample value = formula.value(call, scope);
  if (!value) return;
  if (names.count(expr::Life::proc) != known) return call.fail("the expression uses a variable no configuration mentions");
  const auto variable = call.world.proxies->variables.find(name);
  if (variable) {
    call.world.states.variables.set(variable->slot, value);
  } else {
    call.world.cli_variables[name] = {std::string(type_name(value)), value_text(value, arena)};
  }
}

const Add get_entry{Command{.name = "get var", .args = "<name>", .level = Level::admin, .run = run_get, .doc = "a process-wide variable"}};
const Add set_entry{Command{.name = "set var", .args = "<name> [expr|fmt] <expression>", .level = Level::admin, .run = run_set,
                            .doc = "change a process-wide variable (in experimental mode)"}};

}  // namespace
}  // namespace sluice::admin
