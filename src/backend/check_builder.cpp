#include "backend/check_builder.hpp"

#include "backend/backend.hpp"
#include "backend/check.hpp"
#include "base/text.hpp"
#include "expr/assign.hpp"
#include "expr/log_format.hpp"

namespace sluice::backend {

namespace in_sections = config::in;

namespace setting {
const config::Setting<CheckChoice> check_choice{in_sections::back_or_defaults};
const config::Setting<std::vector<CheckRuleLine>> http_check_rules{in_sections::back_or_defaults};
const config::Setting<std::vector<CheckRuleLine>> tcp_check_rules{in_sections::back_or_defaults};
}  // namespace setting

void choose_check(config::Line& line, config::Section& section, BuildCheck build) {
  CheckChoice& choice = section.change(setting::check_choice, line);
  choice.build = build;
  choice.name = line.keyword();
  choice.line.assign(1, line);
}

namespace {

constexpr std::size_t longest_message = 16384;  // as long as a buffer: what the engine looks at is no longer either

class Constant final : public CheckMessage {
 public:
  explicit Constant(std::string bytes) : bytes_(std::move(bytes)) {}
  std::optional<std::string> bytes(CheckRun&) const override { return bytes_; }

 private:
  std::string bytes_;
};

class Formatted final : public CheckMessage {
 public:
  Formatted(expr::LogFormat format, Digits digits) : format_(std::move(format)), digits_(digits) {}
  std::optional<std::string> bytes(CheckRun& run) const override {
    const std::string_view text = format_.text(run.scope(), longest_message);
    return digits_ == Digits::hex ? bytes_of_hex(text) : std::optional<std::string>(text);
  }

 private:
  expr::LogFormat format_;
  Digits digits_;
};

// What a protocol's own check looks for.
class Looked final : public Expectation {
 public:
  explicit Looked(Finding (*look)(CheckRun&)) : look_(look) {}
  Finding look(CheckRun& run) const override { return look_(run); }

 private:
  Finding (*look_)(CheckRun&);
};

class SetVariable final : public CheckAction {
 public:
  SetVariable(expr::Assignment target, expr::Expression value) : target_(target), value_(std::move(value)) {}
  void run(CheckRun& run) const override { target_.run(run.scope(), value_.eval(run.scope())); }

 private:
  expr::Assignment target_;
  expr::Expression value_;
};
class SetVariableFormat final : public CheckAction {
 public:
  SetVariableFormat(expr::Assignment target, expr::LogFormat value) : target_(target), value_(std::move(value)) {}
  void run(CheckRun& run) const override { target_.run(run.scope(), expr::Sample::text(value_.text(run.scope(), longest_message))); }

 private:
  expr::Assignment target_;
  expr::LogFormat value_;
};
class UnsetVariable final : public CheckAction {
 public:
  explicit UnsetVariable(expr::Variable variable) : variable_(variable) {}
  void run(CheckRun& run) const override { run.scope().variables->unset(variable_); }

 private:
  expr::Variable variable_;
};

// "set-var(check.port,ifnotexists)": what stands in the parentheses of the keyword. Only some lives exist in a check.
std::optional<expr::Assignment> read_target(CheckBuilder& in, config::Line& line) {
  const std::string& word = line.last().text;
  const std::size_t open = word.find('(');
  if (open == std::string::npos || !word.ends_with(')')) {
    line.alert(line.last(), fmt::format("'{}' expects the name of a variable in parentheses.", line.keyword()));
    return std::nullopt;
  }
  const auto target = expr::Assignment::parse(std::string_view(word).substr(open + 1, word.size() - open - 2), *in.compiler.variables);
  if (!target) {
    line.alert(line.last(), fmt::format("'{}' : {}.", line.keyword(), target.error()));
    return std::nullopt;
  }
  const expr::Life life = target->variable().life;
  if (life == expr::Life::proc || life == expr::Life::sess || life == expr::Life::check) return *target;
  line.alert(line.last(), fmt::format("'{}' : only variables of the scopes 'proc', 'sess' and 'check' exist in a check.", line.keyword()));
  return std::nullopt;
}

bool add_action(CheckBuilder& in, std::shared_ptr<const CheckAction> action) {
  CheckStep& step = in.plan.steps.emplace_back();
  step.kind = CheckStep::Kind::act;
  step.action = std::move(action);
  return true;
}

bool is_script_step(const CheckStep& step) {
  return step.kind != CheckStep::Kind::comment && step.kind != CheckStep::Kind::act;
}

}  // namespace

std::unique_ptr<Expectation> looked(Finding (*look)(CheckRun& run), CheckCode on_empty, CheckCode on_timeout) {
  auto expectation = std::make_unique<Looked>(look);
  expectation->on_empty = on_empty;
  expectation->on_timeout = on_timeout;
  return expectation;
}
std::unique_ptr<CheckMessage> constant_message(std::string bytes) { return std::make_unique<Constant>(std::move(bytes)); }
std::unique_ptr<CheckMessage> format_message(expr::LogFormat format, Digits digits) {
  return std::make_unique<Formatted>(std::move(format), digits);
}

std::optional<std::string> bytes_of_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

CheckStep& CheckBuilder::next(CheckStep::Kind kind) {
  unsigned number = first_number;
  for (const CheckStep& step : plan.steps) number += step.kind == CheckStep::Kind::connect ? 0 : 1;
  CheckStep& step = plan.steps.emplace_back();
  step.kind = kind;
  step.number = number;
  return step;
}
void CheckBuilder::connect() {
  CheckStep& step = plan.steps.emplace_back();
  step.kind = CheckStep::Kind::connect;
  step.connect.by_default = true;
  step.title = "connect";
}
void CheckBuilder::send(std::unique_ptr<CheckMessage> message, std::string title) {
  CheckStep& step = next(CheckStep::Kind::send);
  step.message = std::move(message);
  step.title = std::move(title);
}
void CheckBuilder::send(std::string bytes) { send(constant_message(std::move(bytes))); }
void CheckBuilder::expect(std::unique_ptr<Expectation> expectation, std::string title) {
  CheckStep& step = next(CheckStep::Kind::expect);
  step.expectation = std::move(expectation);
  step.title = std::move(title);
}
void CheckBuilder::expect(Finding (*look)(CheckRun& run), CheckCode on_empty, CheckCode on_timeout) {
  expect(looked(look, on_empty, on_timeout));
}

bool CheckBuilder::add_rules(const std::vector<CheckRuleLine>& rules) {
  bool good = true;
  for (const CheckRuleLine& rule : rules) {
    const std::size_t before = plan.steps.size();
    config::Line line = rule.line;
    if (!rule.add(*this, line)) good = false;
    if (plan.steps.size() > before) plan.steps.back().number = static_cast<unsigned>(plan.steps.size());
  }
  return good;
}

bool add_comment(CheckBuilder& in, config::Line& line) {
  const config::Word* const word = line.take("<string>");
  if (!word || !line.finish()) return false;
  in.plan.steps.emplace_back().comment = word->text;
  return true;
}

bool add_connect(CheckBuilder& in, config::Line& line) {
  CheckStep step;
  step.kind = CheckStep::Kind::connect;
  step.title = "connect";
  const auto first = std::ranges::find_if(in.plan.steps, is_script_step);
  if (first != in.plan.steps.end() && first->kind != CheckStep::Kind::connect) {
    line.alert(fmt::format("'{}' : the first step must be a 'connect' too, if there is one at all.", line.keyword()));
    return false;
  }
  ConnectStep& how = step.connect;
  while (const config::Word* const word = line.next()) {
    const std::string_view name = word->text;
    if (name == "default") {
      how.by_default = true;
    } else if (name == "send-proxy") {
      how.send_proxy = true;
    } else if (name == "via-socks4") {
      how.via_socks4 = true;
    } else if (name == "linger") {
      how.linger = true;
    } else if (name == "comment") {
      const config::Word* const text = line.take("<msg>");
      if (!text) return false;
      step.comment = text->text;
    } else if (name == "addr") {
      const config::Word* const text = line.take("<ip>");
      if (!text) return false;
      const auto endpoint = net::parse_endpoint(text->text);
      if (!endpoint || endpoint->form != net::Endpoint::Form::address) {
        line.alert(*text, fmt::format("'{}' : '{}' is not an address.", line.keyword(), text->text));
        return false;
      }
      how.address = endpoint->address.with_port(endpoint->port_first);
    } else if (name == "port") {
      if (const config::Word* const text = line.peek()) {
        if (const auto number = parse_uint(text->text)) {
          if (*number == 0 || *number > 65535) {
            line.alert(*text, fmt::format("'{}' : '{}' is not a port.", line.keyword(), text->text));
            return false;
          }
          how.port = static_cast<std::uint16_t>(*number);
          step.title = fmt::format("connect port {}", *number);
          line.next();
          continue;
        }
      }
      auto expression = expr::Expression::parse(line, in.compiler);
      if (!expression) return false;
      how.port_from = std::make_shared<const expr::Expression>(std::move(*expression));
    } else if (name == "proto") {
      const config::Word* const text = line.take("<name>");
      if (!text) return false;
      if (text->text != (in.plan.http ? "h1" : "none")) {
        line.alert(*text, fmt::format("'{}' : protocol '{}' is not implemented in checks.", line.keyword(), text->text));
        return false;
      }
    } else if (name == "ssl" || name == "sni" || name == "alpn") {
      line.alert(*word, fmt::format("'{}' : '{}' is not implemented yet: checks speak no TLS.", line.keyword(), name));
      return false;
    } else {
      line.alert(*word, fmt::format("'{}' : unknown parameter '{}'.", line.keyword(), name),
                 "it takes 'default', 'port', 'addr', 'send-proxy', 'via-socks4', 'linger', 'proto' and 'comment'");
      return false;
    }
  }
  in.plan.steps.push_back(std::move(step));
  return true;
}

bool add_set_var(CheckBuilder& in, config::Line& line) {
  const auto target = read_target(in, line);
  if (!target) return false;
  auto value = expr::Expression::parse(line, in.compiler);
  return value && line.finish() && add_action(in, std::make_shared<SetVariable>(*target, std::move(*value)));
}
bool add_set_var_fmt(CheckBuilder& in, config::Line& line) {
  const auto target = read_target(in, line);
  if (!target) return false;
  auto value = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
  return value && line.finish() && add_action(in, std::make_shared<SetVariableFormat>(*target, std::move(*value)));
}
bool add_unset_var(CheckBuilder& in, config::Line& line) {
  const auto target = read_target(in, line);
  return target && line.finish() && add_action(in, std::make_shared<UnsetVariable>(target->variable()));
}

namespace {

// A connect that nobody wrote, and each step's comment: its own, or one right before it.
void complete(CheckBuilder& in) {
  std::vector<CheckStep>& steps = in.plan.steps;
  std::string_view before;
  for (CheckStep& step : steps) {
    if (step.kind == CheckStep::Kind::comment) before = step.comment;
    else if (step.comment.empty()) step.comment = before;
    if (step.kind != CheckStep::Kind::comment) before = {};
  }
  const auto first = std::ranges::find_if(steps, is_script_step);
  if (in.plan.external || (first != steps.end() && first->kind == CheckStep::Kind::connect)) return;
  const auto at = first - steps.begin();
  in.connect();
  std::rotate(steps.begin() + at, steps.end() - 1, steps.end());
}

// Rules of another check than the chosen one: what is wrong with them is said all the same.
void look_at_unused(const CheckBuilder& in, const config::Setting<std::vector<CheckRuleLine>>& rules, std::string_view family,
                    std::string_view option) {
  const config::Section& section = in.section;
  if (section[rules].empty()) return;
  CheckPlan forgotten;
  forgotten.http = option == "httpchk";
  CheckBuilder builder{section, in.compiler, forgotten, in.global, in.proxy_number, in.listener};
  if (!builder.add_rules(section[rules]) || !section.said_here(rules) || section.is(config::in::defaults)) return;
  const config::Line& line = section[rules].front().line;
  line.warning(fmt::format("'{}' : {} '{}' has '{}' rules without 'option {}', so the rules are ignored.", line.keyword(),
                           section.kind_name(), section.name(), family, option));
}

}  // namespace

// The word `port` of a connect rule, whose other words with a value are comment, addr and proto.
static bool says_port(const config::Line& rule) {
  const std::span<const config::Word> words = rule.rest();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "port") return true;
    if (words[i] == "comment" || words[i] == "addr" || words[i] == "proto") ++i;
  }
  return false;
}

bool every_connect_says_port(const config::Section& section) {
  const std::string& choice = section[setting::check_choice].name;
  const bool http = choice == "option httpchk";
  if (!http && choice != "option tcp-check") return false;
  const auto& rules = section[http ? setting::http_check_rules : setting::tcp_check_rules];
  const auto connects = [](const CheckRuleLine& rule) { return rule.line.keyword().ends_with(" connect"); };
  return std::ranges::any_of(rules, connects) &&
         std::ranges::all_of(rules, [&](const CheckRuleLine& rule) { return !connects(rule) || says_port(rule.line); });
}

std::unique_ptr<const CheckPlan> connect_plan() {
  auto plan = std::make_unique<CheckPlan>();
  CheckStep& step = plan->steps.emplace_back();
  step.kind = CheckStep::Kind::connect;
  step.connect.by_default = true;
  return plan;
}

std::unique_ptr<const CheckPlan> build_check_plan(const config::Section& section, expr::Compiler& compiler, const CheckSurroundings& around) {
  const expr::EvaluatedAt place(compiler, expr::bit(expr::Checkpoint::check));
  auto plan = std::make_unique<CheckPlan>();
  CheckBuilder in{section, compiler, *plan, around.global, around.proxy_number, around.listener};
  const CheckChoice& choice = section[setting::check_choice];
  if (choice.name != "option httpchk") look_at_unused(in, setting::http_check_rules, "http-check", "httpchk");
  if (choice.name != "option tcp-check") look_at_unused(in, setting::tcp_check_rules, "tcp-check", "tcp-check");
  if (!choice.build) return connect_plan();
  config::Line line = choice.line.front();
  if (!choice.build(in, line)) return nullptr;
  complete(in);
  return plan;
}

namespace {

// What a server tracks, and what that tracks in turn, must end at one that is checked.
bool tracks_well(const Server& server, const expr::Compiler& compiler, const Server*& tracked, std::string& wrong) {
  const Server* at = &server;
  for (std::size_t length = 0; !at->settings().check.track.empty(); ++length) {
    const std::string& name = at->settings().check.track;
    const std::size_t slash = name.find('/');
    const std::string backend = slash == std::string::npos ? at->backend().name() : name.substr(0, slash);
    const Server* const next = compiler.find_server(backend, slash == std::string::npos ? name : name.substr(slash + 1));
    if (!next) {
      wrong = fmt::format("unable to find required server '{}/{}' for tracking", backend, slash == std::string::npos ? name : name.substr(slash + 1));
      return false;
    }
    if (length == 0) tracked = next;
    constexpr std::size_t longest_chain = 1000;
    if (next == &server || length > longest_chain) {
      wrong = fmt::format("unable to track '{}': it tracks itself in the end", name);
      return false;
    }
    at = next;
  }
  if (at->settings().check.enabled || at->settings().check.agent.enabled) return true;
  wrong = fmt::format("unable to use {}/{} for tracking as it does not have any check nor agent enabled", at->backend().name(), at->name());
  return false;
}

}  // namespace

void complete_checks(Backend& backend, const config::Section& section, expr::Compiler& compiler, const CheckSurroundings& around,
                     config::Diagnostics& diagnostics) {
  backend.set_check_plan(build_check_plan(section, compiler, around));
  for (const auto& server : backend.servers()) {
    if (server->settings().check.track.empty()) continue;
    const Server* tracked = nullptr;
    std::string wrong;
    if (!tracks_well(*server, compiler, tracked, wrong)) {
      diagnostics.alert(server->settings().place, fmt::format("'server {}/{}' : {}.", backend.name(), server->name(), wrong));
      continue;
    }
    server->state().tracked = fmt::format("{}/{}", tracked->backend().name(), tracked->name());
    const_cast<Server*>(tracked)->add_tracker(*server);
    server->state().operational = tracked->state().operational.load();
    server->state().inherited_admin = tracked->state().admin.load();
    server->state().admin = std::max(server->state().own_admin.load(), server->state().inherited_admin.load());
  }
}

}  // namespace sluice::backend
