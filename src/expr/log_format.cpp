#include "expr/log_format.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "expr/expression_parser.hpp"

namespace sluice::expr {

// log_style.cpp
void begin_named(Writer& to, const LogStyle& style);
void put_name(Writer& to, std::string_view name, bool first, const LogStyle& style);
void end_named(Writer& to, const LogStyle& style);

class LogFormatParser {
 public:
  LogFormatParser(std::string_view text, Compiler& compiler, LogFormat::For purpose)
      : text_(text), compiler_(compiler), purpose_(purpose) {
    format_.source_ = std::string(text);
    style_.http = purpose != LogFormat::For::log;
    style_.mandatory = !style_.http;
    format_.global_ = style_;
  }

  std::optional<LogFormat> parse() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != '%') {
        literal(c);
        ++at_;
      } else if (!parse_item()) {
        return std::nullopt;
      }
    }
    flush();
    return std::move(format_);
  }
  const ExpressionParser::Trouble& error() const { return error_; }

 private:
  using Item = LogFormat::Item;

  // In log lines blanks only separate: several in a row are one (manual 8.2.6), and those at the beginning none.
  bool blanks_separate() const { return purpose_ == LogFormat::For::log || purpose_ == LogFormat::For::unique_id; }
  void literal(char c) {
    const bool separated = literal_.empty() ? format_.items_.empty() : literal_.ends_with(' ');
    if (c == ' ' && separated && blanks_separate()) return;
    literal_ += c;
  }
  void flush() {
    if (literal_.empty()) return;
    Item item;
    item.literal = std::move(literal_);
    literal_.clear();
    format_.items_.push_back(std::move(item));
  }
  bool complain(std::size_t at, std::size_t width, std::string text, std::string suggestion = {}) {
    error_ = {std::move(text), std::move(suggestion), at, width};
    return false;
  }

  bool parse_item() {
    const std::size_t start = at_++;
    if (at_ < text_.size() && text_[at_] == '%') {
      literal('%');
      ++at_;
      return true;
    }
    Item item;
    item.style = style_;
    if (at_ < text_.size() && text_[at_] == '(' && !parse_name(item)) return false;
    if (at_ < text_.size() && text_[at_] == '{' && !parse_flags(item.style)) return false;
    if (at_ >= text_.size()) return complain(start, 1, "a single '%' at the end of a format: write '%%' for a percent sign");
    if (text_[at_] == '[') {
      item.style.hex = false;
      item.style.binary = style_.binary;  // for the whole format or not at all
      return parse_expression(std::move(item));
    }
    return parse_alias(start, std::move(item));
  }

  bool parse_name(Item& item) {
    const auto end = text_.find(')', at_);
    if (end == std::string_view::npos) return complain(at_, 1, "')' is missing behind the name of a format item");
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    const auto colon = name.find(':');
    if (colon != std::string_view::npos) {
      const std::string_view type = name.substr(colon + 1);
      if (type == "str") item.as = Type::str;
      else if (type == "sint") item.as = Type::sint;
      else if (type == "bool") item.as = Type::boolean;
      else return complain(at_ + 2 + colon, type.size(), fmt::format("'{}' is not a type of format items, expected 'str', 'sint' or 'bool'", type));
      name = name.substr(0, colon);
    }
    item.name = std::string(name);
    at_ = end + 1;
    return true;
  }

  bool parse_flags(LogStyle& style) {
    const std::size_t open = at_;
    const auto end = text_.find('}', at_);
    if (end == std::string_view::npos) return complain(open, 1, "'}' is missing behind the flags of a format item");
    std::size_t at = open + 1;
    while (at < end) {
      if (text_[at] == ',' || text_[at] == ' ') {
        ++at;
        continue;
      }
      const char sign = text_[at];
      std::size_t stop = at + 1;
      while (stop < end && is_alpha(text_[stop])) ++stop;
      const std::string_view flag = text_.substr(at + 1, stop - at - 1);
      if ((sign != '+' && sign != '-') || !apply(style, sign == '+' ? LogStyleChange::on : LogStyleChange::off, flag))
        return complain(at, stop - at, fmt::format("'{}' is not a format flag, expected '+' or '-' and one of Q, X, E, M, bin, json, cbor",
                                                   text_.substr(at, stop - at)));
      at = stop;
    }
    at_ = end + 1;
    return true;
  }

  enum class LogStyleChange : std::uint8_t { on, off };
  static bool apply(LogStyle& style, LogStyleChange change, std::string_view flag) {
    const bool on = change == LogStyleChange::on;
    if (flag == "Q") style.quoted = on;
    else if (flag == "X") style.hex = on;
    else if (flag == "E") style.escaped = on;
    else if (flag == "M") style.mandatory = on;
    else if (flag == "bin") style.binary = on;
    else if (flag == "json") style.encoding = on ? LogStyle::Encoding::json : LogStyle::Encoding::text;
    else if (flag == "cbor") style.encoding = on ? LogStyle::Encoding::cbor : LogStyle::Encoding::text;
    else return false;
    return true;
  }

  bool parse_expression(Item item) {
    const std::size_t open = at_;
    ExpressionParser parser(text_, at_ + 1, compiler_);
    auto expression = parser.parse();
    if (!expression) {
      error_ = parser.error();
      return false;
    }
    // Converters may stand apart, as in other places that take expressions.
    at_ = parser.at();
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ >= text_.size()) return complain(open, 1, "']' is missing behind an expression");
    if (text_[at_] != ']')
      return complain(at_, 1, fmt::format("expected ']' after '{}', but found '{}'", expression->source(), text_[at_]));
    ++at_;
    item.expression = std::move(expression);
    if (purpose_ == LogFormat::For::http || purpose_ == LogFormat::For::unique_id) item.style.quoted = false;
    add(std::move(item));
    return true;
  }

  bool parse_alias(std::size_t start, Item item) {
    std::size_t end = at_;
    while (end < text_.size() && (is_alpha(text_[end]) || is_digit(text_[end]))) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (name == "o") {
      style_ = item.style;
      if (style_.encoding != LogStyle::Encoding::text) format_.global_ = style_;
      at_ = end;
      return true;
    }
    if (name.empty()) return complain(start, 1, "'%' is not followed by anything a format knows: write '%%' for a percent sign");
    const LogAlias* const alias = catalog::entries<LogAlias>().find(name);
    if (!alias) {
      const auto names = catalog::entries<LogAlias>().names();
      const std::string_view near = nearest(name, names);
      return complain(start, end - start, fmt::format("unknown format item '%{}'", name),
                      near.empty() ? std::string{} : fmt::format("did you mean '%{}'?", near));
    }
    item.alias = alias;
    item.style.binary = style_.binary;
    item.style.hex = item.style.hex && has_hex_form(name);
    if (!alias->expression.empty()) {
      std::string why;
      const EvaluatedAt anywhere(compiler_, 0);
      item.expression = Expression::parse(alias->expression, compiler_, &why);
      if (!item.expression) return complain(start, end - start, fmt::format("'%{}' is not available: {}", name, why));
    } else if (alias->run.bind) {
      catalog::ArgumentError error;
      item.value = alias->run.bind({}, compiler_, error);
      if (!item.value) return complain(start, end - start, error.text);
    } else if (!alias->write) {
      return complain(start, end - start, fmt::format("'%{}' is not implemented", name));
    }
    at_ = end;
    add(std::move(item));
    return true;
  }

  // Manual 8.2.6: addresses, ports, and these.
  static bool has_hex_form(std::string_view name) {
    constexpr std::string_view names[] = {"ci", "cp", "fi", "fp", "bi", "bp", "si", "sp", "Ts", "rt", "pid"};
    return std::ranges::find(names, name) != std::end(names);
  }

  void add(Item item) {
    flush();
    format_.items_.push_back(std::move(item));
  }

  LogFormat format_;
  std::string_view text_;
  Compiler& compiler_;
  LogFormat::For purpose_;
  LogStyle style_;
  std::size_t at_ = 0;
  std::string literal_;
  ExpressionParser::Trouble error_;
};

std::optional<LogFormat> LogFormat::parse(config::Line& line, Compiler& compiler, For purpose) {
  const AtLine here(compiler, line);
  const config::Word* const word = line.next();
  if (!word) {
    line.alert(line.end_place(), "a format is missing");
    return std::nullopt;
  }
  LogFormatParser parser(word->text, compiler, purpose);
  auto format = parser.parse();
  if (!format) {
    const auto& error = parser.error();
    line.alert(word->at(std::min(error.at, word->text.empty() ? 0 : word->text.size() - 1), error.width), error.text, error.suggestion);
  }
  return format;
}

std::optional<LogFormat> LogFormat::parse(std::string_view text, Compiler& compiler, For purpose, std::string* error) {
  LogFormatParser parser(text, compiler, purpose);
  auto format = parser.parse();
  if (!format && error) *error = parser.error().text;
  return format;
}

Sample LogFormat::sample_of(const Item& item, const Scope& scope) const {
  Sample sample = item.expression ? item.expression->eval(scope) : item.value ? item.value->run(scope) : Sample{};
  if (item.as != Type::none && sample) sample = cast(sample, item.as, *scope.arena);
  return sample;
}

void LogFormat::write_item(const Item& item, const Scope& scope, Writer& to) const {
  if (item.alias && item.alias->write) return item.alias->write(scope, to, item.style);
  const Sample sample = sample_of(item, scope);
  if (!sample && item.style.encoding == LogStyle::Encoding::text) return write_text(to, {}, item.style);
  // Only texts are quoted, as far as aliases go.
  if (item.alias && item.style.quoted && (sample.type() == Type::sint || sample.type() == Type::boolean)) {
    LogStyle style = item.style;
    style.quoted = false;
    return write_sample(to, sample, style, *scope.arena);
  }
  write_sample(to, sample, item.style, *scope.arena);
}

// With an encoding for the whole, only named items are written, as an object of theirs.
void LogFormat::write_named(const Scope& scope, Writer& to) const {
  begin_named(to, global_);
  bool first = true;
  for (const Item& item : items_) {
    if (item.name.empty()) continue;
    put_name(to, item.name, first, global_);
    first = false;
    LogStyle style = item.style;
    style.encoding = global_.encoding;
    const std::size_t start = to.size();
    if (item.alias && item.alias->write) item.alias->write(scope, to, style);
    else write_sample(to, sample_of(item, scope), style, *scope.arena);
    if (to.size() == start) write_sample(to, {}, style, *scope.arena);  // an alias with nothing to say
  }
  end_named(to, global_);
}

// Lists of captures leave no blank where there are none; others are an item even when they are empty.
bool LogFormat::vanishes(const Item& item) {
  return item.alias && (item.alias->name.starts_with("hr") || item.alias->name.starts_with("hs"));
}

void LogFormat::write(const Scope& scope, Writer& to) const {
  if (global_.encoding != LogStyle::Encoding::text) return write_named(scope, to);
  bool blank_before = true;
  for (const Item& item : items_) {
    const std::size_t start = to.size();
    if (item.expression || item.value || item.alias) {
      write_item(item, scope, to);
      blank_before = blank_before && to.size() == start && vanishes(item);
      continue;
    }
    std::string_view literal = item.literal;
    // An item that wrote nothing leaves no second blank in a log line, nor one at its beginning.
    if (blank_before && !global_.http && literal.starts_with(' ')) literal.remove_prefix(1);
    to.put(literal);
    blank_before = literal.empty() ? blank_before : literal.ends_with(' ');
  }
}

std::string_view LogFormat::text(const Scope& scope, std::size_t limit) const {
  if (const auto fixed = constant()) return *fixed;
  // Most results are short: an arena chunk is not given away before it is needed.
  char small[1024];
  Writer brief({small, std::min(limit, sizeof small)});
  write(scope, brief);
  if (!brief.was_cut() || limit <= sizeof small) return scope.arena->copy(brief.text());
  char* const room = scope.arena->allocate(limit);
  Writer to({room, limit});
  write(scope, to);
  scope.arena->shrink(room, limit, to.size());
  return to.text();
}

std::optional<std::string_view> LogFormat::constant() const {
  if (global_.encoding != LogStyle::Encoding::text) return std::nullopt;
  if (items_.empty()) return std::string_view("");
  if (items_.size() > 1 || items_[0].literal.empty()) return std::nullopt;
  return std::string_view(items_[0].literal);
}

bool LogFormat::mentions(std::string_view name) const {
  return std::ranges::any_of(items_, [&](const Item& item) {
    return (item.alias && item.alias->name == name) || (item.expression && item.expression->fetch_name() == name);
  });
}

std::optional<std::string_view> LogFormat::item_of_http() const {
  for (const Item& item : items_)
    if (item.alias && item.alias->mode == LogAlias::Mode::http) return item.alias->name;
  return std::nullopt;
}

bool LogFormat::needs_http() const {
  for (const Item& item : items_)
    if (item.expression && item.expression->needs_http()) return true;
  return false;
}

}  // namespace sluice::expr
