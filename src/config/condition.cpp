#include "config/condition.hpp"

#include <array>
#include <compare>
#include <functional>
#include <memory>

#include "base/text.hpp"
#include "config/diagnostics.hpp"
#include "config/lexer.hpp"

namespace sluice::config {
namespace {

// 3.5.0, 2.4-dev19: what is missing is 0; a development version is older than its release.
using Version = std::array<unsigned, 4>;

Version version_of(std::string_view text) {
  Version version{0, 0, 0, 0xffffffff};
  const auto number = [&] {
    unsigned value = 0;
    while (!text.empty() && is_digit(text[0])) {
      value = value * 10 + static_cast<unsigned>(text[0] - '0');
      text.remove_prefix(1);
    }
    return value;
  };
  for (std::size_t i = 0; i < 3 && !text.empty() && is_digit(text[0]); ++i) {
    version[i] = number();
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  if (text.starts_with("-dev")) {
    text.remove_prefix(4);
    version[3] = number();
  } else if (text.size() == 1 && is_alpha(text[0])) {
    version[3] = static_cast<unsigned>(to_lower(text[0]));  // OpenSSL 1.1.1w
  } else if (text.empty()) {
    version[3] = 0xffff;
  }
  return version;
}
// OpenSSL's letters count up from the release, HAProxy's -dev numbers towards it.
Version ssl_version_of(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  text = digit == std::string_view::npos ? std::string_view{} : text.substr(digit);
  text = text.substr(0, text.find_first_of(" -"));
  Version version = version_of(text);
  if (version[3] >= 0xffff) version[3] = 0;
  return version;
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::any_of(list, [&](const std::string& item) { return item == name; });
}

struct Surroundings {
  const Facts& facts;
  const Environment& environment;
};

struct Predicate {
  std::string_view name;
  std::size_t arguments;
  bool (*holds)(const std::vector<std::string>& arguments, const Surroundings& in);
};

using Arguments = std::vector<std::string>;
constexpr Predicate predicates[] = {
    {"defined", 1, [](const Arguments& a, const Surroundings& in) { return in.environment.find(a[0]).has_value(); }},
    {"feature", 1, [](const Arguments& a, const Surroundings& in) { return contains(in.facts.features, a[0]); }},
    {"streq", 2, [](const Arguments& a, const Surroundings&) { return a[0] == a[1]; }},
    {"strneq", 2, [](const Arguments& a, const Surroundings&) { return a[0] != a[1]; }},
    {"strstr", 2, [](const Arguments& a, const Surroundings&) { return a[0].contains(a[1]); }},
    {"version_atleast", 1,
     [](const Arguments& a, const Surroundings& in) { return version_of(in.facts.version) >= version_of(a[0]); }},
    {"version_before", 1,
     [](const Arguments& a, const Surroundings& in) { return version_of(in.facts.version) < version_of(a[0]); }},
    {"openssl_version_atleast", 1,
     [](const Arguments& a, const Surroundings& in) {
       return in.facts.ssl_library.starts_with("OpenSSL") && ssl_version_of(in.facts.ssl_library) >= ssl_version_of(a[0]);
     }},
    {"openssl_version_before", 1,
     [](const Arguments& a, const Surroundings& in) {
       return in.facts.ssl_library.starts_with("OpenSSL") && ssl_version_of(in.facts.ssl_library) < ssl_version_of(a[0]);
     }},
    {"ssllib_name_startswith", 1,
     [](const Arguments& a, const Surroundings& in) { return in.facts.ssl_library.starts_with(a[0]); }},
    // This program is not built with AWS-LC, and not in its FIPS mode.
    {"awslc_api_atleast", 1, [](const Arguments&, const Surroundings&) { return false; }},
    {"awslc_api_before", 1, [](const Arguments&, const Surroundings&) { return false; }},
    {"fips_mode", 0, [](const Arguments&, const Surroundings&) { return false; }},
    {"enabled", 1, [](const Arguments& a, const Surroundings& in) { return contains(in.facts.enabled, a[0]); }},
};

// Recursive descent; everything is parsed, so that a mistake shows whichever way the condition goes.
class Parser {
 public:
  Parser(std::string_view text, const Surroundings& in) : text_(text), in_(in) {}

  Reading<bool> whole() {
    skip();
    if (at_ == text_.size()) return false;  // no condition is false
    const bool value = alternatives();
    skip();
    if (!error_ && at_ < text_.size())
      fail(at_, fmt::format("unexpected character '{}' at the end of the condition", character()));
    if (error_) return std::unexpected(*error_);
    return value;
  }

 private:
  bool alternatives() {
    bool value = conjunction();
    while (accept("||")) {
      const bool other = conjunction();
      value = value || other;
    }
    return value;
  }
  bool conjunction() {
    bool value = term();
    while (accept("&&")) {
      const bool other = term();
      value = value && other;
    }
    return value;
  }
  bool term() {
    if (error_) return false;
    skip();
    if (++depth_ > 100) return fail(at_, "too many nested parentheses");
    const bool value = accept("!") ? !term() : atom();
    --depth_;
    return value;
  }
  bool atom() {
    const std::size_t from = at_;
    if (accept("(")) {
      const bool value = alternatives();
      if (!error_ && !accept(")")) return fail(from, "this '(' has no ')'");
      return value;
    }
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '+')) return number();
    while (at_ < text_.size() && (is_alpha(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '_')) ++at_;
    return predicate(text_.substr(from, at_ - from), from);
  }
  bool number() {
    const std::size_t from = at_++;
    bool nonzero = text_[from] != '0' && is_digit(text_[from]);
    bool digits = is_digit(text_[from]);
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
      nonzero = nonzero || text_[at_] != '0';
      digits = true;
    }
    return digits ? nonzero : fail(from, "a number, a predicate or '(' is expected");
  }
  bool predicate(std::string_view name, std::size_t from) {
    if (name.empty())
      return fail(from, at_ < text_.size() ? fmt::format("unexpected '{}': a number, a predicate or '(' is expected", character())
                                           : "the condition is incomplete: a number, a predicate or '(' is expected");
    const Predicate* known = std::ranges::find(predicates, name, &Predicate::name);
    if (known == std::end(predicates)) {
      std::vector<std::string_view> names;
      for (const Predicate& one : predicates) names.push_back(one.name);
      const std::string_view meant = nearest(name, names);
      return fail(from, meant.empty() ? fmt::format("unknown predicate '{}'", name)
                                      : fmt::format("unknown predicate '{}'; did you mean '{}' maybe ?", name, meant));
    }
    if (at_ >= text_.size() || text_[at_] != '(') {
      if (known->arguments == 0) return known->holds({}, in_);
      return fail(at_, fmt::format("'(' expected after predicate '{}'", name));
    }
    const std::optional<Arguments> list = arguments();
    if (!list) return false;
    if (list->size() != known->arguments)
      return fail(from, fmt::format("predicate '{}' takes {} argument{}, not {}", name, known->arguments,
                                    known->arguments == 1 ? "" : "s", list->size()));
    return known->holds(*list, in_);
  }
  // "(a,b)": a second level of quotes and escapes (manual 2.2).
  std::optional<Arguments> arguments() {
    const std::size_t opening = at_++;
    Arguments list;
    std::string argument;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote == 0 && c == ')') {
        ++at_;
        if (!list.empty() || !argument.empty()) list.push_back(argument);
        return list;
      }
      if (quote == 0 && c == ',') {
        list.push_back(std::move(argument));
        argument.clear();
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote != '\'' && at_ + 1 < text_.size() && std::string_view(" \\'\"").contains(text_[at_ + 1])) {
        argument += text_[++at_];
      } else {
        argument += c;
      }
    }
    fail(opening, quote ? "unmatched quote in the arguments" : "this '(' has no ')'");
    return std::nullopt;
  }

  bool fail(std::size_t offset, std::string why) {
    if (!error_) error_ = Unreadable{std::move(why), offset};
    return false;
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool accept(std::string_view symbol) {
    if (error_) return false;
    skip();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  std::string_view character() const { return text_.substr(at_, 1); }

  std::string_view text_;
  const Surroundings& in_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  std::optional<Unreadable> error_;
};

}  // namespace

Reading<bool> evaluate(std::string_view condition, const Facts& facts, const Environment& environment) {
  const Surroundings in{facts, environment};
  return Parser(condition, in).whole();
}

std::expected<bool, std::string> evaluate_argument(std::string_view condition, const Facts& facts,
                                                   const Environment& environment) {
  Sources sources;
  Diagnostics diagnostics(sources);
  const SourceFile& file = sources.add("-cc", std::string(condition) + "\n");
  const auto words = Lexer(file, environment, diagnostics).next();
  if (diagnostics.failed()) return std::unexpected(diagnostics.all().back().text);
  std::string text;
  if (words)
    for (const Word& word : *words) text += (text.empty() ? "" : " ") + word.text;
  const Reading<bool> value = evaluate(text, facts, environment);
  if (!value) return std::unexpected(fmt::format("{} (at position {} of '{}')", value.error().why, value.error().offset + 1, text));
  return *value;
}

}  // namespace sluice::config
