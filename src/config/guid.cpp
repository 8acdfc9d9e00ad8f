#include "config/guid.hpp"

#include <fmt/format.h>

#include "config/diagnostics.hpp"

namespace sluice::config {
namespace {
constexpr std::size_t longest_guid = 127;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-' || c == '_';
}
}  // namespace

bool check_guid(const Line& line, const Word& word) {
  if (word.text.empty() || word.text.size() > longest_guid) {
    line.alert(word, fmt::format("'{}' : a GUID has 1 to {} characters.", line.keyword(), longest_guid));
    return false;
  }
  for (const char c : word.text) {
    if (is_plain(c)) continue;
    line.alert(word, fmt::format("'{}' : '{}' cannot be in a GUID, only letters, digits and '.', ':', '-', '_'.", line.keyword(), c));
    return false;
  }
  return true;
}

void Guids::add(const std::string& guid, std::string object, const Place& place) {
  if (guid.empty()) return;
  const auto [at, fresh] = taken_.try_emplace(guid, object);
  if (!fresh) diagnostics_.alert(place, fmt::format("'guid' : '{}' of {} is already taken by {}.", guid, object, at->second));
}

}  // namespace sluice::config
