#include "expr/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstring>

#include "base/text.hpp"

namespace sluice::expr {

namespace {
// What one thread needs to match: made at its first match, freed when the thread ends.
class MatchRoom {
 public:
  ~MatchRoom() {
    pcre2_match_data_free(groups_);
    pcre2_match_context_free(context_);
    pcre2_jit_stack_free(stack_);
  }
  pcre2_match_data* groups() {
    if (!groups_) {
      groups_ = pcre2_match_data_create(10, nullptr);
      context_ = pcre2_match_context_create(nullptr);
      stack_ = pcre2_jit_stack_create(32 * 1024, 512 * 1024, nullptr);
      check(groups_ && context_ && stack_, "memory for regular expressions");
      pcre2_jit_stack_assign(context_, nullptr, stack_);
    }
    return groups_;
  }
  pcre2_match_context* context() { return context_; }

 private:
  pcre2_match_data* groups_ = nullptr;
  pcre2_match_context* context_ = nullptr;
  pcre2_jit_stack* stack_ = nullptr;
};
thread_local MatchRoom room;

int match(const void* code, std::string_view text, std::size_t from) {
  if (!code) return PCRE2_ERROR_NOMATCH;
  pcre2_match_data* const groups = room.groups();
  const char* const start = text.data() ? text.data() : "";
  return pcre2_match(static_cast<const pcre2_code*>(code), reinterpret_cast<PCRE2_SPTR>(start), text.size(), from, 0,
                     groups, room.context());
}
}  // namespace

void Regex::Free::operator()(void* code) const { pcre2_code_free(static_cast<pcre2_code*>(code)); }

std::expected<Regex, std::string> Regex::compile(std::string_view pattern, Letters letters) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t options = letters == Letters::any_case ? PCRE2_CASELESS : 0;
  pcre2_code* const code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data() ? pattern.data() : ""),
                                         pattern.size(), options, &error, &offset, nullptr);
  if (!code) {
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(error, text, sizeof text);
    return std::unexpected("regex '" + std::string(pattern) + "' is invalid: " + reinterpret_cast<const char*>(text) +
                           " (at offset " + std::to_string(offset) + ")");
  }
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // failure only means that it is interpreted
  Regex regex;
  regex.code_.reset(code);
  regex.pattern_ = std::string(pattern);
  return regex;
}

bool Regex::matches(std::string_view text) const { return match(code_.get(), text, 0) >= 0; }

std::optional<Regex::Groups> Regex::find(std::string_view text, std::size_t from) const {
  if (from > text.size()) return std::nullopt;
  const int found = match(code_.get(), text, from);
  if (found < 0) return std::nullopt;
  Groups groups;
  groups.count = found == 0 ? 10 : static_cast<std::size_t>(found);
  const PCRE2_SIZE* const at = pcre2_get_ovector_pointer(room.groups());
  for (std::size_t i = 0; i < groups.count; ++i) {
    if (at[2 * i] == PCRE2_UNSET) continue;
    groups.at[i] = {at[2 * i], at[2 * i + 1]};
  }
  return groups;
}

namespace {
// Calls put(view) for each piece of the expanded text. "\0".."\9" are groups, "\xHH" a byte, "\c" is c.
template <class Put>
void pieces_of(std::string_view format, std::string_view text, const Regex::Groups& match, Put put) {
  for (std::size_t i = 0; i < format.size();) {
    const auto slash = format.find('\\', i);
    put(format.substr(i, slash - i));
    if (slash == std::string_view::npos) return;
    if (slash + 1 == format.size()) {
      put(format.substr(slash));
      return;
    }
    const char c = format[slash + 1];
    i = slash + 2;
    if (is_digit(c)) {
      const auto& group = match.at[static_cast<std::size_t>(c - '0')];
      if (group.begin != std::string_view::npos) put(text.substr(group.begin, group.end - group.begin));
    } else if (c == 'x' && i + 1 < format.size() && hex_digit(format[i]) >= 0 && hex_digit(format[i + 1]) >= 0) {
      const char byte = static_cast<char>(hex_digit(format[i]) * 16 + hex_digit(format[i + 1]));
      put(std::string_view(&byte, 1));
      i += 2;
    } else {
      put(format.substr(slash + 1, 1));
    }
  }
}
}  // namespace

std::string_view Regex::expand(std::string_view format, std::string_view text, const Groups& match, Arena& arena) {
  std::size_t size = 0;
  pieces_of(format, text, match, [&](std::string_view piece) { size += piece.size(); });
  if (size == 0) return {"", 0};
  char* const start = arena.allocate(size);
  char* at = start;
  pieces_of(format, text, match, [&](std::string_view piece) {
    if (!piece.empty()) std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  });
  return {start, size};
}

}  // namespace sluice::expr
