#include "config/diagnostics.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"

namespace sluice::config {

namespace {

// "daemon -----in the background": tutorials draw their comments so.
bool has_drawn_comment(std::string_view line, std::size_t column) {
  line = line.substr(0, line.find('#'));
  if (column == 0 || column > line.size()) return false;  // the mistake may be in the real comment behind
  line.remove_prefix(column - 1);
  const std::size_t at = line.find("--");
  return at != std::string_view::npos && line.find_first_not_of("- ", at) != std::string_view::npos &&
         (line.find("----", at) == at || std::ranges::any_of(line.substr(at), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
}

}  // namespace

void Diagnostics::add(Severity severity, const Place& place, std::string text, std::string suggestion) {
  // What is wrong in a defaults section is found again in each proxy that takes it.
  for (const Diagnostic& one : all_)
    if (one.place.line == place.line && place && one.place == place && one.severity == severity && one.text == text) return;
  ++counts_[static_cast<std::size_t>(severity)];
  std::string excerpt(sources_ ? sources_->line(place) : std::string_view{});
  if (suggestion.empty() && severity == Severity::alert && has_drawn_comment(excerpt, place.column)) suggestion = "a comment begins with '#'";
  all_.push_back({severity, place, std::move(text), std::move(suggestion), std::move(excerpt)});
}
void Diagnostics::alert(const Place& place, std::string text, std::string suggestion) {
  add(Severity::alert, place, std::move(text), std::move(suggestion));
}
void Diagnostics::warning(const Place& place, std::string text, std::string suggestion) {
  add(Severity::warning, place, std::move(text), std::move(suggestion));
}
void Diagnostics::notice(const Place& place, std::string text, std::string suggestion) {
  add(Severity::notice, place, std::move(text), std::move(suggestion));
}
void Diagnostics::diagnostic(const Place& place, std::string text, std::string suggestion) {
  add(Severity::diagnostic, place, std::move(text), std::move(suggestion));
}

void Diagnostics::clear() {
  all_.clear();
  for (std::size_t& count : counts_) count = 0;
}

std::string Diagnostics::text(Severity least) const {
  std::string out;
  const int pid = static_cast<int>(::getpid());
  for (const Diagnostic& diagnostic : all_) {
    const bool shown = diagnostic.severity == Severity::diagnostic ? least == Severity::diagnostic
                                                                   : diagnostic.severity >= least;
    if (shown) out += printed(diagnostic, pid);
  }
  return out;
}

namespace {

std::string_view head(Severity severity) {
  switch (severity) {
    case Severity::diagnostic: return "[DIAG]    ";
    case Severity::notice: return "[NOTICE]  ";
    case Severity::warning: return "[WARNING] ";
    case Severity::alert: return "[ALERT]   ";
  }
  return "";
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// The part of a long line around the caret, so that it fits a screen; `start` is its offset.
std::string_view window(std::string_view line, std::size_t caret, std::size_t& start) {
  constexpr std::size_t room = 160;
  start = 0;
  if (line.size() <= room) return line;
  if (caret > room / 2) start = std::min(caret - room / 2, line.size() - room);
  while (start > 0 && !starts_character(line[start])) --start;
  return line.substr(start, room);
}

// The line with control bytes made visible, and below it the caret: as many columns as the terminal shows.
void append_excerpt(std::string& out, const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  const std::size_t caret = place.column ? std::min<std::size_t>(place.column - 1, diagnostic.excerpt.size()) : 0;
  std::size_t start = 0;
  const std::string_view shown = window(diagnostic.excerpt, caret, start);
  const std::string where = place.column ? fmt::format("  {}:{}:{} | ", place.file, place.line, place.column)
                                         : fmt::format("  {}:{} | ", place.file, place.line);
  out += where;
  std::string below;
  for (const char c : where) {
    if (starts_character(c)) below += c == '|' ? '|' : ' ';
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\t';
    out += control || c == 0x7f ? '?' : c;
    if (start + i < caret && starts_character(c)) below += c == '\t' ? '\t' : ' ';
  }
  out += '\n';
  if (!place.column) return;
  below += '^';
  for (std::size_t i = 1; i < place.width && caret + i < start + shown.size(); ++i)
    if (starts_character(diagnostic.excerpt[caret + i])) below += '~';
  out += below;
  out += '\n';
}

}  // namespace

std::string printed(const Diagnostic& diagnostic, int pid) {
  std::string out = fmt::format("{} ({}) : config : ", head(diagnostic.severity), pid);
  if (diagnostic.place) out += fmt::format("parsing [{}:{}] : ", diagnostic.place.file, diagnostic.place.line);
  out += diagnostic.text;
  if (!diagnostic.suggestion.empty() && out.ends_with('.')) out.pop_back();  // one sentence
  if (!diagnostic.suggestion.empty()) out += fmt::format("; {}", diagnostic.suggestion);
  out += '\n';
  if (diagnostic.place && !diagnostic.excerpt.empty()) append_excerpt(out, diagnostic);
  return out;
}

std::string listed(const std::vector<std::string_view>& words, std::string_view joint) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? fmt::format(" {} ", joint) : ", ";
    out += fmt::format("'{}'", words[i]);
  }
  return out;
}

}  // namespace sluice::config
