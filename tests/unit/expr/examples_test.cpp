#include <gtest/gtest.h>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

template <class Entry>
void run_examples() {
  for (const Entry* entry : catalog::entries<Entry>()) {
    for (const catalog::Example& example : entry->examples) {
      World world;
      EXPECT_EQ(world.value(example.input), example.has_output ? std::string(example.output) : "<none>")
          << entry->name << ": " << example.input;
    }
  }
}

TEST(Examples, ofFetchesAreTrue) { run_examples<Fetch>(); }
TEST(Examples, ofConvertersAreTrue) { run_examples<Converter>(); }

TEST(Examples, aliasesNameExpressionsThatCompile) {
  World world;
  for (const LogAlias* alias : catalog::entries<LogAlias>()) {
    if (alias->expression.empty()) continue;
    EXPECT_TRUE(Expression::parse(alias->expression, world.compiler)) << alias->name;
  }
}

}  // namespace
}  // namespace sluice::expr
