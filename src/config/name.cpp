#include "config/name.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sluice::config {
namespace {

constexpr bool fits_name(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
}

}  // namespace

bool good_name(const Word& word, std::string_view of, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < word.text.size(); ++i) {
    if (fits_name(word.text[i])) continue;
    std::size_t width = 1;  // of a character in UTF-8
    while (i + width < word.text.size() && (static_cast<unsigned char>(word.text[i + width]) & 0xC0) == 0x80) ++width;
    diagnostics.alert(word.at(i, width), fmt::format("character '{}' is not permitted in {} '{}'", word.text.substr(i, width), of, word.text),
                      "use letters, digits, '-', '_', '.' and ':'");
    return false;
  }
  return !word.text.empty();
}

}  // namespace sluice::config
