// What the parties of a scene say, out of one text: parties are separated by %%, pauses within what one says are %_.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace sluice::fuzz {

inline std::vector<std::string> pieces_of(std::string_view text, std::string_view mark) {
  std::vector<std::string> out;
  for (;;) {
    const auto at = text.find(mark);
    out.emplace_back(text.substr(0, at));
    if (at == text.npos) return out;
    text.remove_prefix(at + mark.size());
  }
}

// Each party's pieces.
inline std::vector<std::vector<std::string>> parties_of(std::string_view text) {
  std::vector<std::vector<std::string>> out;
  for (const std::string& party : pieces_of(text, "%%")) out.push_back(pieces_of(party, "%_"));
  return out;
}

}  // namespace sluice::fuzz
