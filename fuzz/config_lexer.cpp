// The configuration language: any text is cut into words, dispatched and diagnosed without reading outside of itself,
// and every place that is named lies in the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "config/load.hpp"

using namespace sluice::config;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_place(const Place& place, std::string_view text) {
  if (!place) return;
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  require(place.line <= lines);
  require(place.column <= text.size() + 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  // These two leave the text: the one opens files, the other is slow on purpose.
  if (text.find("errorfile") != text.npos || text.find("password") != text.npos) return 0;
  LoadOptions options;
  options.environment.set("A", "x y  z");
  options.environment.set("EMPTY", "");
  Diagnostics said;
  const auto config = load({{"fuzz.cfg", std::string(text)}}, std::move(options), said);
  require(config != nullptr);
  for (const Diagnostic& one : said.all()) {
    check_place(one.place, text);
    require(!printed(one, 1).empty());
  }
  return 0;
}
