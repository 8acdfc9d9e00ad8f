#include "expr/compiler.hpp"

namespace sluice::expr {

config::Line line_of(std::string_view text, config::Diagnostics& diagnostics) {
  std::vector<config::Word> words;
  while (!text.empty()) {
    const std::string_view word = take_until(text, ' ');
    if (word.empty()) continue;
    words.emplace_back();
    words.back().text = std::string(word);
  }
  return config::Line(std::move(words), diagnostics);
}

config::Line line_of_word(const config::Word& word, config::Diagnostics& diagnostics) {
  return config::Line(std::vector<config::Word>{word}, diagnostics);
}

}  // namespace sluice::expr
