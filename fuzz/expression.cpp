// Expressions and conditions: any text is compiled or refused, and what was compiled can be evaluated. Whatever is
// refused has a complaint.
#include <cstdint>
#include <cstdlib>

#include "unit/expr/world.hpp"

using namespace sluice;
using namespace sluice::expr;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Files are not opened and names not looked up on a fuzzer's word.
bool leaves_the_text(std::string_view text) {
  for (const char* part : {"-f", "map", "jwt_verify", "src", "dst", "ip", "addr", "env", "local"})
    if (text.find(part) != text.npos) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (size > 2000 || leaves_the_text(text)) return 0;
  World world;
  std::string error;
  if (const auto expression = Expression::parse(text, world.compiler, &error)) {
    const Sample sample = expression->eval(world.scope);
    if (sample) text_of(sample, world.arena);
  } else {
    require(!error.empty());
  }
  config::Diagnostics said;
  config::Line line = line_of("if { " + std::string(text) + " }", said);
  if (const auto condition = Condition::parse(line, world.compiler)) {
    condition->eval(world.scope);
    condition->test(world.scope);
  } else {
    require(!said.all().empty());
  }
  return 0;
}
