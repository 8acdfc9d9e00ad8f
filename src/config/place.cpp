#include "config/place.hpp"

#include <cstring>

namespace sluice::config {

const SourceFile& Sources::add(std::string name, std::string text) {
  return files_.emplace_back(std::move(name), std::move(text));
}

std::string_view Sources::line(const Place& place) const {
  for (const SourceFile& file : files_) {
    if (place.line == 0 || place.file.data() != file.name.data()) continue;
    std::string_view rest = file.text;
    for (std::uint32_t number = 1; number < place.line && !rest.empty(); ++number) {
      const void* const end = std::memchr(rest.data(), '\n', rest.size());
      rest.remove_prefix(end ? static_cast<std::size_t>(static_cast<const char*>(end) - rest.data()) + 1 : rest.size());
    }
    std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

}  // namespace sluice::config
