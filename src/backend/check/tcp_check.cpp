// option tcp-check and its rules: a dialogue of the user's own.
#include <algorithm>

#include "backend/check_expect.hpp"
#include "base/text.hpp"
#include "catalog/add.hpp"
#include "expr/regex.hpp"

namespace sluice::backend {
namespace {

enum class What : std::uint8_t { string, rstring, string_lf, binary, rbinary, binary_lf };
struct Name {
  std::string_view name;
  What what;
  std::string_view told;  // in messages
};
constexpr Name names[] = {{"string", What::string, ""}, {"rstring", What::rstring, "regex"},
                          {"string-lf", What::string_lf, "log-format string"}, {"binary", What::binary, "binary"},
                          {"rbinary", What::rbinary, "binary regex"}, {"binary-lf", What::binary_lf, "log-format binary"}};

std::string upper_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return out;
}

class Match final : public Expectation {
 public:
  Match(ExpectOptions options, const Name& name, std::string pattern) : options_(std::move(options)), name_(name), pattern_(std::move(pattern)) {
    options_.apply_to(*this);
  }
  Finding look(CheckRun& run) const override {
    const std::string_view bytes = run.input();
    if (!run.at_end()) {
      const bool exact = name_.what == What::string || name_.what == What::binary;
      const std::size_t least = exact ? pattern_.size() : 0;
      if (bytes.size() < least) return Finding::more();
      if (options_.min_recv > 0 && bytes.size() < static_cast<std::size_t>(options_.min_recv)) return Finding::more();
    }
    const std::optional<bool> matches = match(run, bytes);
    if (!matches) return options_.failed(run, CheckCode::L7RSP, fmt::format("TCPCHK failed to build log-format string at step {}", run.step().number), 0);
    if (!*matches && !run.at_end() && options_.min_recv < 0) return Finding::more();
    if (*matches != options_.negated) return options_.passed(run, {}, 0);
    return options_.failed(run, CheckCode::L7RSP, why(run), 0);
  }

  expr::Regex regex;
  std::optional<expr::LogFormat> format;

 private:
  // Nothing: there is nothing to compare with.
  std::optional<bool> match(CheckRun& run, std::string_view bytes) const {
    switch (name_.what) {
      case What::string:
      case What::binary: return bytes.contains(pattern_);
      case What::rstring: return regex.matches(bytes);
      case What::rbinary: return regex.matches(upper_hex(bytes));
      case What::string_lf: return bytes.contains(format->text(run.scope()));
      case What::binary_lf: break;
    }
    const auto wanted = bytes_of_hex(format->text(run.scope()));
    return wanted ? std::optional(bytes.contains(*wanted)) : std::nullopt;
  }
  std::string why(const CheckRun& run) const {
    const std::string what = name_.what == What::string ? fmt::format("'{}'", pattern_) : fmt::format("({})", name_.told);
    return fmt::format("TCPCHK {} content {} at step {}", options_.negated ? "matched unwanted" : "did not match", what, run.step().number);
  }

  const ExpectOptions options_;
  const Name& name_;
  const std::string pattern_;
};

bool add_expect(CheckBuilder& in, config::Line& line) {
  ExpectOptions options;
  std::string match;
  const config::Word* const word = options.read(in, line, match);
  if (!word) return false;
  const auto found = std::ranges::find(names, match, &Name::name);
  if (found == std::end(names)) {
    line.alert(*word, fmt::format("'{}' : unknown match '{}'.", line.keyword(), match),
               "it is one of 'string', 'rstring', 'string-lf', 'binary', 'rbinary' and 'binary-lf'");
    return false;
  }
  const What what = found->what;
  std::optional<expr::LogFormat> format;
  std::string pattern;
  expr::Regex regex;
  if (what == What::string_lf || what == What::binary_lf) {
    format = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
    if (!format) return false;
  } else {
    const config::Word* const text = line.take("<pattern>");
    if (!text) return false;
    pattern = text->text;
    if (what == What::binary) {
      const auto bytes = bytes_of_hex(pattern);
      if (!bytes || bytes->empty()) {
        line.alert(*text, fmt::format("'{}' : '{}' is not an even number of hexadecimal digits.", line.keyword(), pattern));
        return false;
      }
      pattern = *bytes;
    } else if (what != What::string) {
      auto compiled = expr::Regex::compile(pattern);
      if (!compiled) {
        line.alert(*text, fmt::format("'{}' : {}.", line.keyword(), compiled.error()));
        return false;
      }
      regex = std::move(*compiled);
    }
  }
  if (!options.read_rest(in, line)) return false;
  std::string title = what == What::string   ? fmt::format("expect string '{}'", pattern)
                      : what == What::binary ? fmt::format("expect binary '{}'", upper_hex(pattern))
                                             : fmt::format("expect {}", found->told);
  const std::string comment = options.comment;
  auto expectation = std::make_unique<Match>(std::move(options), *found, std::move(pattern));
  expectation->regex = std::move(regex);
  expectation->format = std::move(format);
  in.expect(std::move(expectation), std::move(title));
  in.plan.steps.back().comment = comment;
  return true;
}

template <Digits digits>
bool add_send(CheckBuilder& in, config::Line& line) {
  const config::Word* const word = line.take("<data>");
  if (!word) return false;
  std::optional<std::string> bytes = digits == Digits::hex ? bytes_of_hex(word->text) : std::optional(word->text);
  if (!bytes || bytes->empty()) {
    line.alert(*word, fmt::format("'{}' : '{}' is not an even number of hexadecimal digits.", line.keyword(), word->text));
    return false;
  }
  in.send(std::move(*bytes));
  return true;
}
template <Digits digits>
bool add_send_format(CheckBuilder& in, config::Line& line) {
  auto format = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
  if (!format) return false;
  in.send(format_message(std::move(*format), digits));
  return true;
}
// <data> [comment <msg>]
template <BuildCheck add>
bool with_comment(CheckBuilder& in, config::Line& line) {
  if (!add(in, line)) return false;
  if (line.accept("comment")) {
    const config::Word* const text = line.take("<msg>");
    if (!text) return false;
    in.plan.steps.back().comment = text->text;
  }
  return line.finish();
}

bool build(CheckBuilder& in, config::Line& line) {
  in.plan.numbers_steps = true;
  if (!line.finish() || !in.add_rules(in.section[setting::tcp_check_rules])) return false;
  const bool talks = std::ranges::any_of(in.plan.steps, [](const CheckStep& step) {
    return step.kind == CheckStep::Kind::send || step.kind == CheckStep::Kind::expect;
  });
  if (!talks) return true;
  in.plan.success = CheckCode::L7OK;
  in.plan.success_status = 0;
  in.plan.success_info = "(tcp-check)";
  return true;
}

using catalog::Add;
using config::Keyword;
namespace at = config::in;
template <BuildCheck add>
constexpr auto keep = keep_rule<setting::tcp_check_rules, add>;

const Add option{Keyword{.name = "option tcp-check", .sections = at::back_or_defaults, .parse = choose<build>,
    .doc = "Checks servers by a dialogue of tcp-check rules; without any, by connecting."}};
const Add connect{Keyword{.name = "tcp-check connect",
    .args = "[default] [port <expr>] [addr <ip>] [send-proxy] [via-socks4] [linger] [proto <name>] [comment <msg>]",
    .sections = at::back_or_defaults, .parse = keep<add_connect>, .doc = "Opens a connection; what was open is closed first."}};
const Add send{Keyword{.name = "tcp-check send", .args = "<data> [comment <msg>]", .sections = at::back_or_defaults,
    .parse = keep<with_comment<add_send<Digits::plain>>>, .doc = "Sends a text."}};
const Add send_lf{Keyword{.name = "tcp-check send-lf", .args = "<fmt> [comment <msg>]", .sections = at::back_or_defaults,
    .parse = keep<with_comment<add_send_format<Digits::plain>>>, .doc = "Sends what a log format makes."}};
const Add send_binary{Keyword{.name = "tcp-check send-binary", .args = "<hexstring> [comment <msg>]", .sections = at::back_or_defaults,
    .parse = keep<with_comment<add_send<Digits::hex>>>, .doc = "Sends bytes written as hexadecimal digits."}};
const Add send_binary_lf{Keyword{.name = "tcp-check send-binary-lf", .args = "<hexfmt> [comment <msg>]", .sections = at::back_or_defaults,
    .parse = keep<with_comment<add_send_format<Digits::hex>>>, .doc = "Sends bytes a log format makes as hexadecimal digits."}};
const Add expect{Keyword{.name = "tcp-check expect",
    .args = "[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] "
            "[on-error <fmt>] [status-code <expr>] [!] <match> <pattern>",
    .sections = at::back_or_defaults, .parse = keep<add_expect>, .doc = "What must, or with ! must not, be in what the server sends."}};
const Add comment{Keyword{.name = "tcp-check comment", .args = "<string>", .sections = at::back_or_defaults, .parse = keep<add_comment>,
    .doc = "What messages say when one of the following rules fails."}};
const Add set_var{Keyword{.name = "tcp-check set-var", .args = "(<var-name>[,<cond>...]) <expr>", .sections = at::back_or_defaults,
    .parse = keep<add_set_var>, .takes_parameter = true, .doc = "Sets a variable to the value of an expression."}};
const Add set_var_fmt{Keyword{.name = "tcp-check set-var-fmt", .args = "(<var-name>[,<cond>...]) <fmt>", .sections = at::back_or_defaults,
    .parse = keep<add_set_var_fmt>, .takes_parameter = true, .doc = "Sets a variable to a text made by a log format."}};
const Add unset_var{Keyword{.name = "tcp-check unset-var", .args = "(<var-name>)", .sections = at::back_or_defaults,
    .parse = keep<add_unset_var>, .takes_parameter = true, .doc = "Forgets a variable."}};

}  // namespace
}  // namespace sluice::backend
