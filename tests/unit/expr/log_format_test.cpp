#include <gtest/gtest.h>

#include "unit/expr/world.hpp"

namespace sluice::expr {
namespace {

TEST(LogFormat, writesLiteralsAndExpressions) {
  World world;
  EXPECT_EQ(world.format("100%% of %[path] by  %[src]:%[src_port]"), "100% of /img/logo.png by 192.0.2.7:40000");
  EXPECT_EQ(world.format("a  b", LogFormat::For::http), "a  b");
  EXPECT_EQ(world.format(""), "");
  EXPECT_EQ(world.format("%[str(a,b)]"), "<error: fetch method 'str': takes at most 1 argument>");
}

TEST(LogFormat, standsForNothing) {
  World world;
  EXPECT_EQ(world.format("%[hdr(none)]"), "-");
  EXPECT_EQ(world.format("%{+Q}[hdr(none)]"), "\"\"");
  EXPECT_EQ(world.format("[%[hdr(none)]]", LogFormat::For::http), "[]");
  EXPECT_EQ(world.format("[%{+Q}[hdr(none)]] %{+Q}[method]", LogFormat::For::http), "[] GET") << "as 2.6 has it";
  EXPECT_EQ(world.format("[%{+Q}[hdr(none)]] %{+Q}[method]", LogFormat::For::variable), "[\"\"] \"GET\"");
  EXPECT_EQ(world.format("%{+E}o  %[method]", LogFormat::For::http), "  GET");
  EXPECT_EQ(world.format(" %{+Q}o  %[method]  a %{-Q}o b", LogFormat::For::log), "\"GET\" a b");
  EXPECT_EQ(world.format(" %{+Q}o  %[method]  a %{-Q}o b", LogFormat::For::unique_id), "GET a b");
}

TEST(LogFormat, appliesFlags) {
  World world;
  EXPECT_EQ(world.format("%{+Q}[method] %[method]"), "\"GET\" GET");
  EXPECT_EQ(world.format("%{+Q}o %[method] %{-Q}[method]"), "\"GET\" GET");
  EXPECT_EQ(world.format("%{+E}[str('a\"b]')]"), "a\\\"b\\]");
  EXPECT_EQ(world.format("%{+X}[src] %{+X}[int(255)]"), "192.0.2.7 255");
  EXPECT_EQ(world.format("%{+Z}[src]"), "<error: '+Z' is not a format flag, expected '+' or '-' and one of Q, X, E, M, bin, json, cbor>");
}

TEST(LogFormat, neverWritesControls) {
  World world;
  EXPECT_EQ(world.format("%[bin(410a7f)]"), "A#0A#7F");
  EXPECT_EQ(world.format("%[bin(410a7f)]", LogFormat::For::http), "A%0A%7F");
  EXPECT_EQ(world.format("%{+bin}o%[bin(410a7f)]"), "A\n\x7f");
  // Of a single item the flag is not looked at (manual 8.2.6).
  EXPECT_EQ(world.format("%{+bin}[bin(410a7f)]"), "A#0A#7F");
  EXPECT_EQ(world.format("%{+bin}o%{-bin}[bin(410a7f)]"), "A\n\x7f");
}

TEST(LogFormat, encodesNamedItems) {
  World world;
  EXPECT_EQ(world.format("%{+json}o %(client)[src] ignored %(port)[src_port] %(ok)[bool(true)] %(none)[hdr(x)] %(n:str)[int(1)] %(q)[str('a\"b')]"),
            "{\"client\": \"192.0.2.7\", \"port\": 40000, \"ok\": true, \"none\": null, \"n\": \"1\", \"q\": \"a\\\"b\"}");
  EXPECT_EQ(world.format("%{+cbor}o %(a)[int(500)] %(b)[str(hi)] %(c)[int(-1)]"), "BF61611901F4616262686961632" "0FF");
}

TEST(LogFormat, saysWhatIsWrong) {
  World world;
  EXPECT_EQ(world.format("%[src"), "<error: ']' is missing behind an expression>");
  EXPECT_EQ(world.format("%[src}"), "<error: expected ']' after 'src', but found '}'>");
  EXPECT_EQ(world.format("%nosuchalias"), "<error: unknown format item '%nosuchalias'>");
  EXPECT_EQ(world.format("50%"), "<error: a single '%' at the end of a format: write '%%' for a percent sign>");
}

TEST(LogFormat, cutsAtTheEnd) {
  World world;
  const auto format = LogFormat::parse("%[path]", world.compiler, LogFormat::For::log);
  ASSERT_TRUE(format);
  char room[4];
  Writer to(room);
  format->write(world.scope, to);
  EXPECT_EQ(to.text(), "/img");
  EXPECT_TRUE(to.was_cut());
  EXPECT_FALSE(format->constant());
  EXPECT_EQ(LogFormat::parse("plain", world.compiler, LogFormat::For::log)->constant(), "plain");
}

}  // namespace
}  // namespace sluice::expr
