// Regex: a compiled PCRE2 pattern, translated to machine code where the library can. Immutable, shared by workers;
// what a match needs to write to is kept per thread, so matching allocates nothing.
#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"

namespace sluice::expr {

enum class Letters : std::uint8_t { exact, any_case };

class Regex {
 public:
  Regex() = default;  // matches nothing; to be assigned to
  static std::expected<Regex, std::string> compile(std::string_view pattern, Letters letters = Letters::exact);

  bool matches(std::string_view text) const;
  // The groups of the first match at or after `from`: (0) is the whole. Up to 10; absent ones have begin == npos.
  struct Groups {
    struct Span {
      std::size_t begin = std::string_view::npos;
      std::size_t end = std::string_view::npos;
    };
    std::array<Span, 10> at;
    std::size_t count = 0;
  };
  std::optional<Groups> find(std::string_view text, std::size_t from = 0) const;
  // "\1" and friends in `format` become the groups of `match` in `text` (manual: replace-header, regsub).
  static std::string_view expand(std::string_view format, std::string_view text, const Groups& match, Arena& arena);
  std::string_view pattern() const { return pattern_; }

 private:
  struct Free {
    void operator()(void* code) const;
  };
  std::unique_ptr<void, Free> code_;
  std::string pattern_;
};

}  // namespace sluice::expr
