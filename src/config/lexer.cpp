#include "config/lexer.hpp"

#include "base/text.hpp"

namespace sluice::config {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_name(char c) { return is_alpha(c) || is_digit(c) || c == '_'; }

// The byte an escape after a backslash stands for, inside and outside double quotes; nothing: the backslash is text.
std::optional<char> escaped(char c, char quote) {
  switch (c) {
    case ' ': case '\t': case '\\': case '#': case '\'': case '"': return c;
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '$': return quote == '"' ? std::optional(c) : std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

// One statement in the making: the words so far, the raw line, and where in it we are.
class Lexer::Cutter {
 public:
  explicit Cutter(Lexer& lexer) : lexer_(lexer) {}

  enum class End : std::uint8_t { statement, continued, broken };

  End cut(std::string_view line, std::uint32_t number);
  std::vector<Word> take() { return std::move(words_); }
  bool empty() const { return words_.empty(); }

 private:
  void quoted(char quote);
  void escape(char quote);
  void variable();
  void expand_list(std::string_view value, std::size_t from);
  bool continues() const;
  void put(char c, std::size_t at);
  void begin_word(std::size_t at);
  void end_word();
  void fail(std::size_t at, std::size_t width, std::string text, std::string suggestion = {});
  Place place(std::size_t at, std::size_t width) const {
    return {lexer_.file_.name, number_, static_cast<std::uint32_t>(at + 1), static_cast<std::uint32_t>(width)};
  }
  void look_for_typography();

  Lexer& lexer_;
  std::vector<Word> words_;
  std::string_view line_;
  std::uint32_t number_ = 0;
  std::size_t at_ = 0;
  bool in_word_ = false;
  bool broken_ = false;
};

Lexer::Cutter::End Lexer::Cutter::cut(std::string_view line, std::uint32_t number) {
  line_ = line;
  number_ = number;
  at_ = 0;
  const std::size_t first_word = words_.size();
  while (at_ < line_.size() && !broken_) {
    const char c = line_[at_];
    if (c == '#') break;
    if (is_blank(c)) {
      end_word();
      ++at_;
    } else if (c == '\\' && continues()) {
      end_word();
      return End::continued;
    } else {
      begin_word(at_);
      if (c == '"' || c == '\'') quoted(c);
      else if (c == '\\') escape(0);
      else put(c, at_++);
    }
  }
  end_word();
  if (broken_) return End::broken;
  if (words_.size() > first_word) look_for_typography();
  return End::statement;
}

// A backslash at the very end of the line, or one that stands alone before nothing but blanks and a comment.
bool Lexer::Cutter::continues() const {
  std::size_t next = at_ + 1;
  if (next == line_.size()) return true;
  if (in_word_) return false;
  while (next < line_.size() && is_blank(line_[next])) ++next;
  return next == line_.size() || (line_[next] == '#' && next > at_ + 1);
}

void Lexer::Cutter::quoted(char quote) {
  const std::size_t opening = at_++;
  while (at_ < line_.size() && !broken_) {
    const char c = line_[at_];
    if (c == quote) {
      ++at_;
      return;
    }
    if (quote == '\'') put(c, at_++);
    else if (c == '\\') escape(quote);
    else if (c == '$') variable();
    else put(c, at_++);
  }
  if (!broken_) fail(opening, line_.size() - opening, "unmatched quote", fmt::format("a {} is missing", quote));
}

void Lexer::Cutter::escape(char quote) {
  const std::size_t from = at_++;
  if (at_ < line_.size() && line_[at_] == 'x') {
    const int high = at_ + 1 < line_.size() ? hex_digit(line_[at_ + 1]) : -1;
    const int low = at_ + 2 < line_.size() ? hex_digit(line_[at_ + 2]) : -1;
    if (high < 0 || low < 0) {
      fail(from, std::min<std::size_t>(4, line_.size() - from), "truncated or invalid hexadecimal sequence",
           "write \\x and two hexadecimal digits");
      return;
    }
    put(static_cast<char>(high * 16 + low), from);
    at_ += 3;
    return;
  }
  const std::optional<char> meant = at_ < line_.size() ? escaped(line_[at_], quote) : std::nullopt;
  if (!meant) {
    put('\\', from);  // and what follows is read as if there were none
    return;
  }
  put(*meant, from);
  ++at_;
}

// $NAME, ${NAME}, ${NAME-default} and ${NAME[*]}; names may begin with a dot (pseudo-variables).
void Lexer::Cutter::variable() {
  const std::size_t from = at_++;
  const bool braces = at_ < line_.size() && line_[at_] == '{';
  if (braces) ++at_;
  const std::size_t start = at_;
  if (at_ < line_.size() && line_[at_] == '.') ++at_;
  if (at_ >= line_.size() || !(is_alpha(line_[at_]) || line_[at_] == '_')) {
    fail(at_, 1, "forbidden first character in environment variable name", "write \\$ for a dollar sign");
    return;
  }
  while (at_ < line_.size() && is_name(line_[at_])) ++at_;
  const std::string_view name = line_.substr(start, at_ - start);
  bool list = false;
  std::optional<std::string_view> otherwise;
  if (braces) {
    if (line_.substr(at_).starts_with("[*]")) {
      list = true;
      at_ += 3;
    }
    if (at_ < line_.size() && line_[at_] == '-') {
      const std::size_t end = line_.find_first_of("}\"", ++at_);
      otherwise = line_.substr(at_, end == std::string_view::npos ? end : end - at_);
      at_ = std::min(end, line_.size());
    }
    if (at_ >= line_.size() || line_[at_] != '}') {
      fail(from, std::min(at_, line_.size()) - from, "unmatched brace in environment variable name");
      return;
    }
    ++at_;
  }
  std::string pseudo;
  std::optional<std::string_view> value;
  if (name.starts_with('.')) {
    if (name == ".FILE") pseudo = lexer_.file_.name;
    else if (name == ".LINE") pseudo = std::to_string(number_);
    else if (name == ".SECTION") pseudo = lexer_.section_;
    else lexer_.diagnostics_.warning(place(from, at_ - from), fmt::format("unknown pseudo-variable '{}'", name));
    value = pseudo;
  } else {
    value = lexer_.environment_.find(name);
    if (!value && !otherwise)
      lexer_.diagnostics_.diagnostic(place(from, at_ - from), fmt::format("environment variable '{}' is not set", name));
  }
  const std::string_view text = value ? *value : otherwise.value_or(std::string_view{});
  if (list) expand_list(text, from);
  else for (const char c : text) put(c, from);
}

// Blanks in the value separate words.
void Lexer::Cutter::expand_list(std::string_view value, std::size_t from) {
  std::string_view rest = trim(value);
  if (rest.empty()) {
    // "${EMPTY[*]}" is no word at all, as long as nothing else makes it one.
    if (words_.back().text.empty() && at_ < line_.size() && line_[at_] == '"') {
      words_.pop_back();
      in_word_ = false;
    }
    return;
  }
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of(" \t");
    for (const char c : rest.substr(0, end)) put(c, from);
    rest = end == std::string_view::npos ? std::string_view{} : trim(rest.substr(end));
    if (!rest.empty()) {
      end_word();
      begin_word(from);
    }
  }
}

void Lexer::Cutter::put(char c, std::size_t at) {
  if (!in_word_) begin_word(at);
  words_.back().text += c;
  words_.back().columns.push_back(static_cast<std::uint32_t>(at + 1));
}

void Lexer::Cutter::begin_word(std::size_t at) {
  if (in_word_) return;
  in_word_ = true;
  words_.push_back({{}, place(at, 0), {}});
}

void Lexer::Cutter::end_word() {
  if (!in_word_) return;
  in_word_ = false;
  Word& word = words_.back();
  word.place.width = static_cast<std::uint32_t>(std::max(at_ + 1, std::size_t{word.place.column} + 1)) - word.place.column;
  // The usual word is its own image in the file and needs no list of columns.
  bool image = true;
  for (std::size_t i = 0; i < word.columns.size() && image; ++i) image = word.columns[i] == word.place.column + i;
  if (image) word.columns = {};
}

void Lexer::Cutter::fail(std::size_t at, std::size_t width, std::string text, std::string suggestion) {
  lexer_.diagnostics_.alert(place(at, width), std::move(text), std::move(suggestion));
  broken_ = true;
}

// Quotes and spaces a word processor made are easily overlooked: they are ordinary characters here.
void Lexer::Cutter::look_for_typography() {
  static constexpr std::string_view marks[] = {"\u00a0", "\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u200b"};
  const std::size_t end = std::min(at_, line_.size());
  if (std::ranges::none_of(line_.substr(0, end), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return;
  for (const std::string_view mark : marks) {
    const std::size_t found = line_.substr(0, end).find(mark);
    if (found == std::string_view::npos) continue;
    const bool space = mark == marks[0] || mark == marks[6];
    lexer_.diagnostics_.warning(place(found, mark.size()),
                                space ? "this is no space but U+00A0 or U+200B, and part of the word"
                                      : "this is a typographic quote, and part of the word",
                                space ? "use an ordinary space" : "use \" or '");
    return;
  }
}

std::optional<std::vector<Word>> Lexer::next() {
  for (;;) {
    Cutter cutter(*this);
    bool more = true;
    bool good = true;
    std::uint32_t continued = 0;  // the line whose end wants another one
    while (more) {
      if (at_ >= file_.text.size()) {
        if (continued == 0) return std::nullopt;
        break;
      }
      const std::optional<std::string_view> line = take_line();
      if (!line) {
        good = false;
        break;
      }
      switch (cutter.cut(*line, line_)) {
        case Cutter::End::statement: more = false; break;
        case Cutter::End::broken: more = good = false; break;
        case Cutter::End::continued:
          if (continued == 0)
            diagnostics_.warning({file_.name, line_, static_cast<std::uint32_t>(continuation_column(*line)), 1},
                                 "the line is continued by a trailing backslash, which HAProxy does not know",
                                 "write the statement in one line");
          continued = line_;
          break;
      }
    }
    if (good && !cutter.empty()) return cutter.take();
  }
}

// The next line of the file without its end; nothing if it cannot be read.
std::optional<std::string_view> Lexer::take_line() {
  ++line_;
  const std::string_view rest = std::string_view(file_.text).substr(at_);
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  at_ += end == std::string_view::npos ? rest.size() : end + 1;
  const auto place = [&](std::size_t column) {
    return Place{file_.name, line_, static_cast<std::uint32_t>(column + 1), 1};
  };
  if (end == std::string_view::npos && !line.empty())
    diagnostics_.alert(place(line.size()), "missing LF on last line, the file might have been truncated");
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) {
    diagnostics_.alert(place(0), "the file begins with a byte order mark", "save it as UTF-8 without one");
    return std::nullopt;
  }
  if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos) {
    diagnostics_.alert(place(nul), "stray NUL character");
    return std::nullopt;
  }
  const auto control = std::ranges::find_if(line, [](char c) { return (c < 0x20 && c >= 0 && c != '\t') || c == 0x7f; });
  if (control != line.end())
    diagnostics_.warning(place(static_cast<std::size_t>(control - line.begin())),
                         fmt::format("control character \\x{:02x}", static_cast<unsigned>(*control)));
  return line;
}

std::size_t Lexer::continuation_column(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t");
  if (end != std::string_view::npos && line[end] == '\\') return end + 1;
  const std::size_t before_comment = line.rfind('\\', line.find('#'));
  return before_comment == std::string_view::npos ? 1 : before_comment + 1;
}

}  // namespace sluice::config
