#include "proxy/rules/arguments.hpp"

#include "base/text.hpp"
#include "config/units.hpp"
#include "proxy/reply_parse.hpp"

namespace sluice::proxy {

namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return parse_int(text);
  text.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<expr::Expression> take_expression(ActionParse& in) {
  if (arguments_end(in.line)) {
    in.line.alert(in.line.end_place(), fmt::format("'{}' : '{}' expects an expression.", in.line.keyword(), in.line.last().text));
    return std::nullopt;
  }
  return expr::Expression::parse(in.line, in.compiler);
}

std::optional<NumberOrExpression> NumberOrExpression::parse(ActionParse& in, std::string_view what, Range range) {
  NumberOrExpression made;
  made.range_ = range;
  const config::Word* const word = in.line.peek();
  if (!word || !is_digit(word->text[0])) {
    if (!word) {
      in.line.take(what);
      return std::nullopt;
    }
    made.expression_ = expr::Expression::parse(in.line, in.compiler);
    return made.expression_ ? std::optional(std::move(made)) : std::nullopt;
  }
  in.line.next();
  const auto number = number_of(word->text);
  if (!number || *number < range.least || *number > range.most) {
    in.line.alert(*word, fmt::format("'{}' : expects {}, a number between {} and {}, not '{}'.", in.line.keyword(), what, range.least,
                                     range.most, word->text));
    return std::nullopt;
  }
  made.constant_ = *number;
  return made;
}

std::optional<std::int64_t> NumberOrExpression::get(const expr::Scope& scope) const {
  if (!expression_) return constant_;
  const expr::Sample value = expression_->eval_as(expr::Type::sint, scope);
  if (!value || value.integer() < range_.least || value.integer() > range_.most) return std::nullopt;
  return value.integer();
}

std::optional<TimeOrExpression> TimeOrExpression::parse(ActionParse& in, std::string_view what) {
  TimeOrExpression made;
  made.milliseconds_.range_ = {0, config::longest_timer.ms()};
  const config::Word* const word = in.line.peek();
  if (word && !is_digit(word->text[0])) {
    made.milliseconds_.expression_ = expr::Expression::parse(in.line, in.compiler);
    return made.milliseconds_.expression_ ? std::optional(std::move(made)) : std::nullopt;
  }
  const auto time = in.line.take_duration(what);
  if (!time) return std::nullopt;
  made.milliseconds_.constant_ = time->ms();
  return made;
}

std::optional<Duration> TimeOrExpression::get(const expr::Scope& scope) const {
  const auto ms = milliseconds_.get(scope);
  return ms ? std::optional(milliseconds(*ms)) : std::nullopt;
}

}  // namespace sluice::proxy
