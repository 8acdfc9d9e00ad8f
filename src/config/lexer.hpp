// Cuts a file into statements of words (manual 2.2, 2.3): quotes, escapes, variables, comments, continued lines, with
// the line and column of every byte. Reads nothing but its file and the environment it is given.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/environment.hpp"
#include "config/line.hpp"
#include "config/place.hpp"

namespace sluice::config {

class Lexer {
 public:
  Lexer(const SourceFile& file, const Environment& environment, Diagnostics& diagnostics)
      : file_(file), environment_(environment), diagnostics_(diagnostics) {}

  // The words of the next statement; empty optional at the end of the file. A statement that cannot be cut is
  // diagnosed and skipped.
  std::optional<std::vector<Word>> next();
  // What ${.SECTION} stands for.
  void set_section(std::string name) { section_ = std::move(name); }

 private:
  class Cutter;
  std::optional<std::string_view> take_line();
  static std::size_t continuation_column(std::string_view line);

  const SourceFile& file_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  std::string section_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
};

}  // namespace sluice::config
