#include "expr/json.hpp"

namespace sluice::expr {
namespace {

// Walks over JSON text. Every skip_* leaves `at` behind what it skipped, or says false for what is no JSON.
class Json {
 public:
  explicit Json(std::string_view text) : text_(text) {}

  // To the value the path leads to.
  bool go(const JsonPath& path) {
    blanks();
    for (const JsonPath::Step& step : path.steps)
      if (step.index >= 0 ? !enter_array(step.index) : !enter_object(step.name)) return false;
    return true;
  }
  std::optional<std::string_view> value() {
    const std::size_t start = at_;
    if (!skip_value(0)) return std::nullopt;
    return text_.substr(start, at_ - start);
  }

 private:
  static constexpr int deepest = 64;
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool accept(char c) {
    blanks();
    if (here() != c) return false;
    ++at_;
    blanks();
    return true;
  }
  bool enter_array(std::int64_t index) {
    if (!accept('[')) return false;
    for (; index > 0; --index)
      if (!skip_value(0) || !accept(',')) return false;
    return here() != ']';
  }
  bool enter_object(std::string_view name) {
    if (!accept('{')) return false;
    for (;;) {
      const std::size_t start = at_;
      if (!skip_string()) return false;
      const std::string_view key = text_.substr(start + 1, at_ - start - 2);
      if (!accept(':')) return false;
      if (key == name) return true;
      if (!skip_value(0) || !accept(',')) return false;
    }
  }
  bool skip_string() {
    if (here() != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') ++at_;
      else if (text_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    return false;
  }
  bool skip_value(int depth) {
    if (depth > deepest) return false;
    blanks();
    if (here() == '"') return skip_string();
    if (here() == '{' || here() == '[') return skip_container(depth);
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    return at_ != start;
  }
  bool skip_container(int depth) {
    const bool object = here() == '{';
    const char close = object ? '}' : ']';
    ++at_;
    if (accept(close)) return true;
    for (;;) {
      if (object && (!skip_string() || !accept(':'))) return false;
      if (!skip_value(depth + 1)) return false;
      blanks();
      if (here() == close) {
        ++at_;
        return true;
      }
      if (!accept(',')) return false;
    }
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

void put_utf8(char*& at, std::uint32_t c) {
  if (c < 0x80) {
    *at++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *at++ = static_cast<char>(0xc0 | c >> 6);
    *at++ = static_cast<char>(0x80 | (c & 63));
  } else {
    *at++ = static_cast<char>(0xe0 | c >> 12);
    *at++ = static_cast<char>(0x80 | (c >> 6 & 63));
    *at++ = static_cast<char>(0x80 | (c & 63));
  }
}
std::optional<std::string_view> unescaped(std::string_view text, Arena& arena) {
  if (text.find('\\') == std::string_view::npos) return text;
  char* const start = arena.allocate(text.size());
  char* at = start;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      *at++ = text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    const auto known = std::string_view("\"\\/bfnrt").find(c);
    if (c == 'u') {
      std::uint32_t unit = 0;
      for (int digit = 0; digit < 4; ++digit) {
        const int value = ++i < text.size() ? hex_digit(text[i]) : -1;
        if (value < 0) return std::nullopt;
        unit = unit << 4 | static_cast<unsigned>(value);
      }
      put_utf8(at, unit);
    } else if (known != std::string_view::npos && c) {
      *at++ = "\"\\/\b\f\n\r\t"[known];
    } else {
      return std::nullopt;
    }
  }
  return std::string_view(start, static_cast<std::size_t>(at - start));
}

}  // namespace

Sample json_query(std::string_view in, Arena& arena, const JsonPath& path, std::optional<JsonOut> out) {
  Json json(in);
  if (!json.go(path)) return {};
  const auto value = json.value();
  if (!value) return {};
  if (value->starts_with('"')) {
    const auto text = unescaped(value->substr(1, value->size() - 2), arena);
    if (!text) return {};
    if (!out) return Sample::text(*text);
    const auto number = parse_int(*text);
    return number ? Sample::integer(*number) : Sample{};
  }
  if (*value == "true" || *value == "false") return Sample::boolean(*value == "true");
  if (value->starts_with('[')) return out ? Sample{} : Sample::text(*value);
  if (value->starts_with('{') || *value == "null") return {};
  if (out) {
    const auto number = parse_int(value->substr(0, value->find('.')));
    return number ? Sample::integer(*number) : Sample{};
  }
  const auto dot = value->find_first_of(".eE");
  if (dot == std::string_view::npos) {
    const auto number = parse_int(*value);
    return number ? Sample::integer(*number) : Sample{};
  }
  return Sample::text(*value);
}

}  // namespace sluice::expr
