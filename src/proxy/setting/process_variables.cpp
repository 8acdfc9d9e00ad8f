// global: set-var <name> <expression>, set-var-fmt <name> <format>: variables of the process that are there from the start.
#include <random>

#include "expr/expression.hpp"
#include "expr/log_format.hpp"
#include "proxy/build.hpp"
#include "proxy/setting/proxy_settings.hpp"

namespace sluice::proxy {

namespace setting {
const config::Setting<Lines> process_variables{config::in::global};
}

namespace {

using catalog::Add;
using config::Keyword;

void keep(config::Line& line, config::Section& section) { section.change(setting::process_variables, line).push_back(line); }

const Add set_var{Keyword{.name = "set-var", .args = "proc.<name> <expression>", .sections = config::in::global, .parse = keep,
    .doc = "Sets a variable of the process when the configuration is read; rules can read and change it later."}};
const Add set_var_fmt{Keyword{.name = "set-var-fmt", .args = "proc.<name> <format>", .sections = config::in::global, .parse = keep,
    .doc = "As set-var, with a log format."}};

// The process before any worker runs.
class StartAmbient final : public expr::Ambient {
 public:
  StartAmbient() {
    char name[256]{};
    ::gethostname(name, sizeof name - 1);
    hostname = node = name;
    pid = ::getpid();
    started = now();
  }
  Instant now() const override {
    return Instant{} + Duration{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
  }
  WallTime wall() const override {
    return WallTime{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
  std::uint64_t random() override { return std::uint64_t{device_()} << 32 | device_(); }

 private:
  std::random_device device_;
};

}  // namespace

void set_process_variables(Proxies& proxies, expr::Compiler& compiler) {
  Arena arena;
  StartAmbient ambient;
  expr::Variables variables;
  variables.process = &proxies.states->variables;
  expr::Scope scope;
  scope.arena = &arena;
  scope.ambient = &ambient;
  scope.variables = &variables;
  for (config::Line line : proxies.config->global()[setting::process_variables]) {
    const bool is_format = line.keyword() == "set-var-fmt";
    const config::Word* const name = line.take("proc.<name>");
    if (!name) continue;
    const auto variable = compiler.variables->intern(name->text);
    if (!variable || variable->life != expr::Life::proc) {
      line.alert(*name, fmt::format("'{}' : '{}' is not a variable of the process, whose names begin with 'proc.'.", line.keyword(), name->text));
      continue;
    }
    proxies.states->variables.resize(compiler.variables->count(expr::Life::proc));
    if (is_format) {
      const auto format = expr::LogFormat::parse(line, compiler, expr::LogFormat::For::variable);
      if (!format || !line.finish()) continue;
      variables.set(*variable, expr::Sample::text(format->text(scope)));
      continue;
    }
    const auto expression = expr::Expression::parse(line, compiler);
    if (!expression || !line.finish()) continue;
    if (!expression->valid_at(bit(expr::Checkpoint::parser))) {
      line.alert(fmt::format("'{}' : fetch method '{}' is not available while the configuration is read.", line.keyword(), expression->fetch_name()));
      continue;
    }
    const expr::Sample value = expression->eval(scope);
    if (value) variables.set(*variable, value);
    else line.alert(fmt::format("'{}' : the expression gives nothing.", line.keyword()));
  }
}

}  // namespace sluice::proxy
