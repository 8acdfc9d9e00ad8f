#include "config/place.hpp"

namespace sluice::config {

const SourceFile& Sources::add(std::string name, std::string text) {
  return files_.emplace_back(std::move(name), std::move(text));
}

std::string_view Sources::line(const Place& place) const {
  for (const SourceFile& file : files_) {
    if (place.file.data() != file.name.data()) continue;
    std::string_view rest = file.text;
    for (std::uint32_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = rest.find('\n');
      if (number == place.line) {
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
      }
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return {};
}

}  // namespace sluice::config
