#include "backend/check_expect.hpp"

#include "base/text.hpp"

namespace sluice::backend {
namespace {

template <std::size_t n>
bool read_code(config::Line& line, const CheckCode (&allowed)[n], CheckCode& into) {
  const config::Word* const word = line.take("a check status");
  if (!word) return false;
  std::vector<std::string_view> names;
  for (const CheckCode code : allowed) {
    if (name_of(code) == word->text) {
      into = code;
      return true;
    }
    names.push_back(name_of(code));
  }
  line.alert(*word, fmt::format("'{}' : '{}' only supports {} (got '{}').", line.keyword(), line.subject(), config::listed(names, "or"), word->text));
  return false;
}

std::shared_ptr<const expr::LogFormat> read_format(CheckBuilder& in, config::Line& line) {
  auto format = expr::LogFormat::parse(line, in.compiler, expr::LogFormat::For::http);
  return format ? std::make_shared<const expr::LogFormat>(std::move(*format)) : nullptr;
}

}  // namespace

bool ExpectOptions::read_option(CheckBuilder& in, config::Line& line, std::string_view name, bool& known) {
  known = true;
  if (name == "comment") {
    const config::Word* const word = line.take("<msg>");
    if (word) comment = word->text;
    return word != nullptr;
  }
  if (name == "min-recv") {
    const auto value = line.take_integer("<int>", -1, 1 << 30);
    if (value) min_recv = static_cast<int>(*value);
    return value.has_value();
  }
  if (name == "ok-status") {
    static constexpr CheckCode codes[] = {CheckCode::L7OK, CheckCode::L7OKC, CheckCode::L6OK, CheckCode::L4OK};
    return read_code(line, codes, on_pass.emplace());
  }
  if (name == "error-status") {
    static constexpr CheckCode codes[] = {CheckCode::L7OKC, CheckCode::L7RSP, CheckCode::L7STS, CheckCode::L6RSP, CheckCode::L4CON};
    return read_code(line, codes, on_fail.emplace());
  }
  if (name == "tout-status") {
    static constexpr CheckCode codes[] = {CheckCode::L7TOUT, CheckCode::L6TOUT, CheckCode::L4TOUT};
    return read_code(line, codes, on_timeout);
  }
  if (name == "on-success" || name == "on-error") {
    auto& into = name == "on-success" ? success_text : error_text;
    into = read_format(in, line);
    return into != nullptr;
  }
  if (name == "status-code") {
    auto expression = expr::Expression::parse(line, in.compiler);
    if (!expression) return false;
    status = std::make_shared<const expr::Expression>(std::move(*expression));
    return true;
  }
  known = false;
  return true;
}

const config::Word* ExpectOptions::read(CheckBuilder& in, config::Line& line, std::string& match) {
  for (;;) {
    const config::Word* const word = line.next();
    if (!word) {
      line.alert(line.end_place(), fmt::format("'{}' expects a match and a pattern.", line.keyword()));
      return nullptr;
    }
    bool known = false;
    if (!negated && !read_option(in, line, word->text, known)) return nullptr;
    if (known) continue;
    std::string_view text = word->text;
    if (text.starts_with('!')) {
      negated = true;
      text.remove_prefix(1);
      if (text.empty()) continue;
    }
    match = std::string(text);
    return word;
  }
}

bool ExpectOptions::read_rest(CheckBuilder& in, config::Line& line) {
  while (const config::Word* const word = line.next()) {
    bool known = false;
    if (!read_option(in, line, word->text, known)) return false;
    if (known) continue;
    line.alert(*word, fmt::format("'{}' : unknown option '{}'.", line.keyword(), word->text));
    return false;
  }
  return true;
}

int ExpectOptions::status_of(const CheckRun& run, int otherwise) const {
  if (!status) return otherwise;
  expr::Sample sample = status->eval(run.scope());
  if (sample.type() == expr::Type::bin) sample = sample.as(expr::Type::str);  // digits of an answer's first line
  sample = expr::cast(sample, expr::Type::sint, *run.scope().arena);
  return sample ? static_cast<int>(sample.integer()) : otherwise;
}

Finding ExpectOptions::passed(const CheckRun& run, std::string info, int status_code) const {
  if (success_text) info = std::string(success_text->text(run.scope(), 256));
  Finding finding = Finding::passed(std::move(info), status_of(run, status_code));
  finding.code = on_pass;
  return finding;
}

Finding ExpectOptions::failed(const CheckRun& run, CheckCode code, std::string info, int status_code) const {
  if (error_text) info = std::string(error_text->text(run.scope(), 256));
  return Finding::failed(on_fail.value_or(code), std::move(info), status_of(run, status_code));
}

}  // namespace sluice::backend
