// Whole configurations: any text is loaded or complained about, and what loads is built; every place that is named lies in
// the text; the same text again gives the same.
#include <algorithm>
#include <cstdint>

#include "config/load.hpp"
#include "fuzz/require.hpp"
#include "proxy/build.hpp"

using namespace sluice;
using fuzz::require;

namespace {

void look_at_place(const config::Diagnostic& one, std::string_view text) {
  if (!one.place) return;
  require(one.place.line <= std::ranges::count(text, '\n') + 1, "a place is a line of the text", one.text);
  require(one.place.column <= text.size() + 2, "a place is a column of the text", one.text);
}

struct Loaded {
  std::string said;
  bool failed = false;
};

Loaded load(std::string_view text) {
  config::LoadOptions options;
  options.environment.set("A", "x y  z");
  options.environment.set("EMPTY", "");
  config::Diagnostics said;
  proxy::States states(1);
  const auto config = config::load({{"fuzz.cfg", std::string(text)}}, std::move(options), said);
  require(config != nullptr, "there is a configuration");
  const auto proxies = proxy::build(config, states, backend::Unresolved::waits, said);
  require(proxies != nullptr, "there is what was built");
  for (const config::Diagnostic& one : said.all()) {
    require(!one.text.empty(), "a complaint says something");
    look_at_place(one, text);
  }
  return {said.text(config::Severity::diagnostic), said.failed()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Loaded once = load(text);
  const Loaded again = load(text);
  require(once.failed == again.failed, "loaded again it is as good", once.said + again.said);
  require(once.said == again.said, "and the same is said", once.said + again.said);
  return 0;
}
