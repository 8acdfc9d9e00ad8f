#include "expr/expression.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/not_yet.hpp"
#include "expr/expression_parser.hpp"

namespace sluice::expr {

std::optional<Expression> Expression::parse(config::Line& line, Compiler& compiler) {
  const AtLine here(compiler, line);
  const config::Word* word = line.next();
  if (!word) {
    line.alert(line.end_place(), "a sample expression is missing");
    return std::nullopt;
  }
  ExpressionParser parser(word->text, 0, compiler);
  auto expression = parser.parse();
  const auto say = [&](const ExpressionParser::Trouble& error) {
    line.alert(word->at(error.at, error.width), error.text, error.suggestion);
  };
  if (!expression) {
    say(parser.error());
    return std::nullopt;
  }
  if (parser.at() != word->text.size()) {
    say({fmt::format("unexpected '{}' behind '{}'", word->text.substr(parser.at()), expression->source()), {}, parser.at(),
         word->text.size() - parser.at()});
    return std::nullopt;
  }
  // "These keywords may equally be appended" as words of their own: as long as the next word names a converter.
  while (const config::Word* next = line.peek()) {
    if (!catalog::entries<Converter>().find(ExpressionParser::name_at(next->text, 0))) break;
    word = line.next();
    ExpressionParser more(word->text, 0, compiler);
    if (!more.parse_converters(*expression)) {
      say(more.error());
      return std::nullopt;
    }
    if (more.at() != word->text.size()) {
      say({fmt::format("unexpected '{}'", word->text.substr(more.at())), {}, more.at(), word->text.size() - more.at()});
      return std::nullopt;
    }
  }
  return expression;
}

std::optional<Expression> Expression::parse(std::string_view text, Compiler& compiler, std::string* error) {
  ExpressionParser parser(text, 0, compiler);
  auto expression = parser.parse();
  if (expression && parser.at() == text.size()) return expression;
  if (error) {
    *error = expression ? fmt::format("unexpected '{}' behind '{}'", text.substr(parser.at()), expression->source())
                        : parser.error().text;
  }
  return std::nullopt;
}

Sample Expression::convert(Sample sample, const Scope& scope) const {
  for (const Step& step : steps_) {
    if (!sample) return {};
    if (sample.type() != step.takes) {
      sample = cast(sample, step.takes, *scope.arena);
      if (!sample) return {};
    }
    sample = step.converter->run(sample, scope);
  }
  return sample;
}

Sample Expression::eval_as(Type type, const Scope& scope) const {
  const Sample sample = eval(scope);
  return sample.type() == type ? sample : cast(sample, type, *scope.arena);
}

std::optional<std::string_view> Expression::text(const Scope& scope) const {
  return text_of(eval(scope), *scope.arena);
}

bool Expression::any(const Scope& scope, Visit visit) const {
  if (steps_.empty()) return fetch_->any(scope, visit);
  struct State {
    const Expression& self;
    const Scope& scope;
    Visit visit;
  } state{*this, scope, visit};
  return fetch_->any(scope, {[](void* opaque, const Sample& sample) {
                               State& s = *static_cast<State*>(opaque);
                               const Sample converted = s.self.convert(sample, s.scope);
                               return converted && s.visit(converted);
                             },
                             &state});
}

bool Expression::needs_http() const {
  return origin() == Origin::request || origin() == Origin::response || origin() == Origin::either;
}

// ---- parsing ----------------------------------------------------------------------------------------------------

std::string_view ExpressionParser::name_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_alpha(text[end]) || is_digit(text[end]) || std::string_view("._+-").contains(text[end]))) ++end;
  return text.substr(at, end - at);
}

bool ExpressionParser::complain(std::size_t at, std::size_t width, std::string text, std::string suggestion) {
  error_ = {std::move(text), std::move(suggestion), at, width ? width : 1};
  return false;
}

bool ExpressionParser::complain(const catalog::ArgumentError& error, std::string_view kind, std::string_view name,
                                const Names& names) {
  const std::size_t index = error.index;
  const std::string_view called = index < names.size() ? names[index] : std::string_view{};
  const std::size_t at = index < argument_places_.size() ? argument_places_[index] : at_ ? at_ - 1 : 0;
  const std::size_t width = index < arguments_.size() ? arguments_[index].size() : 1;
  if (index < arguments_.size() && !called.empty())
    return complain(at, width, fmt::format("{} '{}', argument {} ({}): {}", kind, name, index + 1, called, error.text));
  if (!called.empty()) return complain(at, width, fmt::format("{} '{}': argument {} ({}) is missing", kind, name, index + 1, called));
  return complain(at, width, fmt::format("{} '{}': {}", kind, name, error.text));
}

std::optional<Expression> ExpressionParser::parse() {
  Expression expression;
  if (!add_fetch(expression)) return std::nullopt;
  while (at_ < text_.size() && text_[at_] == ',') {
    ++at_;
    if (!add_converter(expression)) return std::nullopt;
  }
  return expression;
}

bool ExpressionParser::parse_converters(Expression& expression) {
  for (;;) {
    if (!add_converter(expression)) return false;
    if (at_ >= text_.size() || text_[at_] != ',') return true;
    ++at_;
  }
}

bool ExpressionParser::add_fetch(Expression& expression) {
  const std::size_t start = at_;
  const std::string_view name = name_at(text_, at_);
  if (name.empty()) return complain(at_, 1, "a fetch method is expected here");
  const Fetch* const entry = catalog::entries<Fetch>().find(name);
  if (!entry) {
    if (const std::string_view what = config::sample_waits_for(name); !what.empty())
      return complain(at_, name.size(), fmt::format("fetch method '{}' is not implemented in this version: {}", name, what));
    const auto names = catalog::entries<Fetch>().names();
    const std::string_view near = nearest(name, names);
    return complain(at_, name.size(), fmt::format("unknown fetch method '{}'", name),
                    near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near));
  }
  if (compiler_.here && !(valid_at(entry->where()) & compiler_.here))
    return complain(at_, name.size(), fmt::format("fetch method '{}' needs {}, which is not available here", name, need_of(entry->where())));
  at_ += name.size();
  if (!read_arguments(name, entry->run.least_arguments)) return false;
  catalog::ArgumentError error;
  expression.fetch_ = entry->run.bind(arguments_, compiler_, error);
  if (!expression.fetch_) return complain(error, "fetch method", name, entry->args);
  expression.entry_ = entry;
  expression.type_ = entry->type();
  expression.source_ = std::string(text_.substr(start, at_ - start));
  return true;
}

bool ExpressionParser::add_converter(Expression& expression) {
  const std::size_t start = at_;
  const std::string_view name = name_at(text_, at_);
  if (name.empty()) return complain(at_, 1, "a converter is expected here");
  const Converter* const entry = catalog::entries<Converter>().find(name);
  if (!entry) {
    if (const std::string_view what = config::sample_waits_for(name); !what.empty())
      return complain(at_, name.size(), fmt::format("converter '{}' is not implemented in this version: {}", name, what));
    const auto names = catalog::entries<Converter>().names();
    const std::string_view near = nearest(name, names);
    return complain(at_, name.size(), fmt::format("unknown converter '{}'", name),
                    near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near));
  }
  if (!castable(expression.type_, entry->takes()))
    return complain(at_, name.size(), fmt::format("converter '{}' takes {} and cannot be applied to {}", name,
                                                  name_of(entry->takes()), name_of(expression.type_)));
  at_ += name.size();
  if (!read_arguments(name, entry->run.least_arguments)) return false;
  catalog::ArgumentError error;
  auto bound = entry->run.bind(arguments_, compiler_, error);
  if (!bound) return complain(error, "converter", name, entry->args);
  if (std::string wrong = entry->objection ? entry->objection(arguments_) : std::string{}; !wrong.empty())
    return complain(start, name.size(), fmt::format("converter '{}': {}", name, wrong));
  const Type takes = entry->takes() == Type::same ? Type::any : entry->takes();
  expression.steps_.push_back({takes, std::move(bound), entry});
  if (entry->gives() != Type::same) expression.type_ = entry->gives();
  expression.source_ += ',';
  expression.source_ += text_.substr(start, at_ - start);
  return true;
}

// The second level of quoting of manual 2.2: like that of lines, without \#, \$ and \xNN.
bool ExpressionParser::read_arguments(std::string_view name, std::size_t least) {
  arguments_.clear();
  argument_places_.clear();
  if (at_ >= text_.size() || text_[at_] != '(') return true;
  const std::size_t open = at_++;
  std::string argument;
  std::size_t place = at_;
  char quote = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (quote == '\'') {
      if (c == '\'') quote = 0;
      else argument += c;
    } else if (c == '\\' && at_ + 1 < text_.size()) {
      const char next = text_[at_ + 1];
      const auto known = std::string_view("nrt \\\"'\t").find(next);
      if (known == std::string_view::npos) {
        argument += c;
        continue;
      }
      argument += "\n\r\t \\\"'\t"[known];
      ++at_;
    } else if (c == '"') {
      quote = quote ? 0 : '"';
    } else if (quote) {
      argument += c;
    } else if (c == '\'') {
      quote = '\'';
    } else if (c == ',' || c == ')') {
      arguments_.push_back(std::move(argument));
      argument_places_.push_back(place);
      argument.clear();
      place = at_ + 1;
      if (c == ')') {
        ++at_;
        // f() is f without arguments, or with one empty argument if it must have one.
        if (least == 0 && at_ - open == 2) arguments_.clear();
        return true;
      }
    } else {
      argument += c;
    }
  }
  return complain(open, 1, quote ? fmt::format("the quote is not closed in the arguments of '{}'", name)
                                 : fmt::format("')' is missing behind the arguments of '{}'", name));
}

}  // namespace sluice::expr
