#include <gtest/gtest.h>

#include <fstream>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

struct MapFile {
  MapFile(std::string_view name, std::string_view text) : path(testing::TempDir() + std::string(name)) { std::ofstream(path) << text; }
  std::string path;
};

TEST(Map, findsValuesByEveryMatch) {
  World world;
  const MapFile texts("sluice_texts.map", "# keys and values\na 1\nab 2\nabc 3\nfoo bar baz  \n");
  const auto map = [&](std::string_view in, std::string_view how, std::string_view rest = "") {
    return world.value(std::string(in) + ",map" + std::string(how) + "(" + texts.path + std::string(rest) + ")");
  };
  EXPECT_EQ(map("str(ab)", ""), "2");
  EXPECT_EQ(map("str(zz)", "_str"), "<none>");
  EXPECT_EQ(map("str(zz)", "_str", ",none"), "none");
  EXPECT_EQ(map("str(foo)", "_str"), "bar baz");
  EXPECT_EQ(map("str(abcdef)", "_beg"), "3");
  EXPECT_EQ(map("str(xab)", "_end"), "2");
  EXPECT_EQ(map("str(xab)", "_sub"), "1");
  EXPECT_EQ(map("str(/x/ab/y)", "_dir"), "2");
  EXPECT_EQ(map("str(x.abc:80)", "_dom"), "3");
  EXPECT_EQ(map("str(abcdef)", "_beg_key"), "abc");
  EXPECT_EQ(map("str(ab)", "_str_int"), "<error: converter 'map_str_int', argument 1 (map_name): 'bar baz' is not an integer at line 5 of file '" + texts.path + "'>");
}

TEST(Map, knowsNumbersNetworksAndGroups) {
  World world;
  const MapFile numbers("sluice_numbers.map", "5 55\n7:9 8\n");
  EXPECT_EQ(world.value("int(5),map_int(" + numbers.path + ")"), "55");
  EXPECT_EQ(world.value("int(8),map_int_int(" + numbers.path + "),add(1)"), "9");
  EXPECT_EQ(world.value("int(1),map_int_int(" + numbers.path + ",-1)"), "-1");
  const MapFile networks("sluice_networks.map", "192.0.0.0/8 far\n192.0.2.0/24 near\n2001:db8::/32 six\n");
  EXPECT_EQ(world.value("src,map_ip(" + networks.path + ")"), "near");
  EXPECT_EQ(world.value("ipv4(192.9.9.9),map_ip(" + networks.path + ")"), "far");
  EXPECT_EQ(world.value("ipv6(2001:db8::7),map_ip(" + networks.path + ")"), "six");
  EXPECT_EQ(world.value("ipv4(10.0.0.1),map_ip(" + networks.path + ",no)"), "no");
  const MapFile regexes("sluice_regexes.map", "^foo(.*)$ r\\1r\n");
  EXPECT_EQ(world.value("str(foobar),map_regm(" + regexes.path + ")"), "rbarr");
  EXPECT_EQ(world.value("str(foobar),map_reg(" + regexes.path + ")"), "r\\1r");
}

TEST(Variables, keepTheirKindAndRespectTheLimit) {
  Arena arena;
  std::atomic<std::uint64_t> total = 0;
  VariableStore store;
  store.begin(arena, 4, &total);
  EXPECT_FALSE(store.get(0));
  EXPECT_TRUE(store.set(0, Sample::text("hello")));
  EXPECT_EQ(store.get(0).view(), "hello");
  EXPECT_TRUE(store.set(0, Sample::text(store.get(0).view().substr(1))));  // from its own room
  EXPECT_EQ(store.get(0).view(), "ello");
  EXPECT_TRUE(store.set(1, Sample::integer(7)));
  EXPECT_EQ(total, store.bytes());
  EXPECT_EQ(total, VariableStore::cost_of(store.get(0)) + VariableStore::cost_of(store.get(1)));
  VariableLimits limits{.transaction = 200};
  Variables variables;
  variables.limits = &limits;
  variables.transaction = &store;
  EXPECT_FALSE(variables.set({Life::txn, 2}, Sample::text(std::string(200, 'x'))));
  EXPECT_TRUE(variables.set({Life::txn, 2}, Sample::text("x")));
  store.unset(0);
  EXPECT_FALSE(store.get(0));
  EXPECT_EQ(store.get(1).integer(), 7);
  EXPECT_EQ(total, store.bytes());
  store.end();
  EXPECT_EQ(total, 0u);

  ProcessVariables process;
  EXPECT_TRUE(process.set(3, Sample::text("shared")));
  EXPECT_EQ(process.get(3, arena).view(), "shared");
  process.unset(3);
  EXPECT_FALSE(process.get(3, arena));
  process.limit(100, 0);
  *process.of_sessions() += 90;
  EXPECT_FALSE(process.set(3, Sample::text("shared")));
  *process.of_sessions() -= 90;
  EXPECT_TRUE(process.set(3, Sample::text("shared")));
}

TEST(Variables, haveNamesWithScopes) {
  VariableNames names;
  const auto first = names.intern("txn.a");
  ASSERT_TRUE(first);
  EXPECT_EQ(names.intern("txn.a"), first);
  EXPECT_NE(names.intern("txn.b"), first);
  EXPECT_EQ(names.name(*first), "txn.a");
  EXPECT_FALSE(names.intern("a"));
  EXPECT_FALSE(names.intern("none.a"));
  EXPECT_FALSE(names.intern("txn.a b"));
}

TEST(Expression, saysWhereItIsWrong) {
  World world;
  const auto column = [&](std::string_view text) {
    config::Diagnostics diagnostics;
    config::Word word;
    word.text = std::string(text);
    word.place = {"test.cfg", 7, 100, static_cast<std::uint32_t>(text.size())};
    config::Line line = line_of_word(word, diagnostics);
    EXPECT_FALSE(Expression::parse(line, world.compiler)) << text;
    return diagnostics.all().empty() ? 0u : diagnostics.all()[0].place.column - 100;
  };
  EXPECT_EQ(column("pathh"), 0u);
  EXPECT_EQ(column("path,lowerr"), 5u);
  EXPECT_EQ(column("path,field(x,/)"), 11u);
  EXPECT_EQ(column("path,field(1"), 10u);
  EXPECT_EQ(column("path;x"), 4u);
  EXPECT_EQ(world.value("src,add(1)"), "3221225992");
  EXPECT_EQ(world.value("ipv6(::1),add(1)"), "<error: converter 'add' takes sint and cannot be applied to ipv6>");
  EXPECT_EQ(world.value("field"), "<error: unknown fetch method 'field'>");
}

TEST(Expression, needsTell) {
  World world;
  const auto path = Expression::parse("path,lower", world.compiler);
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->needs_http());
  EXPECT_EQ(path->type(), Type::str);
  EXPECT_EQ(path->source(), "path,lower");
  EXPECT_FALSE(path->valid_at(bit(Checkpoint::log)));
  world.scope.request = nullptr;
  EXPECT_FALSE(path->eval(world.scope));
  const auto two_words = [&] {
    config::Diagnostics diagnostics;
    config::Line line = line_of("src ipmask(24) table t1", diagnostics);
    auto expression = Expression::parse(line, world.compiler);
    EXPECT_EQ(line.peek()->text, "table");
    return expression;
  }();
  ASSERT_TRUE(two_words);
  EXPECT_EQ(two_words->text(world.scope), "192.0.2.0");
}

}  // namespace
}  // namespace sluice::expr
